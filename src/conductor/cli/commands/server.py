"""`conductor server`: start, stop and look after the embedded server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from conductor.engine.service import Engine
    from conductor.server.http_server import HttpServer
    from conductor.server.settings import Settings

# The server's modules are imported where they are used: `--help` costs none of them.

START_SECONDS = 30.0
STOP_SECONDS = 30.0
#: Exit codes: a server that cannot start, and one whose database another server has.
CANNOT_START = 1
DATABASE_TAKEN = 3


@click.group()
def server() -> None:
    """Start, stop and look after the embedded server."""


@server.command()
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--db", "database", metavar="FILE", help="SQLite file, or :memory:  [default: in the user's data folder]")
@click.option(
    "--durability",
    type=click.Choice(["full", "normal"]),
    default="full",
    show_default=True,
    help="What an answered request survives: full, power loss; normal, a killed process.",
)
@click.option("--retention", metavar="TIME", help="Remove executions that ended longer ago, e.g. 12h, 30d.")
@click.option("--archive", metavar="FOLDER", help="Append removed executions to JSON lines files there.")
@click.option("--detach", is_flag=True, help="Run in the background; `conductor server stop` ends it.")
@click.option("--keys-file", metavar="FILE", help="Ask clients for a key and secret of this file (made if missing).")
@click.option("--allow-host", "host_names", multiple=True, metavar="NAME", help="Answer to this Host name as well.")
@click.option("--http-allow", multiple=True, metavar="PLACE", help="Let HTTP tasks ask this host or network.")
@click.option("--http-only", multiple=True, metavar="PLACE", help="Limit HTTP tasks to these hosts and networks.")
@click.option("--insecure", is_flag=True, help="Listen on an open address without keys.")
@click.option(
    "--malformed-status",
    type=click.Choice(["400", "500"]),
    default="400",
    show_default=True,
    help="Answer to requests that cannot be read; Conductor says 500.",
)
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="info", show_default=True
)
@click.option("--until-eof", is_flag=True, hidden=True, help="Stop when standard input ends.")
def start(detach: bool, until_eof: bool, **options: Any) -> None:
    """Start a server that speaks Conductor's API."""
    if detach:
        _start_detached(options)
    else:
        _run(options, until_eof)


@server.command()
@click.option("--port", type=click.IntRange(1, 65535), help="The server's port; needed where several run.")
def stop(port: int | None) -> None:
    """Stop a server: requests in flight are answered first."""
    port, instance = _the_server(port)
    os.kill(instance.pid, signal.SIGTERM)
    _wait_until_gone(port, instance.pid)
    click.echo(f"stopped the server at {instance.url}")


@server.command()
def status() -> None:
    """Show the servers that run on this machine."""
    from conductor.server.home import instances

    running = instances()
    if not running:
        click.echo("no server runs here; start one with: conductor server start")
    for instance in running.values():
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(instance.started))
        health = "healthy" if _is_healthy(instance.url) else "does not answer"
        click.echo(f"{instance.url}/api  {health}  pid {instance.pid}  since {since}  database {instance.database}")
    sys.exit(0 if running else 1)


@server.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--port", type=click.IntRange(1, 65535), help="The server's port; needed where several run.")
@click.option("--db", "database", metavar="FILE", help="The database to copy, where no server runs.")
def backup(file: Path, port: int | None, database: str | None) -> None:
    """Copy the database into FILE, while the server runs or not."""
    from conductor.server.backup import BackupError, back_up

    if database is None:
        _, instance = _the_server(port)
        database = instance.database
    try:
        size = back_up(database, file)
    except BackupError as error:
        _fail(str(error))
    click.echo(f"{file}: {size:,} bytes, checked")


def _fail(message: str, code: int = CANNOT_START) -> NoReturn:
    click.echo(f"Error: {message}", err=True)
    sys.exit(code)


def _run(options: dict[str, Any], until_eof: bool) -> None:
    from conductor.server.home import Instance, registered
    from conductor.server.http_server import StartError, bind, check_access, url_of
    from conductor.server.logs import configure_logs
    from conductor.server.run import run_on_new_loop, serve_until_stopped

    configure_logs(options["log_format"], options["log_level"])
    if until_eof:
        threading.Thread(target=_stop_at_eof, daemon=True, name="until-eof").start()
    try:
        settings = _settings(options)
        check_access(settings, insecure=options["insecure"])
        listeners = bind(settings.host, settings.port)
        database = _database(options["database"])
        engine = _open_engine(options, database)
    except StartError as error:
        _fail(str(error))
    instance = Instance(url_of(listeners[0]), os.getpid(), database, time.time())
    with registered(listeners[0].getsockname()[1], instance):
        run_on_new_loop(
            serve_until_stopped(engine, settings, listeners, lambda running: _say_ready(running, database, options))
        )


def _settings(options: dict[str, Any]) -> Settings:
    from conductor.server.keys import load_keys
    from conductor.server.settings import Access, FetchPolicy, Settings

    keys = load_keys(Path(options["keys_file"])) if options["keys_file"] else {}
    return Settings(
        host=options["host"],
        port=options["port"],
        access=Access(keys=keys, host_names=frozenset(options["host_names"])),
        fetch=FetchPolicy(allow=options["http_allow"], only=options["http_only"]),
        malformed_status=int(options["malformed_status"]),
    )


def _database(given: str | None) -> str:
    from conductor.server.home import default_database, private_folder

    if given is None:
        given = str(default_database())
        private_folder(Path(given).parent)
    return given if given == ":memory:" else os.path.abspath(given)


def _open_engine(options: dict[str, Any], database: str) -> Engine:
    import sqlite3

    from conductor.engine.errors import EngineError
    from conductor.engine.service import Engine
    from conductor.engine.settings import EngineSettings
    from conductor.engine.store.lock import FileInUse

    settings = EngineSettings(
        database=database,
        durability=options["durability"],
        retention_seconds=_seconds(options["retention"]),
        archive=options["archive"],
    )
    try:
        return Engine(settings)
    except FileInUse as error:
        _fail(f"{error.message}; stop that server, or choose another file with --db", DATABASE_TAKEN)
    except EngineError as error:
        _fail(f"{error.message}; choose another file with --db")
    except (OSError, sqlite3.Error) as error:
        _fail(f"cannot open the database {database}: {error}; choose another file with --db")


def _seconds(duration: str | None) -> float | None:
    """Seconds of `90s`, `15m`, `12h`, `30d`; a click error for anything else."""
    if duration is None:
        return None
    factor = {"s": 1, "m": 60, "h": 3600, "d": 86400}.get(duration[-1:].lower())
    if factor is None or not duration[:-1].isdigit():
        raise click.BadParameter(
            f"'{duration}' is no time: a number and s, m, h or d, e.g. 30d", param_hint="--retention"
        )
    return float(int(duration[:-1]) * factor)


def _say_ready(running: HttpServer, database: str, options: dict[str, Any]) -> None:
    kept = "in memory" if database == ":memory:" else f"in {database}, durability {options['durability']}"
    click.echo(
        f"Conductor server ready at {running.url}/api (data {kept}; "
        f"API document {running.url}/api-docs, metrics {running.url}/metrics); Ctrl-C stops it"
    )
    sys.stdout.flush()


def _stop_at_eof() -> None:
    while sys.stdin.buffer.read(1 << 16):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _start_detached(options: dict[str, Any]) -> None:
    """Start this very command in a session of its own, and return when it is ready or has failed."""
    from conductor.server.home import log_file

    log = log_file(options["port"])
    command = [sys.executable, "-m", "conductor.cli.commands.server", "start", *_arguments(options)]
    with open(log, "ab") as output:
        written = output.tell()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        said = log.read_bytes()[written:].decode(errors="replace")
        if " ready at " in said:
            click.echo(f"{said.splitlines()[-1].replace('Ctrl-C stops it', '')}log {log}, pid {process.pid}")
            return
        if process.poll() is not None:
            click.echo(said.strip(), err=True)
            sys.exit(process.returncode)
        time.sleep(0.02)
    process.terminate()
    _fail(f"the server was not ready after {START_SECONDS:.0f} s; its log is {log}")


def _arguments(options: dict[str, Any]) -> list[str]:
    """The options as a command line."""
    arguments: list[str] = []
    names = {"database": "db", "host_names": "allow-host"}
    for name, value in options.items():
        option = f"--{names.get(name, name).replace('_', '-')}"
        if value is True:
            arguments.append(option)
        elif isinstance(value, tuple):
            arguments += [part for item in value for part in (option, item)]
        elif value not in (None, False):
            arguments += [option, str(value)]
    return arguments


def _the_server(port: int | None) -> tuple[int, Any]:
    """The server on a port, or the only one that runs."""
    from conductor.server.home import instances

    running = instances()
    if port is None and len(running) == 1:
        return next(iter(running.items()))
    if port is None and running:
        _fail(f"several servers run, on the ports {', '.join(map(str, running))}: choose one with --port")
    if port not in running:
        _fail("no server runs here" + (f" on port {port}" if port else ""))
    return port, running[port]


def _wait_until_gone(port: int, pid: int) -> None:
    from conductor.server.home import instances

    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        if port not in instances():
            return
        time.sleep(0.02)
    _fail(f"the server still runs after {STOP_SECONDS:.0f} s; kill -9 {pid} ends it, and nothing answered is lost")


def _is_healthy(url: str) -> bool:
    import urllib.request

    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


if __name__ == "__main__":
    server()
