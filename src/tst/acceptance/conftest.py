"""A worker program against a fake server, for tests with real processes and signals."""

from __future__ import annotations

import json
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
