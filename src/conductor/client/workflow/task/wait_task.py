"""WAIT: for a time, until a date, or for a signal."""

from __future__ import annotations

from conductor.client.workflow.task.task import TaskInterface
from conductor.client.workflow.task.task_type import TaskType


class WaitTask(TaskInterface):
    """Waits until a date (`yyyy-MM-dd HH:mm z`) or for some seconds; with neither, until it is completed from outside.

    Raises:
        ValueError: both are given.
    """

    def __init__(self, task_ref_name: str, wait_until: str | None = None, wait_for_seconds: int | None = None) -> None:
        super().__init__(task_ref_name, TaskType.WAIT)
        if wait_until is not None and wait_for_seconds is not None:
            raise ValueError(f"WaitTask {task_ref_name!r}: give wait_until or wait_for_seconds, not both")
        if wait_until is not None:
            self.input_parameters["until"] = wait_until
        if wait_for_seconds is not None:
            self.input_parameters["duration"] = f"{wait_for_seconds}s"


class WaitForDurationTask(WaitTask):
    """Waits for some seconds."""

    def __init__(self, task_ref_name: str, duration_time_seconds: int) -> None:
        super().__init__(task_ref_name, wait_for_seconds=duration_time_seconds)


class WaitUntilTask(WaitTask):
    """Waits until a date."""

    def __init__(self, task_ref_name: str, date_time: str) -> None:
        super().__init__(task_ref_name, wait_until=date_time)
