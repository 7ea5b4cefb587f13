"""The workers in threads of the program, for systems that have no processes to give: the same start, drain and end.

What a process would keep apart is shared: a worker that crashes the interpreter ends the program, one that keeps the
interpreter to itself stops the others, and a task that is given up goes on in its thread until it ends by itself.
"""

from __future__ import annotations

import logging
import os
import threading
import time

from conductor.client.automator._child import Backoff
from conductor.client.automator._group import RunnerGroup, start_failure
from conductor.client.automator._plan import Member, Plan, WorkerStartError
from conductor.client.automator._status import State, StatusTable

logger = logging.getLogger(__name__)


class ThreadLink:
    """Stands where `Link` does, with a thread for each runner process.

    Args:
        plan: what to run.
        status: where it is written what becomes of the runners.
    """

    def __init__(self, plan: Plan, status: StatusTable) -> None:
        self._plan = plan
        self.status = status
        self._ending = threading.Event()
        self._failures: list[str] = []
        self._groups: list[RunnerGroup | None] = [None] * len(plan.members)
        self._answered = [threading.Event() for _ in plan.members]
        self._threads = [
            threading.Thread(target=self._run, args=(row, member), name=f"conductor-{member.name}", daemon=True)
            for row, member in enumerate(plan.members)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int | None:
        """Process id; None once all has ended."""
        return None if self.has_ended else os.getpid()

    @property
    def has_ended(self) -> bool:
        """Whether all has ended."""
        return not any(thread.is_alive() for thread in self._threads)

    def wait_for_start(self, seconds: float) -> bool:
        """Wait until every worker has started; False when that takes longer.

        Raises:
            WorkerStartError: a worker could not be started; all have ended.
        """
        deadline = time.monotonic() + seconds
        answered = all(event.wait(max(deadline - time.monotonic(), 0)) for event in self._answered)
        if self._failures:
            self.drain()
            self.wait()
            raise WorkerStartError("; ".join(self._failures))
        return answered

    def drain(self) -> None:
        """Ask for the end of all; returns at once. May be called from a signal handler."""
        self._ending.set()
        for group in self._groups:
            if group is not None:
                group.stop()

    def kill(self) -> None:
        """Ask for the end of all now; returns at once. May be called from a signal handler."""
        self._ending.set()
        for group in self._groups:
            if group is not None:
                group.kill()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until all has ended; False when that takes longer."""
        deadline = None if seconds is None else time.monotonic() + seconds
        for thread in self._threads:
            thread.join(None if deadline is None else max(deadline - time.monotonic(), 0))
        return self.has_ended

    def _run(self, row: int, member: Member) -> None:
        """One member's thread: its runners, again when they fail."""
        rules = self._plan.supervision
        backoff, restarts = Backoff(rules.restart_backoff_seconds, rules.restart_backoff_max_seconds), 0
        try:
            while True:
                started = time.monotonic()
                self.status.started(row, os.getpid())
                succeeded = self._run_once(row, member, restarts)
                self.status.ended(row, 0 if succeeded else 1, for_good=False)
                exhausted = rules.restart_max_attempts and restarts >= rules.restart_max_attempts
                if self._ending.is_set() or self._failures or exhausted or not rules.restart_on_failure:
                    return
                restarts += 1
                if self._ending.wait(backoff.after(time.monotonic() - started)):
                    return
                self.status.restarted(row)
        finally:
            self.status.set_state(row, State.ENDED)
            self._answered[row].set()

    def _run_once(self, row: int, member: Member, restarts: int) -> bool:
        group = self._groups[row] = RunnerGroup(member, self._plan.runner)
        try:
            group.start(restarts)
        except Exception as error:  # noqa: BLE001  a worker's own start-up code
            message = start_failure(member, error)
            logger.error("%s", message) if restarts else self._failures.append(message)
            return False
        self.status.set_state(row, State.RUNNING)
        self._answered[row].set()
        if self._ending.is_set():  # meanwhile
            group.stop()
        return group.run()
