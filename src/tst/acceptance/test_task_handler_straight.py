"""A worker program from its start to its end: real processes, real signals, a fake server."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from conductor.testing.task_server import TaskServer


def test_every_worker_executes_its_tasks(server: TaskServer, start: Any) -> None:
    """Each worker polls for its own task type, and the server gets every result."""
    start(workers=2)
    jobs = server.add("work0", 5) + server.add("work1", 5)
    assert server.wait_for(lambda s: sorted(s.completed_jobs) == jobs)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_running_tasks_finish(server: TaskServer, start: Any, number: int) -> None:
    """The program ends by itself with exit code 0, its tasks done, and leaves no process."""
    program = start(workers=2, threads=2)
    jobs = server.add("work0", 2, seconds=1.0) + server.add("work1", 2, seconds=1.0)
    assert server.wait_for(lambda s: len(s.of_status("IN_PROGRESS")) == 4)
    program.send(number)
    assert program.wait() == 0, program.output
    assert "ended" in program.output
    assert sorted(server.completed_jobs) == jobs
    assert program.survivors() == []


def test_ctrl_c_in_a_terminal_lets_running_tasks_finish(server: TaskServer, start: Any) -> None:
    """SIGINT reaches every process of the group, and only the program acts on it."""
    program = start(threads=2)
    server.add("work0", 2, seconds=1.0)
    assert server.wait_for(lambda s: len(s.of_status("IN_PROGRESS")) == 2)
    program.interrupt()
    assert program.wait() == 0, program.output
    assert len(server.completed_jobs) == 2
    assert program.survivors() == []
    assert "Traceback" not in program.output


def test_a_task_that_kills_its_process_is_reported_at_once(server: TaskServer, start: Any) -> None:
    """A segmentation fault gives FAILED with the signal's name, and other workers do not notice."""
    program = start(workers=2)
    server.add("work0", 1, kind="segfault")
    assert server.wait_for(lambda s: any(u.status == "FAILED" and "SIGSEGV" in u.reason for u in s.updates), 5)
    server.add("work1", 3)
    assert server.wait_for(lambda s: len(s.completed_jobs) == 3, 5)
    assert "SIGSEGV" in program.output


def test_log_records_of_worker_processes_reach_the_programs_handlers(server: TaskServer, start: Any) -> None:
    """A record logged by a worker's code is formatted by the program's own formatter."""
    program = start()
    (job,) = server.add("work0", 1, kind="log")
    assert server.wait_for(lambda s: s.completed_jobs == [job])
    program.send(signal.SIGTERM)
    program.wait()
    assert f"job {job} says hello" in program.output
    assert "WARNING worker_program" in program.output
