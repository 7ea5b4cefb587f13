"""A result on its way to the server, and what an answer of the server means for it."""

from __future__ import annotations

import contextlib
from enum import Enum, auto
from typing import Final

import msgspec

from conductor.client.automator._attempt import Attempt
from conductor.client.automator._outbox import Spooled
from conductor.client.http.models.task_exec_log import TaskExecLog
from conductor.client.http.models.task_result import TaskResult
from conductor.client.http.models.task_result_status import TaskResultStatus
from conductor.client.http.rest import ApiException, NotFoundError, PayloadTooLargeError, RequestError

#: The server keeps so many log entries of one result, and drops the others.
MOST_LOGS: Final = 10


class Verdict(Enum):
    """What becomes of a result that the server did not take."""

    RETRY = auto()  # the reason passes, or an operator mends it: send it again until it is taken
    GONE = auto()  # there is no such task: nobody wants the result
    TOO_LARGE = auto()  # the server takes no result of this size
    REFUSED = auto()  # the server will never take this result


def verdict(error: ApiException) -> Verdict:
    """What an error says of the result that was sent. Credentials and certificates get mended: those are retried."""
    if isinstance(error, NotFoundError):
        return Verdict.GONE
    if isinstance(error, PayloadTooLargeError):
        return Verdict.TOO_LARGE
    return Verdict.REFUSED if isinstance(error, RequestError) and not error.transient else Verdict.RETRY


class _Names(msgspec.Struct, rename="camel"):
    """What a log line needs of a result that came from the disk."""

    task_id: str = ""
    workflow_instance_id: str = ""


class Parcel:
    """A result, encoded. `attempt` is None for a result that an earlier process left behind.

    Attributes:
        body: the result as it is sent; None when it is on disk alone.
        spooled: where it is on disk.
        tries: how often the server did not take it.
        number: its place in the order of results.
        born: when it was made, in seconds of the monotonic clock.
        last_word: whether it stands for a result that the server refused, so that there is nothing left to try.
    """

    __slots__ = ("_names", "attempt", "body", "born", "last_word", "number", "spooled", "tries")

    def __init__(self, body: bytes | None, attempt: Attempt | None, spooled: Spooled | None, now: float) -> None:
        self.body = body
        self.attempt = attempt
        self.spooled = spooled
        self.tries = 0
        self.born = now
        self.number = 0
        self.last_word = False
        self._names = _Names()

    def __lt__(self, other: Parcel) -> bool:
        return self.number < other.number

    @property
    def task_id(self) -> str:
        """The task that this is the result of."""
        return self.attempt.task_id if self.attempt else self._names.task_id

    @property
    def workflow_id(self) -> str:
        """The workflow of that task."""
        return self.attempt.workflow_id if self.attempt else self._names.workflow_instance_id

    def read_names(self, body: bytes) -> None:
        """Learn from its own bytes whose result this is, where an earlier process left it."""
        if self.attempt is None:
            with contextlib.suppress(msgspec.DecodeError):
                self._names = msgspec.json.decode(body, type=_Names)

    def substitute(self, reason: str) -> Parcel:
        """A small FAILED result in the place of one that the server will not take."""
        worker_id = self.attempt.worker_id if self.attempt else None
        result = TaskResult(
            task_id=self.task_id,
            workflow_instance_id=self.workflow_id,
            worker_id=worker_id,
            status=TaskResultStatus.FAILED,
            reason_for_incompletion=reason,
        )
        parcel = Parcel(msgspec.json.encode(result), self.attempt, None, self.born)
        parcel.last_word = True
        return parcel


def fit_logs(result: TaskResult) -> None:
    """Join the last entries of a log that has more than the server keeps."""
    logs = result.logs
    if logs and len(logs) > MOST_LOGS:
        kept, rest = logs[: MOST_LOGS - 1], logs[MOST_LOGS - 1 :]
        text = "\n".join(entry.log or "" for entry in rest)
        result.logs = [*kept, TaskExecLog(log=text, task_id=rest[0].task_id, created_time=rest[0].created_time)]
