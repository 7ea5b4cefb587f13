"""Written by hand for `TaskResult`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conductor.client.http import models

if TYPE_CHECKING:
    from typing_extensions import Self

    from conductor.client.http.models.task_exec_log import TaskExecLog
    from conductor.client.http.models.task_result_status import TaskResultStatus


class TaskResultMixin:
    """Helpers of `TaskResult`."""

    if TYPE_CHECKING:
        output_data: dict[str, Any] | None
        logs: list[TaskExecLog] | None
        status: TaskResultStatus | None
        reason_for_incompletion: str | None
    else:
        __slots__ = ()

    def add_output_data(self, key: str, value: Any) -> Self:
        """Put one value into the output."""
        if self.output_data is None:
            self.output_data = {}
        self.output_data[key] = value
        return self

    def log(self, log: str) -> Self:
        """Add a line to the task's log; it reaches the server with the result."""
        if self.logs is None:
            self.logs = []
        self.logs.append(models.TaskExecLog(log=log))
        return self

    @classmethod
    def complete(cls) -> Self:
        """A result that says COMPLETED."""
        return cls.new_task_result("COMPLETED")

    @classmethod
    def failed(cls, failure_reason: str | None = None) -> Self:
        """A result that says FAILED; the server retries it as the task's definition says."""
        result = cls.new_task_result("FAILED")
        result.reason_for_incompletion = failure_reason
        return result

    @classmethod
    def in_progress(cls) -> Self:
        """A result that says IN_PROGRESS: the server gives the task out again after `callback_after_seconds`."""
        return cls.new_task_result("IN_PROGRESS")

    @classmethod
    def new_task_result(cls, status: TaskResultStatus | str) -> Self:
        """A result with this status. Raises ValueError for a status that a worker cannot report."""
        result = cls()
        result.status = models.TaskResultStatus(status)
        return result
