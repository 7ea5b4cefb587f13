"""The answer of a synchronous call: it comes when the workflow ends or blocks, or the caller stops waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from conductor.engine.messages import TaskRun, WorkflowRun
from conductor.engine.state import Execution, TaskRecord
from conductor.engine.views import task_view


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


class Executing(Protocol):
    """What a watch needs of the engine."""

    watches: dict[str, list[Callable[[], None]]]

    def find(self, workflow_id: str) -> Execution | None: ...
    def get(self, workflow_id: str) -> Execution: ...


class Watch:
    """Watches a workflow until it ends, a WAIT without a time blocks it, or a task asked for has ended."""

    def __init__(self, engine: Executing, workflow_id: str, request_id: str, strategy: str, refs: list[str]) -> None:
        self.workflow_id = workflow_id
        self._engine, self._request_id, self._strategy, self._refs = engine, request_id, strategy, refs
        self._callback: Callable[[], None] | None = None

    @property
    def ready(self) -> bool:
        execution = self._engine.get(self.workflow_id)
        return execution.record.terminal or self._blocking() is not None

    def on_ready(self, callback: Callable[[], None]) -> None:
        if self.ready:
            callback()
        elif self._callback is None:
            self._callback = callback
            self._engine.watches.setdefault(self.workflow_id, []).append(self._look)

    def answer(self) -> WorkflowRun | TaskRun:
        self.cancel()
        target, blocking = self._engine.get(self.workflow_id), self._blocking()
        timed_out = not target.record.terminal and blocking is None
        if blocking is not None and self._strategy in ("BLOCKING_TASK", "BLOCKING_TASK_INPUT"):
            return self._task_run(target, *blocking)
        shown = blocking[0] if blocking is not None and self._strategy == "BLOCKING_WORKFLOW" else target
        strategy = self._strategy if blocking is not None else "TARGET_WORKFLOW"
        return self._workflow_run(target, shown, strategy, timed_out)

    def cancel(self) -> None:
        watches = self._engine.watches.get(self.workflow_id, [])
        if self._look in watches:
            watches.remove(self._look)
        if not watches:
            self._engine.watches.pop(self.workflow_id, None)
        self._callback = None

    def _look(self) -> None:
        callback = self._callback
        if callback is not None and self.ready:
            self.cancel()
            callback()

    def _blocking(self) -> tuple[Execution, TaskRecord] | None:
        return blocking_task(self._engine, self._engine.get(self.workflow_id), self._refs)

    def _workflow_run(self, target: Execution, shown: Execution, strategy: str, timed_out: bool) -> WorkflowRun:
        record = shown.record
        return WorkflowRun(
            response_type=strategy,
            target_workflow_id=target.id,
            target_workflow_status=target.record.status,
            request_id=self._request_id,
            workflow_id=record.workflow_id,
            correlation_id=record.correlation_id,
            input=record.input,
            output=record.output,
            signal_timeout=timed_out,
            priority=record.priority,
            variables=record.variables,
            tasks=[task_view(shown, task) for task in shown.tasks],
            created_by=record.created_by,
            create_time=record.created,
            status=record.status,
            update_time=record.updated,
        )

    def _task_run(self, target: Execution, owner: Execution, task: TaskRecord) -> TaskRun:
        return TaskRun(
            response_type=self._strategy,
            target_workflow_id=target.id,
            target_workflow_status=target.record.status,
            request_id=self._request_id,
            workflow_id=owner.id,
            correlation_id=owner.record.correlation_id,
            input=task.input,
            output=task.output,
            task_type=task.task_type,
            task_id=task.task_id,
            reference_task_name=task.ref,
            retry_count=task.retry_count,
            task_def_name=task.def_name,
            retried_task_id=task.retried_task_id,
            workflow_type=owner.record.name,
            reason_for_incompletion=task.reason,
            priority=owner.record.priority,
            created_by=owner.record.created_by,
            create_time=task.started,
            update_time=task.updated,
            status=task.status,
        )


def blocking_task(engine: Executing, execution: Execution, refs: list[str]) -> tuple[Execution, TaskRecord] | None:
    """The task that a synchronous caller waits for, in the workflow or in its running sub-workflows."""
    for task in execution.open.values():
        if task.task_type == "WAIT" and not task.wait_until:
            return execution, task
    for ref in refs:
        ended = execution.last.get(ref)
        if ended is not None and ended.terminal:
            return execution, ended
    for child in open_sub_workflows(engine, execution):
        found = blocking_task(engine, child, refs)
        if found is not None:
            return found
    return None


def open_sub_workflows(engine: Executing, execution: Execution) -> Iterator[Execution]:
    """The running workflows of its SUB_WORKFLOW tasks."""
    for task in list(execution.open.values()):
        child = engine.find(task.sub_workflow_id) if task.sub_workflow_id else None
        if child is not None and not child.record.terminal:
            yield child
