"""Written by hand for `Task`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conductor.client.http import models

if TYPE_CHECKING:
    from conductor.client.http.models.task_result import TaskResult
    from conductor.client.http.models.task_result_status import TaskResultStatus


class TaskMixin:
    """Helpers of `Task`."""

    if TYPE_CHECKING:
        task_id: str | None
        workflow_instance_id: str | None
        worker_id: str | None
    else:
        __slots__ = ()

    def to_task_result(self, status: TaskResultStatus | str = "COMPLETED") -> TaskResult:
        """A result for this task, with the task's identifiers and the status filled in."""
        return models.TaskResult(
            task_id=self.task_id,
            workflow_instance_id=self.workflow_instance_id,
            worker_id=self.worker_id,
            status=models.TaskResultStatus(status),
        )
