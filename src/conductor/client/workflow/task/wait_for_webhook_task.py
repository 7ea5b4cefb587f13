"""WAIT_FOR_WEBHOOK: until a matching call arrives (Orkes servers)."""

from __future__ import annotations

from typing import Any

from conductor.client.workflow.task.task import TaskInterface
from conductor.client.workflow.task.task_type import TaskType


class WaitForWebHookTask(TaskInterface):
    """Waits for a webhook whose body `matches`: JSONPath to expected value."""

    def __init__(self, task_ref_name: str, matches: dict[str, Any]) -> None:
        super().__init__(task_ref_name, TaskType.WAIT_FOR_WEBHOOK)
        self.input_parameters["matches"] = matches


def wait_for_webhook(task_ref_name: str, matches: dict[str, Any], task_def_name: str | None = None) -> TaskInterface:
    """A `WaitForWebHookTask`, with a task definition of its own where one is named."""
    task = WaitForWebHookTask(task_ref_name, matches)
    if task_def_name is not None:
        task.name = task_def_name
    return task
