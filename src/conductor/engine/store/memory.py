"""A store in memory: for tests and for servers whose work may be forgotten."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Sequence

from conductor.engine.search import Query
from conductor.engine.store.port import TASK_BITS, LogRow, OpenTask, TaskRow, WorkflowRow, Writes


class MemoryStore:
    """Rows in dictionaries. What was written last is in `batches` where `keep_batches` asks for it."""

    slow = False

    def __init__(self, *, keep_batches: bool = False) -> None:
        self.batches: list[Writes] | None = [] if keep_batches else None
        self._workflows: dict[int, WorkflowRow] = {}
        self._keys: dict[str, int] = {}
        self._tasks: dict[int, dict[int, TaskRow]] = {}
        self._task_keys: dict[str, int] = {}
        self._documents: dict[str, dict[str, bytes]] = {}
        self._logs: dict[str, list[LogRow]] = {}
        self._last_key = 0

    def write(self, writes: Writes) -> None:
        if self.batches is not None:
            self.batches.append(writes)
        for workflow_key in writes.drop_workflows:
            self._drop_workflow(workflow_key)
        for key in writes.drop_tasks:
            row = self._tasks.get(key >> TASK_BITS, {}).pop(key, None)
            if row is not None:
                self._task_keys.pop(row.id, None)
        for workflow in writes.workflows:
            self._workflows[workflow.key] = workflow
            self._keys[workflow.id] = workflow.key
            self._last_key = max(self._last_key, workflow.key)
        for task in writes.tasks:
            self._tasks.setdefault(task.key >> TASK_BITS, {})[task.key] = task
            self._task_keys[task.id] = task.key
        for kind, name, body in writes.documents:
            documents = self._documents.setdefault(kind, {})
            if body is None:
                documents.pop(name, None)
            else:
                documents[name] = body
        for log in writes.logs:
            self._logs.setdefault(log.task_id, []).append(log)

    def _drop_workflow(self, key: int) -> None:
        row = self._workflows.pop(key, None)
        if row is not None:
            self._keys.pop(row.id, None)
        for task in self._tasks.pop(key, {}).values():
            self._task_keys.pop(task.id, None)
            self._logs.pop(task.id, None)

    def last_key(self) -> int:
        return self._last_key

    def open_workflows(self) -> Iterator[tuple[str, int | None]]:
        return ((row.id, row.deadline) for row in self._workflows.values() if not row.ended)

    def open_tasks(self) -> Iterator[OpenTask]:
        for key, row in self._workflows.items():
            if row.ended:
                continue
            for task in self._tasks.get(key, {}).values():
                if task.due is not None or task.deadline is not None or task.status == "IN_PROGRESS":
                    yield OpenTask(row.id, task.id, task.type, task.def_name, task.status, row.priority, *task[9:12])

    def open_task_ids(self, def_name: str) -> list[tuple[str, str]]:
        return [
            (row.id, task.id)
            for key, row in self._workflows.items()
            if not row.ended
            for task in self._tasks.get(key, {}).values()
            if task.def_name == def_name and not task.ended
        ]

    def workflow(self, workflow_id: str) -> WorkflowRow | None:
        key = self._keys.get(workflow_id)
        return None if key is None else self._workflows[key]

    def tasks(self, workflow_key: int) -> list[TaskRow]:
        return [row for _, row in sorted(self._tasks.get(workflow_key, {}).items())]

    def task(self, task_id: str) -> tuple[TaskRow, str] | None:
        key = self._task_keys.get(task_id)
        if key is None:
            return None
        return self._tasks[key >> TASK_BITS][key], self._workflows[key >> TASK_BITS].id

    def documents(self, kind: str) -> list[tuple[str, bytes]]:
        return sorted(self._documents.get(kind, {}).items())

    def document(self, kind: str, key: str) -> bytes | None:
        return self._documents.get(kind, {}).get(key)

    def logs(self, task_id: str) -> list[LogRow]:
        rows: list[LogRow] = []
        for row in self._logs.get(task_id, ()):
            insort(rows, row, key=lambda log: log.created)
        return rows

    def workflow_ids(self, *, name: str, open_only: bool, created: tuple[int, int] | None = None) -> list[str]:
        return [
            row.id
            for row in self._workflows.values()
            if row.name == name
            and not (open_only and row.ended)
            and (created is None or created[0] <= row.created <= created[1])
        ]

    def correlated(self, name: str, correlation_ids: Sequence[str], open_only: bool) -> Iterable[WorkflowRow]:
        wanted = set(correlation_ids)
        for row in self._workflows.values():
            if row.name == name and row.correlation_id in wanted and not (open_only and row.ended):
                yield row

    def search_workflows(self, query: Query, text_of: Callable[[WorkflowRow], str]) -> tuple[int, list[WorkflowRow]]:
        return query.page(list(self._workflows.values()), _workflow_field, text_of)

    def search_tasks(
        self, query: Query, text_of: Callable[[tuple[TaskRow, WorkflowRow]], str]
    ) -> tuple[int, list[tuple[TaskRow, WorkflowRow]]]:
        rows = [
            (task, workflow)
            for key, workflow in list(self._workflows.items())
            for task in list(self._tasks.get(key, {}).values())
        ]
        return query.page(rows, _task_field, text_of)

    def ended_before(self, time: int, limit: int) -> list[tuple[int, str]]:
        old = [(row.ended, row.key, row.id) for row in self._workflows.values() if 0 < row.ended < time]
        return [(key, id_) for _, key, id_ in sorted(old)[:limit]]

    def close(self) -> None:
        pass


def _workflow_field(row: WorkflowRow, name: str) -> str | int:
    """What a search reads of a workflow."""
    values: dict[str, str | int] = {
        "workflowId": row.id,
        "correlationId": row.correlation_id or "",
        "workflowType": row.name,
        "startTime": row.created,
        "endTime": row.ended,
        "updateTime": row.updated,
        "status": row.status,
        "parentWorkflowId": row.parent_id or "",
        "classifier": "workflow",
    }
    return values[name]


def _task_field(row: tuple[TaskRow, WorkflowRow], name: str) -> str | int:
    """What a search reads of a task."""
    task, workflow = row
    values: dict[str, str | int] = {
        "taskId": task.id,
        "taskType": task.type,
        "taskDefName": task.def_name,
        "status": task.status,
        "startTime": task.started,
        "endTime": task.ended,
        "updateTime": task.updated,
        "workflowType": workflow.name,
        "workflowId": workflow.id,
        "correlationId": workflow.correlation_id or "",
    }
    return values[name]
