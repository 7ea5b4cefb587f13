"""`conductor`: the command group, and the one place where an error becomes a line and an exit code.

Commands are imported when they are called, so `conductor --help` costs no server and no SDK.
"""

from __future__ import annotations

import importlib
import sys

try:
    import click
except ModuleNotFoundError:  # the client alone is installed
    sys.exit("the conductor command needs its extra: pip install 'conductor-python[all]'")

from conductor import __version__

# command: (module that defines it under the same name, what `--help` says of it)
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("conductor.cli.commands.demo", "Run a workflow of Python and C++ workers, and look at it."),
    "worker": ("conductor.cli.commands.worker", "Run the workers of a module."),
    "server": ("conductor.cli.commands.server", "Start, stop and look after the embedded server."),
}
INTERRUPTED = 130  # what a shell expects after Ctrl-C: 128 + SIGINT


class LazyGroup(click.Group):
    """A group whose commands are imported on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(module), cmd_name)
        assert isinstance(command, click.Command), f"{module} defines no command {cmd_name}"
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="conductor")
def conductor() -> None:
    """Conductor for Python: run workers and workflows, on a laptop or on a cluster.

    \b
    Begin with:
      conductor demo                  a workflow of C++ and Python workers
      conductor server start          a Conductor-compatible server, no Java
      conductor worker shop.workers   the workers that a module defines
    """


def main() -> None:
    """The console script. A user's mistake is one line on stderr and exit code 1 or 2, never a traceback."""
    try:
        code = conductor.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    sys.exit(code if isinstance(code, int) else 0)
