"""What a worker returns to say: not finished, call me again later."""

from __future__ import annotations

from typing import Any


class TaskInProgress:
    """Returned by a worker: the task stays IN_PROGRESS and comes back to a worker later.

    Args:
        callback_after_seconds: the server puts the task back into its queue after this many seconds.
        output: stored as the task's output meanwhile.
    """

    __slots__ = ("callback_after_seconds", "output")

    def __init__(self, callback_after_seconds: int = 60, output: dict[str, Any] | None = None) -> None:
        self.callback_after_seconds = callback_after_seconds
        self.output = output

    def __repr__(self) -> str:
        return f"TaskInProgress(callback_after_seconds={self.callback_after_seconds!r}, output={self.output!r})"
