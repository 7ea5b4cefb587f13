"""Tells a process that stands still from one that is busy."""

from __future__ import annotations

from typing import Final

from conductor.client.automator._slots import SlotTable
from conductor.client.automator._status import State

#: A process counts as unhealthy after a third of the silence that makes it be replaced.
_UNHEALTHY_SHARE: Final = 3


class Watch:
    """Judges by two signs of life.

    The pulse comes from a thread that does nothing else: it stops when the process is stopped, or when code that is not
    Python keeps the interpreter. The beat comes from the loop that polls, which may rightly wait for a server for as
    long as a call may take. Tasks that take long stop neither.

    Args:
        limit: seconds of silence after which a process is to be replaced; 0: never.
        longest_call: seconds that a call to the server may take.
    """

    def __init__(self, limit: float, longest_call: float) -> None:
        self._limit = limit
        self._longest_call = longest_call

    def judge(self, slots: SlotTable, watched_seconds: float) -> tuple[State, str | None]:
        """Where a process is that has started, and why it has to be killed, if it has to be.

        Args:
            slots: the process's.
            watched_seconds: since we were stopped ourselves: all silence before that says nothing.
        """
        since_pulse, since_beat = slots.silence()
        silence = min(max(since_pulse, since_beat - self._longest_call), watched_seconds)
        if not self._limit or silence < self._limit / _UNHEALTHY_SHARE:
            return State.RUNNING, None
        if silence < self._limit:
            return State.STUCK, None
        return State.STUCK, f"gave no sign of life for {silence:.0f} seconds and was killed"
