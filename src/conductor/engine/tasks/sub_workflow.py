"""SUB_WORKFLOW: a task that is a workflow of its own."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from conductor.engine.model import WorkflowTask
from conductor.engine.state import Execution, TaskRecord, WorkflowRecord
from conductor.engine.tasks.base import Host, TaskType
from conductor.engine.turn import Turn

_STATUS = {"COMPLETED": "COMPLETED", "FAILED": "FAILED", "TERMINATED": "CANCELED", "TIMED_OUT": "TIMED_OUT"}


class SubWorkflow(TaskType):
    """Started when its queue says so; ends when its workflow tells."""

    name = "SUB_WORKFLOW"
    asynchronous = True

    def map(self, turn: Turn, node: WorkflowTask, iteration: int) -> list[TaskRecord]:
        task_id = turn.world.new_id()
        params = node.sub_workflow_param
        definition = params.workflow_definition if params else None
        if isinstance(definition, str):
            definition = turn.substitute(definition, task_id)
        names = turn.evaluated(
            {
                "subWorkflowName": params.name if params else None,
                "subWorkflowVersion": params.version if params else None,
                "priority": params.priority if params else None,
                "subWorkflowTaskToDomain": params.task_to_domain if params else None,
                "idempotencyKey": params.idempotency_key if params else None,
                "idempotencyStrategy": params.idempotency_strategy if params else None,
            }
        )
        inputs: dict[str, Any] = {
            **names,
            "subWorkflowDefinition": definition,
            "workflowInput": turn.inputs(node, task_id),
        }
        task = turn.new_task(node, iteration, status="SCHEDULED", inputs=inputs, task_id=task_id)
        task.callback_after = node.start_delay
        return [task]

    def launch(self, host: Host, execution: Execution, task: TaskRecord) -> None:
        host.start_child(execution, task)


def child_id(parent_id: str, task: TaskRecord) -> str:
    """The id of the workflow that an attempt of a task starts: the same one however often it is started."""
    name = f"subworkflow:{parent_id}:{task.task_id}:{task.retry_count}"
    return str(uuid.UUID(bytes=hashlib.md5(name.encode(), usedforsecurity=False).digest(), version=3))


def child_ended(turn: Turn, task: TaskRecord, child: WorkflowRecord) -> None:
    """The workflow of a task ended: so does the task."""
    status = _STATUS[child.status]
    output = {"subWorkflowId": child.workflow_id, **child.output}
    reason = None
    if status != "COMPLETED":
        name = f"{child.name}.{child.version}/{child.workflow_id}"
        reason = f"Sub workflow {name} failure reason: {child.reason}"
    turn.finish(task, status, reason, output)
