"""One runner process as the supervisor sees it."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Final

from conductor.client.automator._plan import Member
from conductor.client.automator._slots import SlotTable

#: A process that ran for so long was healthy: the next failure is the first.
HEALTHY_SECONDS: Final = 60.0


class Backoff:
    """How long to wait before a process is started again.

    Args:
        first: seconds before the first time.
        most: the waits double until they reach this.
    """

    def __init__(self, first: float, most: float) -> None:
        self._first = first
        self._most = most
        self.failures = 0

    def after(self, ran_seconds: float) -> float:
        """Seconds to wait, now that a process has ended which had run for so long."""
        if ran_seconds >= HEALTHY_SECONDS:
            self.failures = 0
        self.failures += 1
        longest = min(self._first * 2.0 ** min(self.failures - 1, 32), self._most)
        return longest * random.uniform(0.5, 1.0)


class Child:
    """A member's process, the one before it, and the next.

    Attributes:
        row: its row in the status table.
        ready: its workers have started.
        started: when the process was started, in seconds of the monotonic clock.
        next_start: when to start the next process; None: not at all.
        verdict: why the supervisor ended it, where it did.
    """

    def __init__(self, member: Member, row: int, context: Any, backoff: Backoff) -> None:
        self.member = member
        self.row = row
        self.backoff = backoff
        self.slots = SlotTable(member.rows, context)
        self.ready = False
        self.started = 0.0
        self.next_start: float | None = None
        self.verdict: str | None = None
        self.restarts = 0
        self.process: BaseProcess | None = None
        self.channel: Connection | None = None
        self._context = context
        self._pidfd = -1

    @property
    def name(self) -> str:
        """Name of the worker, or of the workers."""
        return self.member.name

    def start(self, main: Callable[..., None], arguments: Callable[[Connection, int], tuple[Any, ...]]) -> None:
        """Start a process; `arguments` makes those of `main` from the child's end of the channel."""
        self.slots.clear()
        self.ready, self.verdict, self.next_start = False, None, None
        self.channel, theirs = Pipe()
        process = self._context.Process(
            target=main, args=arguments(theirs, self.restarts), name=f"conductor-{self.name}"
        )
        process.start()
        theirs.close()
        self.process, self.started = process, time.monotonic()
        if hasattr(os, "pidfd_open"):
            # A sentinel of multiprocessing is a pipe that the children of a worker's code hold open, too.
            with suppress(OSError):
                self._pidfd = os.pidfd_open(process.pid)

    @property
    def sentinel(self) -> int:
        """Becomes readable when the process ends."""
        assert self.process is not None
        return self._pidfd if self._pidfd >= 0 else self.process.sentinel

    @property
    def is_running(self) -> bool:
        """Whether there is a process, and it has not been found to have ended."""
        return self.process is not None

    def say(self, word: bytes) -> None:
        """Tell the process something."""
        if self.channel is not None:
            with suppress(OSError):  # it has just ended
                self.channel.send_bytes(word)

    def kill(self) -> None:
        """End the process now."""
        if self.process is not None:
            self.process.kill()

    def reap(self) -> int | None:
        """The exit code of a process that has ended, a signal as a negative number; None while it runs."""
        process = self.process
        if process is None or (code := process.exitcode) is None:
            return None
        process.join()
        process.close()
        self.process = None
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1
        return code

    def hang_up(self) -> None:
        """Close the channel."""
        if self.channel is not None:
            self.channel.close()
            self.channel = None
