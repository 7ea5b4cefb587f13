"""What becomes of the runner processes, in memory that the supervisor writes and the program reads."""

from __future__ import annotations

import ctypes
from enum import IntEnum
from multiprocessing.context import BaseContext
from typing import Any


class State(IntEnum):
    """Where a runner process is."""

    WAITING = 0  # not started yet, or waiting to be started again
    STARTING = 1  # its workers are getting ready
    RUNNING = 2
    STUCK = 3  # it runs, but gives no sign of life
    ENDED = 4  # and will not be started again


class _Row(ctypes.Structure):
    _fields_ = [
        ("pid", ctypes.c_int64),
        ("state", ctypes.c_int32),
        ("has_exited", ctypes.c_int32),
        ("exitcode", ctypes.c_int32),
        ("restarts", ctypes.c_int32),
    ]


class StatusTable:
    """One row for each runner process."""

    def __init__(self, count: int, context: BaseContext) -> None:
        self._rows: Any = context.RawArray(_Row, count)

    def started(self, row: int, pid: int) -> None:
        """A process runs."""
        self._rows[row].pid = pid
        self._rows[row].has_exited = 0
        self._rows[row].state = State.STARTING

    def restarted(self, row: int) -> None:
        """It takes the place of one that ended."""
        self._rows[row].restarts += 1

    def ended(self, row: int, exitcode: int, *, for_good: bool) -> None:
        """A process ended."""
        self._rows[row].exitcode = exitcode
        self._rows[row].has_exited = 1
        self._rows[row].state = State.ENDED if for_good else State.WAITING

    def set_state(self, row: int, state: State) -> None:
        """Where a process is now."""
        self._rows[row].state = state

    def state(self, row: int) -> State:
        """Where a process is."""
        return State(self._rows[row].state)

    def states(self) -> list[State]:
        """Where all processes are."""
        return [State(row.state) for row in self._rows]

    def pid(self, row: int) -> int | None:
        """Process id of the latest process; None before the first."""
        return self._rows[row].pid or None

    def exitcode(self, row: int) -> int | None:
        """How the latest process ended, a signal as a negative number; None while it runs."""
        return int(self._rows[row].exitcode) if self._rows[row].has_exited else None

    def restarts(self, row: int) -> int:
        """How often it was started again."""
        return int(self._rows[row].restarts)
