"""Use cases that start workflows and look at them."""

from __future__ import annotations

from typing import Any

from conductor.engine.core import Core
from conductor.engine.errors import NotYet
from conductor.engine.model import (
    ExternalStorageLocation,
    SearchPage,
    StartWorkflowRequest,
    Workflow,
    WorkflowStatus,
    WorkflowTestRequest,
)
from conductor.engine.pending import PendingAnswer


class Executions(Core):
    """Starting workflows and looking at them (`/workflow`)."""

    def start_workflow(self, request: StartWorkflowRequest) -> str:
        """Start a workflow and schedule its first tasks; returns its id (`POST /workflow`).

        Raises InvalidInput, ValidationFailed (inline definition), NotFound (no such definition).
        """
        raise NotYet

    def start_workflow_by_name(
        self,
        name: str,
        workflow_input: dict[str, Any] | None,
        *,
        version: int | None = None,
        correlation_id: str | None = None,
        priority: int = 0,
    ) -> str:
        """Start a registered workflow (`POST /workflow/{name}`); returns its id."""
        raise NotYet

    def execute_workflow(
        self,
        request: StartWorkflowRequest,
        *,
        request_id: str | None = None,
        wait_until_task_ref: str | None = None,
        return_strategy: str = "TARGET_WORKFLOW",
    ) -> PendingAnswer:
        """Start a workflow and answer when it ends or blocks (`POST /workflow/execute/{name}/{version}`).

        Name and version (0 or None: latest) are those of `request`; the caller waits (`waitForSeconds`) on the answer.
        """
        raise NotYet

    def test_workflow(self, request: WorkflowTestRequest) -> Workflow:
        """Run a workflow with mocked answers of its workers (`POST /workflow/test`)."""
        raise NotYet

    def get_workflow(self, workflow_id: str, include_tasks: bool = True) -> Workflow:
        """A workflow as it is now (`GET /workflow/{workflowId}`). Raises NotFound."""
        raise NotYet

    def get_workflow_status(
        self, workflow_id: str, include_output: bool = False, include_variables: bool = False
    ) -> WorkflowStatus:
        """Status, output and variables (`GET /workflow/{workflowId}/status`). Raises NotFound."""
        raise NotYet

    def get_workflow_tasks(
        self, workflow_id: str, start: int = 0, count: int = 15, status: list[str] | None = None
    ) -> SearchPage:
        """A page of its tasks (`GET /workflow/{workflowId}/tasks`). Raises NotFound."""
        raise NotYet

    def get_running_workflows(
        self, name: str, version: int = 1, start_time: int | None = None, end_time: int | None = None
    ) -> list[str]:
        """Ids of open workflows, or of all that were created between two times (`GET /workflow/running/{name}`)."""
        raise NotYet

    def get_correlated_workflows(
        self, name: str, correlation_ids: list[str], *, include_closed: bool = False, include_tasks: bool = False
    ) -> dict[str, list[Workflow]]:
        """Workflows by correlation id; each id asked for is a key (`/workflow/{name}/correlated`)."""
        raise NotYet

    def get_external_storage_location(self, path: str, operation: str, payload_type: str) -> ExternalStorageLocation:
        """Where a payload is to be stored (`GET /workflow/externalstoragelocation`). Raises InvalidInput."""
        raise NotYet

    def push_message(self, workflow_id: str, payload: dict[str, Any]) -> str:
        """Queue a message for PULL_WORKFLOW_MESSAGES (`POST /workflow/{workflowId}/messages`); returns its id.

        Raises NotFound, Conflict (not running), TooManyRequests (queue full).
        """
        raise NotYet
