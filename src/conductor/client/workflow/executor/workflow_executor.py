"""Running workflows that were built in Python: the clients of one server under the names that
`ConductorWorkflow` uses.
"""

from __future__ import annotations

from typing import Any

from conductor.client.configuration.configuration import Configuration
from conductor.client.http.api_client import CallObserver
from conductor.client.http.models.correlation_ids_search_request import CorrelationIdsSearchRequest
from conductor.client.http.models.rerun_workflow_request import RerunWorkflowRequest
from conductor.client.http.models.scrollable_search_result_workflow_summary import ScrollableSearchResultWorkflowSummary
from conductor.client.http.models.signal_response import SignalResponse
from conductor.client.http.models.skip_task_request import SkipTaskRequest
from conductor.client.http.models.start_workflow_request import StartWorkflowRequest
from conductor.client.http.models.task import Task
from conductor.client.http.models.task_result import TaskResult
from conductor.client.http.models.task_result_status import TaskResultStatus
from conductor.client.http.models.workflow import Workflow
from conductor.client.http.models.workflow_def import WorkflowDef
from conductor.client.http.models.workflow_run import WorkflowRun
from conductor.client.http.models.workflow_status import WorkflowStatus
from conductor.client.orkes.orkes_metadata_client import OrkesMetadataClient
from conductor.client.orkes.orkes_task_client import OrkesTaskClient
from conductor.client.orkes.orkes_workflow_client import OrkesWorkflowClient


class WorkflowExecutor:
    """Registers, starts and steers workflows on one server."""

    def __init__(
        self, configuration: Configuration | None = None, metrics_collector: CallObserver | None = None
    ) -> None:
        self.metadata_client = OrkesMetadataClient(configuration, metrics_collector)
        self.task_client = OrkesTaskClient(configuration, metrics_collector)
        self.workflow_client = OrkesWorkflowClient(configuration, metrics_collector)

    def register_workflow(self, workflow: WorkflowDef, overwrite: bool | None = None) -> object:
        """Register a definition; an existing version is an error unless `overwrite` is true."""
        if overwrite:
            return self.metadata_client.update_workflow_def(workflow, overwrite)
        self.metadata_client.register_workflow_def(workflow, overwrite=False)
        return None

    def start_workflow(self, start_workflow_request: StartWorkflowRequest) -> str:
        """Start a workflow; its id."""
        return self.workflow_client.start_workflow(start_workflow_request)

    def start_workflows(self, *start_workflow_request: StartWorkflowRequest) -> list[str]:
        """Start several workflows; their ids in the same order."""
        return [self.start_workflow(request) for request in start_workflow_request]

    def execute_workflow(
        self,
        request: StartWorkflowRequest,
        wait_until_task_ref: str | None = None,
        wait_for_seconds: int = 10,
        request_id: str | None = None,
    ) -> WorkflowRun:
        """Start a workflow and wait for its end, a task, or the time."""
        return self.workflow_client.execute_workflow(request, request_id, wait_until_task_ref, wait_for_seconds)

    def execute_workflow_with_return_strategy(
        self,
        request: StartWorkflowRequest,
        wait_until_task_ref: str | None = None,
        wait_for_seconds: int = 10,
        request_id: str | None = None,
        consistency: str | None = None,
        return_strategy: str | None = None,
    ) -> SignalResponse:
        """As `execute_workflow`, with a say in what is given."""
        return self.workflow_client.execute_workflow_with_return_strategy(
            request, request_id, wait_until_task_ref, wait_for_seconds, consistency, return_strategy
        )

    def execute(
        self,
        name: str,
        version: int | None = None,
        workflow_input: Any = None,
        wait_until_task_ref: str | None = None,
        wait_for_seconds: int = 10,
        request_id: str | None = None,
        correlation_id: str | None = None,
        domain: str | None = None,
    ) -> WorkflowRun:
        """Start a registered workflow by its name and wait; with `domain`, all its tasks go to workers of that
        domain.
        """
        request = StartWorkflowRequest(
            name=name, version=version, input=workflow_input or {}, correlation_id=correlation_id
        )
        if domain is not None:
            request.task_to_domain = {"*": domain}
        return self.execute_workflow(request, wait_until_task_ref, wait_for_seconds, request_id)

    def remove_workflow(self, workflow_id: str, archive_workflow: bool | None = None) -> None:
        """Remove an execution."""
        self.workflow_client.delete_workflow(workflow_id, archive_workflow)

    def get_workflow(self, workflow_id: str, include_tasks: bool | None = None) -> Workflow:
        """A workflow."""
        return self.workflow_client.get_workflow(workflow_id, include_tasks)

    def get_workflow_status(
        self, workflow_id: str, include_output: bool | None = None, include_variables: bool | None = None
    ) -> WorkflowStatus:
        """A workflow's status."""
        return self.workflow_client.get_workflow_status(workflow_id, include_output, include_variables)

    def search(
        self,
        query_id: str | None = None,
        start: int | None = None,
        size: int | None = None,
        sort: str | None = None,
        free_text: str | None = None,
        query: str | None = None,
        skip_cache: bool | None = None,
    ) -> ScrollableSearchResultWorkflowSummary:
        """One page of the workflows that a query finds."""
        return self.workflow_client.workflowResourceApi.search(
            query_id=query_id,
            start=start,
            size=size,
            sort=sort,
            free_text=free_text,
            query=query,
            skip_cache=skip_cache,
        )

    def get_by_correlation_ids(
        self,
        workflow_name: str,
        correlation_ids: list[str],
        include_closed: bool | None = None,
        include_tasks: bool | None = None,
    ) -> dict[str, list[Workflow]]:
        """The workflows of a name by correlation id."""
        return self.workflow_client.get_by_correlation_ids(
            workflow_name, correlation_ids, bool(include_closed), bool(include_tasks)
        )

    def get_by_correlation_ids_and_names(
        self,
        batch_request: CorrelationIdsSearchRequest,
        include_closed: bool | None = None,
        include_tasks: bool | None = None,
    ) -> dict[str, list[Workflow]]:
        """The workflows of several names by correlation id (Orkes servers)."""
        return self.workflow_client.get_by_correlation_ids_in_batch(
            batch_request, bool(include_closed), bool(include_tasks)
        )

    def pause(self, workflow_id: str) -> None:
        """Pause a workflow."""
        self.workflow_client.pause_workflow(workflow_id)

    def resume(self, workflow_id: str) -> None:
        """Resume a workflow."""
        self.workflow_client.resume_workflow(workflow_id)

    def terminate(
        self, workflow_id: str, reason: str | None = None, trigger_failure_workflow: bool | None = None
    ) -> None:
        """Terminate a workflow."""
        self.workflow_client.terminate_workflow(workflow_id, reason, bool(trigger_failure_workflow))

    def restart(self, workflow_id: str, use_latest_definitions: bool | None = None) -> None:
        """Run an ended workflow again from its start."""
        self.workflow_client.restart_workflow(workflow_id, use_latest_definitions)

    def retry(self, workflow_id: str, resume_subworkflow_tasks: bool | None = None) -> None:
        """Retry the failed tasks of an ended workflow."""
        self.workflow_client.retry_workflow(workflow_id, resume_subworkflow_tasks)

    def rerun(self, rerun_workflow_request: RerunWorkflowRequest, workflow_id: str) -> str:
        """Run an ended workflow again from a task."""
        return self.workflow_client.rerun_workflow(workflow_id, rerun_workflow_request)

    def skip_task_from_workflow(
        self, workflow_id: str, task_reference_name: str, skip_task_request: SkipTaskRequest | None = None
    ) -> None:
        """Skip a task that has not begun."""
        self.workflow_client.skip_task_from_workflow(workflow_id, task_reference_name, skip_task_request)

    def update_task(self, task_id: str, workflow_id: str, task_output: dict[str, Any], status: str) -> str:
        """Report a result for a task."""
        result = TaskResult(
            task_id=task_id,
            workflow_instance_id=workflow_id,
            output_data=task_output,
            status=TaskResultStatus(status),
        )
        return self.task_client.update_task(result)

    def update_task_by_ref_name(
        self, task_output: dict[str, Any], workflow_id: str, task_reference_name: str, status: str
    ) -> str:
        """Report on the open task of a reference name."""
        return self.task_client.update_task_by_ref_name(workflow_id, task_reference_name, status, task_output)

    def update_task_by_ref_name_sync(
        self, task_output: dict[str, Any], workflow_id: str, task_reference_name: str, status: str
    ) -> Workflow:
        """As `update_task_by_ref_name`, and give the workflow as it is then."""
        return self.task_client.update_task_sync(workflow_id, task_reference_name, status, task_output)

    def get_task(self, task_id: str) -> Task:
        """A task."""
        return self.task_client.get_task(task_id)

    def signal(
        self, workflow_id: str, status: str, body: dict[str, Any], return_strategy: str | None = None
    ) -> SignalResponse:
        """Complete the task that a workflow waits at, and wait for what comes of it."""
        return self.task_client.signal_workflow_task(workflow_id, status, body, return_strategy)

    def signal_async(self, workflow_id: str, status: str, body: dict[str, Any]) -> None:
        """Complete the task that a workflow waits at."""
        self.task_client.signal_workflow_task_async(workflow_id, status, body)

    def send_message(self, workflow_id: str, message: dict[str, Any]) -> str:
        """Put a message on a running workflow's queue."""
        return self.workflow_client.send_message(workflow_id, message)
