"""The answer of a synchronous call: it comes when the workflow ends or blocks, or the caller stops waiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from conductor.engine.messages import TaskRun, WorkflowRun


class PendingAnswer(Protocol):
    """An answer that may have to be waited for."""

    workflow_id: str

    @property
    def ready(self) -> bool:
        """Whether the workflow has ended or blocks."""

    def on_ready(self, callback: Callable[[], None]) -> None:
        """Call `callback` once when it is ready, at once where it is already."""

    def answer(self) -> WorkflowRun | TaskRun:
        """What to answer now; `signalTimeout` is set where it is not ready. Ends the watch."""

    def cancel(self) -> None:
        """Nobody waits any more."""
