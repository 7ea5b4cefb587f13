"""Which tasks this process answers for: kept where the parent process can read it, until their results are safe."""

from __future__ import annotations

from collections import deque
from typing import Protocol

from conductor.client.automator._attempt import Attempt
from conductor.client.automator._lease import LeaseKeeper
from conductor.client.automator._parcel import Parcel
from conductor.client.event.sync_event_dispatcher import SyncEventDispatcher
from conductor.client.event.task_runner_events import TaskUpdateFailure
from conductor.client.http.models.task import Task
from conductor.client.http.rest import ApiException


class SlotTable(Protocol):
    """Memory shared with the parent process, which reports the tasks in it should this process die."""

    def open(self, slot: int, task: Task) -> None:
        """A task begins."""

    def close(self, slot: int) -> None:
        """Its result is safe."""

    def beat(self) -> None:
        """The loop is alive."""


class Ledger:
    """Every attempt from its beginning until the server has its result, or the disk.

    Args:
        leases: watches the attempts.
        events: told of results that the server did not take.
        table: the parent's, if there is one.
        rows: how many rows it has.
    """

    def __init__(
        self, leases: LeaseKeeper, events: SyncEventDispatcher, table: SlotTable | None = None, rows: int = 0
    ) -> None:
        self._leases = leases
        self._events = events
        self._table = table
        self._rows = deque(range(rows if table is not None else 0))

    def opened(self, attempt: Attempt, *, keep_lease: bool) -> None:
        """An attempt begins."""
        self._leases.watch(attempt, extend=keep_lease)
        if self._rows:
            attempt.row = self._rows.popleft()
            if self._table is not None:
                self._table.open(attempt.row, attempt.task)

    def settled(self, attempt: Attempt) -> None:
        """The server has the result, or will never take it."""
        self._leases.release(attempt)
        if attempt.row >= 0:
            self._close(attempt)

    def spooled(self, attempt: Attempt) -> None:
        """The result is on disk: the process may die now. The lease is kept until the server has it."""
        self._close(attempt)

    def failed(self, parcel: Parcel, error: ApiException) -> None:
        """The server did not take a result this time."""
        attempt = parcel.attempt
        if attempt is None:
            return
        if not self._rows:  # the next task needs the row more than this result, which is safe in a moment
            self._close(attempt)
        if self._events.has_listeners(TaskUpdateFailure):
            names = attempt.task_type, attempt.task_id, attempt.worker_id, attempt.workflow_id
            self._events.publish(TaskUpdateFailure(*names, error, parcel.tries))

    def beat(self) -> None:
        """The loop is alive."""
        if self._table is not None:
            self._table.beat()

    def _close(self, attempt: Attempt) -> None:
        row, attempt.row = attempt.row, -1
        if row >= 0 and self._table is not None:
            self._table.close(row)
            self._rows.append(row)
