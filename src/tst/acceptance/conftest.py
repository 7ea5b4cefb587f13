"""A worker program against a fake server, for tests with real processes and signals."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from conductor.testing.programs import WorkerProgram, eventually
from conductor.testing.task_server import TaskServer, task_server

PROGRAM = Path(__file__).with_name("worker_program.py")

Start = Callable[..., WorkerProgram]


@pytest.fixture
def server() -> Iterator[TaskServer]:
    """A fake server."""
    with task_server() as fake:
        yield fake


@pytest.fixture
def start(server: TaskServer, tmp_path: Path) -> Iterator[Start]:
    """Starts the worker program and waits until its workers run."""
    with ExitStack() as stack:

        def start(workers: int = 1, threads: int = 1, **options: Any) -> WorkerProgram:
            environment = {
                "CONDUCTOR_SERVER_URL": server.url,
                "JOURNAL": str(tmp_path / "journal"),
                "WORKERS": str(workers),
                "THREADS": str(threads),
                "OPTIONS": json.dumps({"outbox_directory": str(tmp_path / "outbox"), **options}),
            }
            program = stack.enter_context(WorkerProgram(PROGRAM, environment=environment))
            assert eventually(lambda: "started" in program.output), program.output
            program.descendants()
            return program

        yield start


@pytest.fixture
def start_code(server: TaskServer, tmp_path: Path) -> Iterator[Callable[[str], WorkerProgram]]:
    """Runs lines of code that have a `handler` with one worker, `noop`, and waits until they print "started"."""
    head = (
        "import logging, os\n"
        "from conductor.client.automator.task_handler import TaskHandler\n"
        "from conductor.client.configuration.configuration import Configuration\n"
        "from conductor.client.worker.worker import Worker\n"
        "def noop(job: int) -> dict: return {'pid': os.getpid()}\n"
        "def main():\n"
        "    worker = Worker('noop', noop, poll_timeout=300)\n"
        f"    handler = TaskHandler([worker], Configuration(), outbox_directory={str(tmp_path / 'outbox')!r})\n"
    )
    with ExitStack() as stack:

        def start_code(code: str) -> WorkerProgram:
            script = tmp_path / "program.py"
            script.write_text(head + textwrap.indent(code, "    ") + "\nif __name__ == '__main__':\n    main()\n")
            environment = {"CONDUCTOR_SERVER_URL": server.url}
            program = stack.enter_context(WorkerProgram(script, environment=environment))
            assert eventually(lambda: "started" in program.output), program.output
            program.descendants()
            return program

        yield start_code
