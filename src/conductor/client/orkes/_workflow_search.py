"""Finding workflows, and following one."""

from __future__ import annotations

from collections.abc import Iterator

from conductor.client.http.models.correlation_ids_search_request import CorrelationIdsSearchRequest
from conductor.client.http.models.scrollable_search_result_workflow_summary import ScrollableSearchResultWorkflowSummary
from conductor.client.http.models.search_result_task import SearchResultTask
from conductor.client.http.models.search_result_workflow import SearchResultWorkflow
from conductor.client.http.models.search_result_workflow_summary import SearchResultWorkflowSummary
from conductor.client.http.models.task import Task
from conductor.client.http.models.workflow import Workflow
from conductor.client.http.models.workflow_summary import WorkflowSummary
from conductor.client.orkes._paging import PAGE, each
from conductor.client.orkes._watch import WATCH_SECONDS, WorkflowChange, watch
from conductor.client.orkes.orkes_base_client import OrkesBaseClient


class WorkflowSearches(OrkesBaseClient):
    """Queries look like `workflowType = 'orders' AND status IN (FAILED, TIMED_OUT) AND startTime > 1700000000000`;
    a sort like `startTime:DESC`. Methods named `find...` go through all pages, one at a time.
    """

    def search(
        self,
        start: int = 0,
        size: int = PAGE,
        free_text: str = "*",
        query: str | None = None,
        query_id: str | None = None,
        sort: str | None = None,
    ) -> ScrollableSearchResultWorkflowSummary:
        """One page of the workflows that a query finds, as summaries."""
        return self.workflowResourceApi.search(
            query_id=query_id, start=start, size=size, free_text=free_text, query=query, sort=sort
        )

    def find(
        self, query: str | None = None, free_text: str = "*", sort: str | None = None, page_size: int = PAGE
    ) -> Iterator[WorkflowSummary]:
        """Every workflow that a query finds, as a summary."""
        return each(lambda start: self.search(start, page_size, free_text, query, sort=sort), page_size)

    def search_v2(
        self,
        start: int = 0,
        size: int = PAGE,
        free_text: str = "*",
        query: str | None = None,
        sort: str | None = None,
        classifier: str | None = None,
        top_level_only: bool | None = None,
    ) -> SearchResultWorkflow:
        """One page of the workflows that a query finds, whole; `top_level_only` leaves sub-workflows out."""
        return self.workflowResourceApi.search_v2(
            start=start,
            size=size,
            free_text=free_text,
            query=query,
            sort=sort,
            classifier=classifier,
            top_level_only=top_level_only,
        )

    def find_workflows(
        self, query: str | None = None, free_text: str = "*", sort: str | None = None, page_size: int = PAGE
    ) -> Iterator[Workflow]:
        """Every workflow that a query finds, whole."""
        return each(lambda start: self.search_v2(start, page_size, free_text, query, sort), page_size)

    def search_by_tasks(
        self, start: int = 0, size: int = PAGE, free_text: str = "*", query: str | None = None, sort: str | None = None
    ) -> SearchResultWorkflowSummary:
        """One page of the workflows that have a task which a query on tasks finds, as summaries."""
        return self.workflowResourceApi.search_workflows_by_tasks(
            start=start, size=size, free_text=free_text, query=query, sort=sort
        )

    def find_by_tasks(
        self, query: str | None = None, free_text: str = "*", sort: str | None = None, page_size: int = PAGE
    ) -> Iterator[WorkflowSummary]:
        """Every workflow that has a task which a query on tasks finds, as a summary."""
        return each(lambda start: self.search_by_tasks(start, page_size, free_text, query, sort), page_size)

    def search_by_tasks_v2(
        self, start: int = 0, size: int = PAGE, free_text: str = "*", query: str | None = None, sort: str | None = None
    ) -> SearchResultWorkflow:
        """One page of the workflows that have a task which a query on tasks finds, whole."""
        return self.workflowResourceApi.search_workflows_by_tasks_v2(
            start=start, size=size, free_text=free_text, query=query, sort=sort
        )

    def get_running_workflows(
        self, name: str, version: int | None = None, start_time: int | None = None, end_time: int | None = None
    ) -> list[str]:
        """The ids of the running workflows of a name, or of those started within a span (epoch milliseconds)."""
        return self.workflowResourceApi.get_running_workflow(
            name, version=version, start_time=start_time, end_time=end_time
        )

    def get_by_correlation_id(
        self, workflow_name: str, correlation_id: str, include_completed: bool = False, include_tasks: bool = False
    ) -> list[Workflow]:
        """The workflows of a name with a correlation id; only running ones unless told otherwise."""
        return self.workflowResourceApi.get_workflows2(
            workflow_name, correlation_id, include_closed=include_completed or None, include_tasks=include_tasks or None
        )

    def get_by_correlation_ids(
        self,
        workflow_name: str,
        correlation_ids: list[str],
        include_completed: bool = False,
        include_tasks: bool = False,
    ) -> dict[str, list[Workflow]]:
        """The workflows of a name by correlation id; only running ones unless told otherwise."""
        return self.workflowResourceApi.get_workflows(
            correlation_ids,
            workflow_name,
            include_tasks=include_tasks or None,
            include_closed=include_completed or None,
        )

    def get_by_correlation_ids_in_batch(
        self,
        batch_request: CorrelationIdsSearchRequest,
        include_completed: bool = False,
        include_tasks: bool = False,
    ) -> dict[str, list[Workflow]]:
        """The workflows of several names by correlation id (Orkes servers)."""
        return self.workflowResourceApi.get_workflows1(
            batch_request, include_closed=include_completed or None, include_tasks=include_tasks or None
        )

    def get_workflow(self, workflow_id: str, include_tasks: bool | None = True) -> Workflow:
        """A workflow, with its tasks unless told otherwise."""
        return self.workflowResourceApi.get_execution_status(workflow_id, include_tasks=include_tasks)

    def get_workflow_tasks(
        self, workflow_id: str, start: int = 0, count: int = PAGE, status: list[str] | None = None
    ) -> SearchResultTask:
        """One page of a workflow's tasks, or of those in a status."""
        return self.workflowResourceApi.get_execution_status_task_list(
            workflow_id, start=start, count=count, status=status
        )

    def find_workflow_tasks(
        self, workflow_id: str, status: list[str] | None = None, page_size: int = PAGE
    ) -> Iterator[Task]:
        """Every task of a workflow, or those in a status."""
        return each(lambda start: self.get_workflow_tasks(workflow_id, start, page_size, status), page_size)

    def watch(self, workflow_id: str, longest_wait_seconds: float = WATCH_SECONDS) -> Iterator[WorkflowChange]:
        """A workflow's state now, then each change of it and of its tasks, until it has ended.

        It asks the server again and again, at most every `longest_wait_seconds` while nothing changes: what changes
        twice between two looks is seen once.
        """
        return watch(lambda: self.get_workflow(workflow_id), longest_wait_seconds)

    def wait_for_workflow(self, workflow_id: str, longest_wait_seconds: float = WATCH_SECONDS) -> Workflow:
        """The workflow when it has ended, well or not; see `watch`."""
        for change in self.watch(workflow_id, longest_wait_seconds):
            workflow = change.workflow
        return workflow
