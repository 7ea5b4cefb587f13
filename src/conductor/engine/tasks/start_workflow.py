"""START_WORKFLOW: starts another workflow and does not wait for it."""

from __future__ import annotations

from typing import Any

import msgspec

from conductor.engine import wire
from conductor.engine.errors import EngineError
from conductor.engine.expressions import resolve_secrets
from conductor.engine.model import StartWorkflowRequest
from conductor.engine.state import Execution, TaskRecord
from conductor.engine.tasks.base import Host, TaskType


class StartWorkflow(TaskType):
    """Its input `startWorkflow` is the request."""

    name = "START_WORKFLOW"
    asynchronous = True

    def launch(self, host: Host, execution: Execution, task: TaskRecord) -> None:
        try:
            request = _request(resolve_secrets(task.input.get("startWorkflow"), host.env.secrets))
            request.correlation_id = request.correlation_id or execution.record.correlation_id
            request.task_to_domain = request.task_to_domain or execution.record.task_to_domain
            workflow_id = host.start_other(request)
        except EngineError as error:
            host.finish_task(execution, task, "FAILED", error.message)
        else:
            host.finish_task(execution, task, "COMPLETED", None, {"workflowId": workflow_id})


def _request(value: Any) -> StartWorkflowRequest:
    if value is None:
        raise EngineError("Missing 'startWorkflow' in input data.")
    try:
        request = wire.convert(value, StartWorkflowRequest)
    except msgspec.ValidationError as error:
        raise EngineError(f"Error while converting 'startWorkflow' in input data: {error}") from error
    if not request.name and request.workflow_def is None:
        raise EngineError("startWorkflow validation failed. 'name' -> Workflow name cannot be null or empty. ")
    return request
