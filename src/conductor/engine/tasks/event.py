"""EVENT: puts a message into an event queue."""

from __future__ import annotations

from typing import Any

from conductor.engine.model import WorkflowTask
from conductor.engine.state import TaskRecord
from conductor.engine.tasks.base import TaskType, is_async_complete
from conductor.engine.turn import Published, Turn

#: event queues live in this engine; others would need a connection to somewhere
_OURS = "conductor"


class Event(TaskType):
    """Done when the message is published, or (asyncComplete) when something completes it from outside."""

    name = "EVENT"

    def map(self, turn: Turn, node: WorkflowTask, iteration: int) -> list[TaskRecord]:
        task_id = turn.world.new_id()
        inputs = turn.inputs(node, task_id)
        inputs["sink"] = turn.substitute(node.sink, task_id)
        inputs["asyncComplete"] = node.async_complete
        return [turn.new_task(node, iteration, status="SCHEDULED", inputs=inputs, task_id=task_id)]

    def start(self, turn: Turn, task: TaskRecord) -> None:
        record = turn.execution.record
        payload: dict[str, Any] = {
            **task.input,
            "workflowInstanceId": record.workflow_id,
            "workflowType": record.name,
            "workflowVersion": record.version,
            "correlationId": record.correlation_id,
            "taskToDomain": record.task_to_domain,
        }
        task.output = payload
        sink = str(task.input.get("sink"))
        kind, _, rest = sink.partition(":")
        if sink == _OURS or kind == _OURS:
            event = f"{_OURS}:{record.name}:{rest or task.ref}"
        elif sink.startswith(_OURS) or ":" not in sink:
            turn.finish(task, "FAILED", f"Invalid / Unsupported sink specified: {sink}")
            return
        else:
            problem = f"Error loading queue:{sink}, for task:{task.task_id}, error: Unknown queue type {kind}"
            turn.finish(task, "FAILED", problem)
            return
        task.output = payload = {**payload, "event_produced": event}
        turn.effects.append(Published(event, task.task_id, payload))
        if is_async_complete(task, turn.execution.node(task)):
            turn.execution.move(task, "IN_PROGRESS")
            turn.touch(task)
        else:
            turn.finish(task, "COMPLETED")
