"""START_WORKFLOW: start another workflow and go on."""

from __future__ import annotations

from typing import Any

import msgspec

from conductor.client.http.models.start_workflow_request import StartWorkflowRequest
from conductor.client.workflow.task.task import TaskInterface
from conductor.client.workflow.task.task_type import TaskType


class StartWorkflowTask(TaskInterface):
    """Starts `workflow_name` as `start_workflow_request` says; its output's `workflowId` is the new workflow's."""

    def __init__(
        self,
        task_ref_name: str,
        workflow_name: str,
        start_workflow_request: StartWorkflowRequest,
        version: int | None = None,
    ) -> None:
        super().__init__(task_ref_name, TaskType.START_WORKFLOW)
        request: dict[str, Any] = msgspec.to_builtins(start_workflow_request)
        request["name"] = workflow_name
        if version is not None:
            request["version"] = version
        self.input_parameters["startWorkflow"] = request
