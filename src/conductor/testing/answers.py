"""What a mocked task can answer besides a plain output."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Answer", "completed", "failed", "in_progress", "lost"]


@dataclass(frozen=True)
class Answer:
    """One report of a mocked worker; made by the functions of this module. Status None: the worker never reports."""

    status: str | None
    output: dict[str, Any] = field(default_factory=dict)
    reason: str | None = None
    callback_after_seconds: int = 0


def completed(output: dict[str, Any] | None = None, **more: Any) -> Answer:
    """The task is done: ``completed(total=12)``, or ``completed({"total": 12})``."""
    return Answer("COMPLETED", {**(output or {}), **more})


def failed(reason: str, *, terminal: bool = False, **output: Any) -> Answer:
    """The task failed; with ``terminal`` for good, else it is tried again as its definition says."""
    return Answer("FAILED_WITH_TERMINAL_ERROR" if terminal else "FAILED", output, reason)


def in_progress(callback_after_seconds: int, **output: Any) -> Answer:
    """The task is not done: it comes back to the mock after so many seconds."""
    return Answer("IN_PROGRESS", output, callback_after_seconds=callback_after_seconds)


def lost() -> Answer:
    """The worker takes the task and is never heard of again; the response timeout is what comes next."""
    return Answer(None)
