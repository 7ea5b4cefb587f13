"""Use cases of workers and of those who watch the queues."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conductor.engine.core import Core
from conductor.engine.errors import NotYet
from conductor.engine.model import (
    PollData,
    Task,
    TaskExecLog,
    TaskResult,
    Workflow,
)
from conductor.engine.pending import PendingAnswer


class Tasks(Core):
    """Polling, updating and signalling tasks (`/tasks`)."""

    def poll(
        self, task_type: str, worker_id: str | None = None, domain: str | None = None, count: int = 1
    ) -> list[Task]:
        """Hand out up to `count` tasks that are due now (`GET /tasks/poll/{tasktype}`, `/tasks/poll/batch/{tasktype}`).

        Returns at once. A long poll calls again when `on_push` calls back or its time is over.
        """
        raise NotYet

    def on_push(self, task_type: str, domain: str | None, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` (once) when a task of that queue becomes due; returns a function that cancels it."""
        raise NotYet

    def update_task(self, result: TaskResult) -> str:
        """Take a worker's result (`POST /tasks`); returns the task's id. A late one is ignored.

        Raises ValidationFailed (missing ids), NotFound.
        """
        raise NotYet

    def update_task_v2(self, result: TaskResult) -> Task | None:
        """Take a result and hand out the next task of the same kind, if any (`POST /tasks/update-v2`)."""
        raise NotYet

    def update_task_by_ref(
        self, workflow_id: str, task_ref: str, status: str, output: dict[str, Any] | None, worker_id: str | None = None
    ) -> str | None:
        """Update the open task of that reference name (`POST /tasks/{workflowId}/{taskRefName}/{status}`).

        Returns its id, None where there is no such task or workflow.
        """
        raise NotYet

    def update_task_by_ref_sync(
        self, workflow_id: str, task_ref: str, status: str, output: dict[str, Any] | None, worker_id: str | None = None
    ) -> Workflow:
        """The same, answering with the workflow (`.../sync`). Raises NotFound."""
        raise NotYet

    def signal(self, workflow_id: str, status: str, output: dict[str, Any] | None) -> None:
        """Complete the first open WAIT (`POST /tasks/{workflowId}/{status}/signal`), nothing where none waits.

        Raises NotFound (no such workflow).
        """
        raise NotYet

    def signal_sync(
        self, workflow_id: str, status: str, output: dict[str, Any] | None, return_strategy: str = "TARGET_WORKFLOW"
    ) -> PendingAnswer:
        """The same, answering when the workflow ends or blocks again (`.../signal/sync`). Raises NotFound."""
        raise NotYet

    def get_task(self, task_id: str) -> Task:
        """`GET /tasks/{taskId}`. Raises NotFound."""
        raise NotYet

    def add_task_log(self, task_id: str, log: str) -> None:
        """`POST /tasks/{taskId}/log`."""
        raise NotYet

    def get_task_logs(self, task_id: str) -> list[TaskExecLog]:
        """`GET /tasks/{taskId}/log`, oldest first."""
        raise NotYet

    def queue_size(
        self,
        task_type: str,
        domain: str | None = None,
        isolation_group_id: str | None = None,
        execution_namespace: str | None = None,
    ) -> int:
        """`GET /tasks/queue/size`."""
        raise NotYet

    def queue_sizes(self, task_types: list[str]) -> dict[str, int]:
        """`GET /tasks/queue/sizes`."""
        raise NotYet

    def all_queue_sizes(self) -> dict[str, int]:
        """Sizes by queue, sorted (`GET /tasks/queue/all`)."""
        raise NotYet

    def all_queue_details(self) -> dict[str, dict[str, dict[str, int]]]:
        """`{queue: {"a": {"size", "uacked"}}}` (`GET /tasks/queue/all/verbose`)."""
        raise NotYet

    def get_poll_data(self, task_type: str | None = None) -> list[PollData]:
        """Who polled (`GET /tasks/queue/polldata`, None: `/polldata/all`)."""
        raise NotYet

    def requeue_pending_tasks(self, task_type: str) -> int:
        """`POST /tasks/queue/requeue/{taskType}`; returns how many."""
        raise NotYet

    def get_pending_tasks(self, task_type: str, start: int = 0, count: int = 100) -> list[Task]:
        """`GET /admin/task/{tasktype}`."""
        raise NotYet
