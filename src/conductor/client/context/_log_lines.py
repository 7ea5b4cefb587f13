"""The lines of one task's log on their way to the server: bounded, and safe to add to from any thread."""

from __future__ import annotations

import time
from collections import deque
from typing import Final

from conductor.client.http.models.task_exec_log import TaskExecLog

#: Lines kept until they are sent; a worker that logs in a loop must not fill the memory or the server.
MAX_LINES: Final = 1_000
#: Characters of one line; a longer one keeps its beginning and its end.
MAX_LINE_CHARACTERS: Final = 32_000
#: Characters of all lines together.
MAX_CHARACTERS: Final = 1_000_000


def shorten(text: str, limit: int) -> str:
    """The text, or where it is too long its beginning and end with a note of what is missing between."""
    if len(text) <= limit:
        return text
    note = f" ... {len(text) - limit} characters left out ... "
    head = max(limit - len(note), 0) * 2 // 3
    tail = max(limit - len(note) - head, 0)
    return (text[:head] + note + text[len(text) - tail :])[:limit]


def clean(value: object, limit: int) -> str:
    """Any value as text that JSON and a database accept, at most `limit` characters long."""
    try:
        text = value if isinstance(value, str) else str(value)
    except Exception as error:  # noqa: BLE001 - str() of a user's object is the user's code
        text = f"<{type(value).__name__} whose str() raises {type(error).__name__}>"
    if not text.isascii():
        text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return shorten(text.replace("\x00", "\\x00"), limit)


class LogLines:
    """A bounded queue of log lines with the time at which each was written."""

    __slots__ = ("_characters", "_dropped", "_lines")

    def __init__(self) -> None:
        self._lines: deque[tuple[int, str]] = deque()
        self._characters = 0
        self._dropped = 0

    def __bool__(self) -> bool:
        return bool(self._lines) or self._dropped > 0

    def add(self, line: object) -> None:
        """Keep a line; beyond the limits it is only counted."""
        if len(self._lines) >= MAX_LINES or self._characters >= MAX_CHARACTERS:
            self._dropped += 1
            return
        text = clean(line, MAX_LINE_CHARACTERS)
        self._characters += len(text)
        self._lines.append((round(time.time() * 1000), text))

    def take(self, task_id: str | None) -> list[TaskExecLog]:
        """Remove the lines and return them in the server's form; `createdTime` is in milliseconds."""
        taken: list[TaskExecLog] = []
        while self._lines:
            created, line = self._lines.popleft()
            self._characters -= len(line)
            taken.append(TaskExecLog(log=line, task_id=task_id, created_time=created))
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            note = f"{dropped} further lines were dropped: at most {MAX_LINES} wait to be sent"
            taken.append(TaskExecLog(log=note, task_id=task_id, created_time=round(time.time() * 1000)))
        return taken
