"""What expressions see of an execution: `workflow` and each task under its reference name, made when they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conductor.engine.state import Execution, TaskRecord


class ExpressionContext(Mapping[str, Any]):
    """`{"workflow": {...}, "<reference name>": {...}}` of an execution; inside of loops the latest iteration counts."""

    __slots__ = ("_execution",)

    def __init__(self, execution: Execution) -> None:
        self._execution = execution

    def __getitem__(self, name: str) -> Any:
        if name == "workflow":
            return workflow_view(self._execution)
        task = self._execution.latest(name)
        if task is None:
            raise KeyError(name)
        return task_view(self._execution, task)

    def __iter__(self) -> Iterator[str]:
        yield "workflow"
        yield from dict.fromkeys(task.base_ref for task in self._execution.tasks)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def workflow_view(execution: Execution) -> dict[str, Any]:
    """What `${workflow...}` reads."""
    record = execution.record
    return {
        "input": record.input,
        "output": record.output,
        "status": record.status,
        "workflowId": record.workflow_id,
        "parentWorkflowId": record.parent_id,
        "parentWorkflowTaskId": record.parent_task_id,
        "workflowType": record.name,
        "version": record.version,
        "correlationId": record.correlation_id,
        "reasonForIncompletion": record.reason,
        "schemaVersion": execution.definition.value.schema_version,
        "variables": record.variables,
    }


def task_view(execution: Execution, task: TaskRecord) -> dict[str, Any]:
    """What `${<reference name>...}` reads."""
    return {
        "input": task.input,
        "output": task.output,
        "taskType": task.task_type,
        "status": task.status,
        "referenceTaskName": task.ref,
        "retryCount": task.retry_count,
        "correlationId": execution.record.correlation_id,
        "pollCount": task.poll_count,
        "taskDefName": task.def_name,
        "scheduledTime": task.scheduled,
        "startTime": task.started,
        "endTime": task.ended,
        "workflowInstanceId": execution.id,
        "taskId": task.task_id,
        "reasonForIncompletion": task.reason,
        "callbackAfterSeconds": task.callback_after,
        "workerId": task.worker_id,
        "iteration": task.iteration,
    }
