"""Workflows: start, wait, look, and change their course."""

from __future__ import annotations

import copy
import uuid
from typing import Any

from conductor.client.http.models.external_storage_location import ExternalStorageLocation
from conductor.client.http.models.rerun_workflow_request import RerunWorkflowRequest
from conductor.client.http.models.signal_response import SignalResponse
from conductor.client.http.models.skip_task_request import SkipTaskRequest
from conductor.client.http.models.start_workflow_request import StartWorkflowRequest
from conductor.client.http.models.workflow import Workflow
from conductor.client.http.models.workflow_run import WorkflowRun
from conductor.client.http.models.workflow_state_update import WorkflowStateUpdate
from conductor.client.http.models.workflow_status import WorkflowStatus
from conductor.client.http.models.workflow_test_request import WorkflowTestRequest
from conductor.client.orkes._suggest import suggesting
from conductor.client.orkes._workflow_bulk import WorkflowBulkCalls
from conductor.client.orkes._workflow_search import WorkflowSearches

# A call that waits on the server gets this much longer than the wait to answer.
ANSWER_MARGIN_SECONDS = 10.0
LATEST = 0  # the version that stands for the latest in the path of a synchronous execution


class OrkesWorkflowClient(WorkflowSearches, WorkflowBulkCalls):
    """Everything about workflow executions (`/workflow`). Ids are strings, times epoch milliseconds."""

    @suggesting("workflow definition", "name", "_workflow_names")
    def start_workflow_by_name(
        self,
        name: str,
        input: dict[str, Any],
        version: int | None = None,
        correlationId: str | None = None,
        priority: int | None = None,
    ) -> str:
        """Start a registered workflow, in its latest version where none is given; its id."""
        return self.workflowResourceApi.start_workflow1(
            input, name, version=version, correlation_id=correlationId, priority=priority
        )

    @suggesting("workflow definition", "start_workflow_request.name", "_workflow_names")
    def start_workflow(self, start_workflow_request: StartWorkflowRequest) -> str:
        """Start a workflow as the request says; its id."""
        return self.workflowResourceApi.start_workflow(start_workflow_request)

    @suggesting("workflow definition", "start_workflow_request.name", "_workflow_names")
    def execute_workflow(
        self,
        start_workflow_request: StartWorkflowRequest,
        request_id: str | None = None,
        wait_until_task_ref: str | None = None,
        wait_for_seconds: int = 30,
    ) -> WorkflowRun:
        """Start a workflow and wait for its end, for one of the tasks in `wait_until_task_ref` (comma-
        separated), or the time.
        """
        return self.workflowResourceApi.execute_workflow(
            start_workflow_request,
            request_id or str(uuid.uuid4()),
            start_workflow_request.name or "",
            start_workflow_request.version or LATEST,
            wait_until_task_ref=wait_until_task_ref or None,
            wait_for_seconds=wait_for_seconds,
            _request_timeout=wait_for_seconds + ANSWER_MARGIN_SECONDS,
        )

    @suggesting("workflow definition", "start_workflow_request.name", "_workflow_names")
    def execute_workflow_with_return_strategy(
        self,
        start_workflow_request: StartWorkflowRequest,
        request_id: str | None = None,
        wait_until_task_ref: str | None = None,
        wait_for_seconds: int = 30,
        consistency: str | None = None,
        return_strategy: str | None = None,
    ) -> SignalResponse:
        """As `execute_workflow`; `return_strategy` says what is given: TARGET_WORKFLOW, BLOCKING_WORKFLOW,
        BLOCKING_TASK(_INPUT).
        """
        return self.workflowResourceApi.execute_workflow_with_return_strategy(
            start_workflow_request,
            start_workflow_request.name or "",
            start_workflow_request.version or LATEST,
            request_id=request_id,
            wait_until_task_ref=wait_until_task_ref or None,
            wait_for_seconds=wait_for_seconds,
            consistency=consistency,
            return_strategy=return_strategy,
            _request_timeout=wait_for_seconds + ANSWER_MARGIN_SECONDS,
        )

    def pause_workflow(self, workflow_id: str) -> None:
        """Schedule no further tasks until it is resumed."""
        self.workflowResourceApi.pause_workflow(workflow_id)

    def resume_workflow(self, workflow_id: str) -> None:
        """Go on with a paused workflow."""
        self.workflowResourceApi.resume_workflow(workflow_id)

    def restart_workflow(self, workflow_id: str, use_latest_def: bool | None = False) -> None:
        """Run an ended workflow again from its start, under the same id."""
        self.workflowResourceApi.restart(workflow_id, use_latest_definitions=use_latest_def or None)

    def rerun_workflow(self, workflow_id: str, rerun_workflow_request: RerunWorkflowRequest) -> str:
        """Run an ended workflow again from a task; its id."""
        request = copy.copy(rerun_workflow_request)
        request.re_run_from_workflow_id = workflow_id
        return self.workflowResourceApi.rerun(request, workflow_id)

    def retry_workflow(self, workflow_id: str, resume_subworkflow_tasks: bool | None = False) -> None:
        """Retry the failed tasks of an ended workflow."""
        self.workflowResourceApi.retry(workflow_id, resume_subworkflow_tasks=resume_subworkflow_tasks or None)

    def terminate_workflow(
        self, workflow_id: str, reason: str | None = None, trigger_failure_workflow: bool = False
    ) -> None:
        """End a running workflow as TERMINATED."""
        self.workflowResourceApi.terminate1(
            workflow_id, reason=reason, trigger_failure_workflow=trigger_failure_workflow or None
        )

    def terminate_and_remove_workflow(
        self, workflow_id: str, reason: str | None = None, archive_workflow: bool = True
    ) -> None:
        """End a workflow as TERMINATED and remove it from the server, into its archive unless told otherwise."""
        self.workflowResourceApi.terminate_remove(workflow_id, reason=reason, archive_workflow=archive_workflow)

    def decide_workflow(self, workflow_id: str) -> None:
        """Have the server look now at what is to be done next."""
        self.workflowResourceApi.decide(workflow_id)

    def reset_callbacks(self, workflow_id: str) -> None:
        """Give tasks out again at once that wait for their callback."""
        self.workflowResourceApi.reset_workflow(workflow_id)

    def get_workflow_status(
        self, workflow_id: str, include_output: bool | None = None, include_variables: bool | None = None
    ) -> WorkflowStatus:
        """A workflow's status, with output and variables where asked for."""
        return self.workflowResourceApi.get_workflow_status_summary(
            workflow_id, include_output=include_output, include_variables=include_variables
        )

    def delete_workflow(self, workflow_id: str, archive_workflow: bool | None = True) -> None:
        """Remove an execution from the server, into its archive unless told otherwise."""
        self.workflowResourceApi.delete1(workflow_id, archive_workflow=archive_workflow)

    def remove_workflow(self, workflow_id: str) -> None:
        """The same as `delete_workflow`."""
        self.workflowResourceApi.delete1(workflow_id)

    def skip_task_from_workflow(
        self, workflow_id: str, task_reference_name: str, request: SkipTaskRequest | None = None
    ) -> None:
        """Skip a task that has not begun."""
        self.workflowResourceApi.skip_task_from_workflow(workflow_id, task_reference_name, request or SkipTaskRequest())

    @suggesting("workflow definition", "test_request.name", "_workflow_names")
    def test_workflow(self, test_request: WorkflowTestRequest) -> Workflow:
        """Run a workflow with mocked task outputs."""
        return self.workflowResourceApi.test_workflow(test_request)

    def update_variables(self, workflow_id: str, variables: dict[str, Any] | None = None) -> None:
        """Set variables of a running workflow (Orkes servers)."""
        self.workflowResourceApi.update_workflow_state(variables or {}, workflow_id)

    def update_state(
        self,
        workflow_id: str,
        update_requesst: WorkflowStateUpdate,
        wait_until_task_ref_names: list[str] | None = None,
        wait_for_seconds: int | None = None,
    ) -> WorkflowRun:
        """Set variables and complete a task in one call (Orkes servers)."""
        return self.workflowResourceApi.update_workflow_and_task_state(
            update_requesst,
            workflow_id,
            request_id=str(uuid.uuid4()),
            wait_until_task_ref=",".join(wait_until_task_ref_names) if wait_until_task_ref_names else None,
            wait_for_seconds=wait_for_seconds,
        )

    def get_external_storage_location(self, path: str, operation: str, payload_type: str) -> ExternalStorageLocation:
        """Where a workflow's payload is stored outside the server.

        Args:
            path: the path that a workflow or task names, empty for a new payload.
            operation: READ or WRITE.
            payload_type: WORKFLOW_INPUT or WORKFLOW_OUTPUT.
        """
        return self.workflowResourceApi.get_external_storage_location(path, operation, payload_type)

    def send_message(self, workflow_id: str, message: dict[str, Any]) -> str:
        """Put a message on a running workflow's queue, for PULL_WORKFLOW_MESSAGES; the message's id."""
        return self.workflowResourceApi.send_workflow_message(message, workflow_id)
