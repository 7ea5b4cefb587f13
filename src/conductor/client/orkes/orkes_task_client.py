"""Tasks: poll, report, look."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

from conductor.client.http.models.external_storage_location import ExternalStorageLocation
from conductor.client.http.models.poll_data import PollData
from conductor.client.http.models.search_result_task import SearchResultTask
from conductor.client.http.models.search_result_task_summary import SearchResultTaskSummary
from conductor.client.http.models.signal_response import SignalResponse
from conductor.client.http.models.task import Task
from conductor.client.http.models.task_exec_log import TaskExecLog
from conductor.client.http.models.task_result import TaskResult
from conductor.client.http.models.task_summary import TaskSummary
from conductor.client.http.models.workflow import Workflow
from conductor.client.orkes._paging import PAGE, each
from conductor.client.orkes.orkes_base_client import OrkesBaseClient


def as_output(output: Any) -> dict[str, Any]:
    """A task's output is an object: any other value goes under `result`."""
    return output if isinstance(output, dict) else {"result": output}


class OrkesTaskClient(OrkesBaseClient):
    """Everything about tasks (`/tasks`)."""

    def poll_task(self, task_type: str, worker_id: str | None = None, domain: str | None = None) -> Task | None:
        """Take one task of a type, None where there is none."""
        return self.taskResourceApi.poll(task_type, workerid=worker_id, domain=domain)

    def batch_poll_tasks(
        self,
        task_type: str,
        worker_id: str | None = None,
        count: int | None = None,
        timeout_in_millisecond: int | None = None,
        domain: str | None = None,
    ) -> list[Task]:
        """Take up to `count` tasks, waiting up to the timeout (at most 5,000 ms) for the first."""
        return self.taskResourceApi.batch_poll(
            task_type, workerid=worker_id, count=count, timeout=timeout_in_millisecond, domain=domain
        )

    def get_task(self, task_id: str) -> Task:
        """A task by its id."""
        return self.taskResourceApi.get_task(task_id)

    def update_task(self, task_result: TaskResult) -> str:
        """Report a result; the task's id. A task that has ended stays as it is."""
        return self.taskResourceApi.update_task(task_result)

    def update_task_v2(self, task_result: TaskResult) -> Task | None:
        """Report a result and take the next task of the same type, None where there is none."""
        return self.taskResourceApi.update_task_v2(task_result)

    def update_task_by_ref_name(
        self, workflow_id: str, task_ref_name: str, status: str, output: Any, worker_id: str | None = None
    ) -> str:
        """Report on the open task of a reference name; its id, empty where there is none."""
        return self.taskResourceApi.update_task1(
            as_output(output), workflow_id, task_ref_name, status, workerid=worker_id or socket.gethostname()
        )

    def update_task_sync(
        self, workflow_id: str, task_ref_name: str, status: str, output: Any, worker_id: str | None = None
    ) -> Workflow:
        """As `update_task_by_ref_name`, and give the workflow as it is then."""
        return self.taskResourceApi.update_task_sync(
            as_output(output), workflow_id, task_ref_name, status, workerid=worker_id or socket.gethostname()
        )

    def signal_workflow_task(
        self, workflow_id: str, status: str, output: Any = None, return_strategy: str | None = None
    ) -> SignalResponse:
        """Complete the task that a workflow waits at (WAIT), and wait for what comes of it."""
        return self.taskResourceApi.signal_workflow_task_sync(
            workflow_id, status, as_output(output or {}), return_strategy=return_strategy
        )

    def signal_workflow_task_async(self, workflow_id: str, status: str, output: Any = None) -> None:
        """Complete the task that a workflow waits at (WAIT)."""
        self.taskResourceApi.signal_workflow_task_async(workflow_id, status, as_output(output or {}))

    def add_task_log(self, task_id: str, log_message: str) -> None:
        """Add a line to a task's log."""
        self.taskResourceApi.log(log_message, task_id)

    def get_task_logs(self, task_id: str) -> list[TaskExecLog]:
        """A task's log."""
        return self.taskResourceApi.get_task_logs(task_id) or []

    def get_external_storage_location(self, path: str, operation: str, payload_type: str) -> ExternalStorageLocation:
        """Where a task's payload is stored outside the server.

        Args:
            path: the path that a task names, empty for a new payload.
            operation: READ or WRITE.
            payload_type: TASK_INPUT or TASK_OUTPUT.
        """
        return self.taskResourceApi.get_external_storage_location(path, operation, payload_type)

    def search(
        self, start: int = 0, size: int = PAGE, free_text: str = "*", query: str | None = None, sort: str | None = None
    ) -> SearchResultTaskSummary:
        """One page of the tasks that a query finds."""
        return self.taskResourceApi.search1(start=start, size=size, sort=sort, free_text=free_text, query=query)

    def find(
        self, query: str | None = None, free_text: str = "*", sort: str | None = None, page_size: int = PAGE
    ) -> Iterator[TaskSummary]:
        """Every task that a query finds, as a summary; pages are fetched as they are needed."""
        return each(lambda start: self.search(start, page_size, free_text, query, sort), page_size)

    def search_v2(
        self, start: int = 0, size: int = PAGE, free_text: str = "*", query: str | None = None, sort: str | None = None
    ) -> SearchResultTask:
        """One page of the tasks that a query finds, whole."""
        return self.taskResourceApi.search_v21(start=start, size=size, sort=sort, free_text=free_text, query=query)

    def find_tasks(
        self, query: str | None = None, free_text: str = "*", sort: str | None = None, page_size: int = PAGE
    ) -> Iterator[Task]:
        """Every task that a query finds, whole; pages are fetched as they are needed."""
        return each(lambda start: self.search_v2(start, page_size, free_text, query, sort), page_size)

    # Queues

    def get_queue_size_for_task(self, task_type: str) -> int:
        """How many tasks of a type wait for a worker."""
        sizes: dict[str, int] = self.taskResourceApi.size(task_type=[task_type])
        return sizes.get(task_type, 0)

    def get_task_queue_size(
        self,
        task_type: str,
        domain: str | None = None,
        isolation_group_id: str | None = None,
        execution_namespace: str | None = None,
    ) -> int:
        """How many tasks of a type wait for a worker of a domain."""
        return self.taskResourceApi.task_depth(
            task_type, domain=domain, isolation_group_id=isolation_group_id, execution_namespace=execution_namespace
        )

    def get_queue_sizes(self) -> dict[str, int]:
        """How many tasks wait, by the name of their queue."""
        return self.taskResourceApi.all()

    def get_queue_details(self) -> dict[str, dict[str, dict[str, int]]]:
        """How many tasks wait and how many are being executed, by queue and shard."""
        return self.taskResourceApi.all_verbose()

    def requeue_pending_tasks(self, task_type: str) -> str:
        """Put the tasks of a type that wait for a worker into their queue again; how many, as text."""
        return self.taskResourceApi.requeue_pending_task(task_type)

    def get_task_poll_data(self, task_type: str) -> list[PollData]:
        """Who polled for a type, and when last."""
        return self.taskResourceApi.get_poll_data(task_type)

    def get_all_poll_data(self) -> list[PollData]:
        """Who polled for any type, and when last."""
        return self.taskResourceApi.get_all_poll_data()
