"""What a store keeps, and what it is asked: rows by key, written in batches that are kept whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from conductor.engine.search import Query

#: A task's key is its workflow's key shifted by this, plus its number in the workflow: tasks lie side by side.
TASK_BITS = 23
MAX_TASKS = (1 << TASK_BITS) - 1


class WorkflowRow(NamedTuple):
    """A workflow: what is searched and sorted by, and the record as JSON. `deadline` is when it is to be looked at."""

    key: int
    id: str
    name: str
    version: int
    status: str
    correlation_id: str | None
    parent_id: str | None
    priority: int
    created: int
    updated: int
    ended: int
    deadline: int | None
    body: bytes


class TaskRow(NamedTuple):
    """A task. `queue` and `due` say where and when it is handed out, `deadline` when it is to be looked at."""

    key: int
    id: str
    type: str
    def_name: str
    status: str
    scheduled: int
    started: int
    updated: int
    ended: int
    queue: str | None
    due: int | None
    deadline: int | None
    body: bytes


class LogRow(NamedTuple):
    """A line of a task's log."""

    task_id: str
    created: int
    log: str


class OpenTask(NamedTuple):
    """What a start needs to know of a task that waits in a queue or for a time."""

    workflow_id: str
    task_id: str
    type: str
    def_name: str
    status: str
    priority: int
    queue: str | None
    due: int | None
    deadline: int | None


@dataclass
class Writes:
    """One batch. What is dropped goes before what is written."""

    drop_workflows: list[int] = field(default_factory=list)
    drop_tasks: list[int] = field(default_factory=list)
    workflows: list[WorkflowRow] = field(default_factory=list)
    tasks: list[TaskRow] = field(default_factory=list)
    #: (kind, key, body); None removes it
    documents: list[tuple[str, str, bytes | None]] = field(default_factory=list)
    logs: list[LogRow] = field(default_factory=list)


class Store(Protocol):
    """Where executions and definitions are kept. `write` may be called from another thread than the rest."""

    #: whether writing takes long enough to be done by a thread of its own
    slow: bool

    def write(self, writes: Writes) -> None:
        """Keep a batch, whole or (with Unavailable) not at all."""

    def last_key(self) -> int:
        """The highest key of a workflow ever used."""

    def open_workflows(self) -> Iterator[tuple[str, int | None]]:
        """Id and deadline of workflows that have not ended."""

    def open_tasks(self) -> Iterator[OpenTask]:
        """Tasks of open workflows that wait in a queue or for a time, oldest first."""

    def open_task_ids(self, def_name: str) -> list[tuple[str, str]]:
        """Ids of workflow and task of the tasks of a definition that have not ended, oldest first."""

    def workflow(self, workflow_id: str) -> WorkflowRow | None:
        """One workflow."""

    def tasks(self, workflow_key: int) -> list[TaskRow]:
        """The tasks of a workflow, by number."""

    def task(self, task_id: str) -> tuple[TaskRow, str] | None:
        """A task and the id of its workflow."""

    def documents(self, kind: str) -> list[tuple[str, bytes]]:
        """All documents of a kind, by key."""

    def document(self, kind: str, key: str) -> bytes | None:
        """One document."""

    def logs(self, task_id: str) -> list[LogRow]:
        """The log of a task, oldest first."""

    def workflow_ids(self, *, name: str, open_only: bool, created: tuple[int, int] | None = None) -> list[str]:
        """Ids of workflows of a name, oldest first."""

    def correlated(self, name: str, correlation_ids: Sequence[str], open_only: bool) -> Iterable[WorkflowRow]:
        """Workflows of a name with these correlation ids."""

    def search_workflows(self, query: Query, text_of: Callable[[WorkflowRow], str]) -> tuple[int, list[WorkflowRow]]:
        """How many workflows match, and those of the page; `text_of` gives what a free text is looked for in."""

    def search_tasks(
        self, query: Query, text_of: Callable[[tuple[TaskRow, WorkflowRow]], str]
    ) -> tuple[int, list[tuple[TaskRow, WorkflowRow]]]:
        """How many tasks match, and those of the page, each with its workflow."""

    def ended_before(self, time: int, limit: int) -> list[tuple[int, str]]:
        """Keys and ids of workflows that ended before a time, oldest first."""

    def close(self) -> None:
        """Let go of the file."""


def task_key(workflow_key: int, number: int) -> int:
    """Where a task lies."""
    return (workflow_key << TASK_BITS) | number
