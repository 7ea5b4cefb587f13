"""How a worker program ends: drained, at once, orphaned, or half dead."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from conductor.testing.programs import eventually, is_running
from conductor.testing.task_server import TaskServer

#: What a loaded machine may add to any promised time.
SLACK_SECONDS = 5.0


def begun(journal: Path) -> int:
    """How many executions have begun."""
    return journal.read_text().count("begun") if journal.exists() else 0


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """The program's journal."""
    return tmp_path / "journal"


def test_a_second_signal_ends_all_now(server: TaskServer, start: Any, journal: Path) -> None:
    """Long tasks are handed back, and no process stays."""
    program = start(workers=2, threads=2)
    server.add("work0", 2, seconds=60)
    assert eventually(lambda: begun(journal) == 2)
    program.send(signal.SIGTERM)
    assert eventually(lambda: "draining" in program.output)
    program.send(signal.SIGTERM)
    started = time.monotonic()
    program.wait()
    assert time.monotonic() - started < 1 + SLACK_SECONDS
    assert program.survivors() == []
    assert server.wait_for(lambda s: not s.of_status("IN_PROGRESS"), SLACK_SECONDS), (
        "tasks were neither ended nor returned"
    )


def test_tasks_that_outlast_the_grace_period_are_handed_back(server: TaskServer, start: Any, journal: Path) -> None:
    """They are in the queue again, for another worker, with no retry spent."""
    program = start(threads=2, shutdown_grace_seconds=0.5)
    server.add("work0", 2, seconds=60)
    assert eventually(lambda: begun(journal) == 2)
    program.send(signal.SIGTERM)
    assert program.wait(0.5 + 10 + SLACK_SECONDS) == 0
    assert [task.status for task in server.tasks.values()] == ["SCHEDULED", "SCHEDULED"]


def test_a_signal_to_the_whole_group_drains_too(server: TaskServer, start: Any, journal: Path) -> None:
    """A service manager sends SIGTERM to every process at once: that is one request, not several."""
    program = start(workers=2)
    server.add("work0", 1, seconds=1.0)
    assert eventually(lambda: begun(journal) == 1)
    os.killpg(program.pid, signal.SIGTERM)
    assert program.wait() == 0, program.output
    assert len(server.completed_jobs) == 1
    assert program.survivors() == []


def test_a_killed_program_leaves_no_orphan(server: TaskServer, start: Any, journal: Path) -> None:
    """The running task is finished and reported by the orphans, which then end."""
    program = start(workers=2)
    server.add("work0", 1, seconds=1.0)
    assert eventually(lambda: begun(journal) == 1)
    program.send(signal.SIGKILL)
    program.wait()
    assert eventually(lambda: not program.survivors(), 5 + SLACK_SECONDS), program.survivors()
    assert len(server.completed_jobs) == 1


def test_a_killed_supervisor_is_replaced(server: TaskServer, start: Any) -> None:
    """The workers of the dead one drain, those of the new one work."""
    program = start(workers=2)
    supervisor = next(process for process in program.descendants() if process.ppid() == program.pid)
    old = {process.pid for process in program.descendants()}
    supervisor.kill()
    jobs = server.add("work0", 3) + server.add("work1", 3)
    assert server.wait_for(lambda s: sorted(s.completed_jobs) == jobs), program.output
    assert eventually(lambda: not any(map(is_running, old)))
    assert eventually(lambda: len(program.descendants()) == 3)
    program.send(signal.SIGTERM)
    assert program.wait() == 0
    assert program.survivors() == []


def test_a_program_that_ends_without_a_word_ends_its_workers_first(server: TaskServer, start_code: Any) -> None:
    """Neither an orphan nor a hanging interpreter."""
    program = start_code("handler.start_processes()\nprint('started', flush=True)\nraise RuntimeError('oops')")
    assert program.wait() == 1
    assert "oops" in program.output
    assert program.survivors() == []


def test_a_signal_interrupts_a_program_that_does_something_else(server: TaskServer, start_code: Any) -> None:
    """SIGTERM outside of join_processes ends the program as it would have without workers, after draining."""
    program = start_code(
        "import time\n"
        "with handler:\n    handler.start_processes()\n    print('started', flush=True)\n    time.sleep(60)"
    )
    program.send(signal.SIGTERM)
    assert program.wait() == 128 + signal.SIGTERM
    assert program.survivors() == []


def test_the_programs_own_signal_handler_comes_back(server: TaskServer, start_code: Any) -> None:
    """Once all has ended, signals are the program's again."""
    program = start_code(
        "import signal\n"
        "signal.signal(signal.SIGTERM, lambda *_: print('mine', flush=True))\n"
        "before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)\n"
        "with handler:\n    handler.start_processes()\n    print('started', flush=True)\n    handler.join_processes()\n"
        "print('restored', before == (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)), flush=True)\n"
    )
    program.send(signal.SIGTERM)
    assert program.wait() == 0
    assert "mine" in program.output
    assert "restored True" in program.output


def test_a_workers_own_thread_does_not_keep_the_program_from_ending(server: TaskServer, start: Any) -> None:
    """A thread that a task left behind dies with its process."""
    program = start()
    server.add("work0", 1, kind="thread")
    assert server.wait_for(lambda s: len(s.completed_jobs) == 1)
    program.send(signal.SIGTERM)
    assert program.wait(10 + SLACK_SECONDS) == 0
    assert program.survivors() == []
