"""Written by hand for `SignalResponse`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from typing_extensions import Self

_WORKFLOW_FIELDS = (
    "workflowId", "status", "tasks", "createdBy", "createTime", "updateTime", "input", "output", "variables",
    "priority", "targetWorkflowId", "targetWorkflowStatus",
)  # fmt: skip
_TASK_FIELDS = (
    "taskId", "taskType", "taskDefName", "workflowType", "referenceTaskName", "retryCount", "status", "workflowId",
    "input", "output", "priority", "createTime", "updateTime",
)  # fmt: skip


class SignalResponseMixin:
    """Helpers of `SignalResponse`: which of its forms it has, and what is in it."""

    if TYPE_CHECKING:
        response_type: Any
        workflow_id: str | None
        target_workflow_status: str | None
        status: str | None
        input: dict[str, Any] | None
        task_type: str | None
        reference_task_name: str | None
        tasks: list[dict[str, Any]] | None
    else:
        __slots__ = ()

    def is_target_workflow(self) -> bool:
        """Whether it holds the workflow that was started or signalled."""
        return bool(self.response_type == "TARGET_WORKFLOW")

    def is_blocking_workflow(self) -> bool:
        """Whether it holds the workflow, perhaps a sub-workflow, that waits."""
        return bool(self.response_type == "BLOCKING_WORKFLOW")

    def is_blocking_task(self) -> bool:
        """Whether it holds the task that waits."""
        return bool(self.response_type == "BLOCKING_TASK")

    def is_blocking_task_input(self) -> bool:
        """Whether it holds the task that waits, asked for because of its input."""
        return bool(self.response_type == "BLOCKING_TASK_INPUT")

    def get_workflow(self) -> dict[str, Any] | None:
        """The workflow's fields by their JSON names; None if this is about a task."""
        return self._pick(_WORKFLOW_FIELDS) if self.is_target_workflow() or self.is_blocking_workflow() else None

    def get_blocking_task(self) -> dict[str, Any] | None:
        """The task's fields by their JSON names; None if this is about a workflow."""
        return self._pick(_TASK_FIELDS) if self.is_blocking_task() or self.is_blocking_task_input() else None

    def get_task_input(self) -> dict[str, Any] | None:
        """The input of the task that waits; None unless it was asked for."""
        return (self.input or {}) if self.is_blocking_task_input() else None

    def _pick(self, names: tuple[str, ...]) -> dict[str, Any]:
        fields = self.to_dict()
        return {name: fields.get(name) for name in names}

    def get_all_tasks(self) -> list[dict[str, Any]]:
        """All tasks of the workflow, by their JSON names."""
        return self.tasks or []

    def get_task_by_reference_name(self, ref_name: str) -> dict[str, Any] | None:
        """The task with this reference name."""
        return next((task for task in self.get_all_tasks() if task.get("referenceTaskName") == ref_name), None)

    def get_tasks_by_status(self, status: str) -> list[dict[str, Any]]:
        """All tasks in this state."""
        return [task for task in self.get_all_tasks() if task.get("status") == status]

    def get_in_progress_task(self) -> dict[str, Any] | None:
        """The first task in progress."""
        return next(iter(self.get_tasks_by_status("IN_PROGRESS")), None)

    def get_completed_tasks(self) -> list[dict[str, Any]]:
        """All completed tasks."""
        return self.get_tasks_by_status("COMPLETED")

    def get_failed_tasks(self) -> list[dict[str, Any]]:
        """All failed tasks."""
        return self.get_tasks_by_status("FAILED")

    def get_task_chain(self) -> list[str]:
        """Reference names of the tasks in the order of their execution."""
        ordered = sorted(self.get_all_tasks(), key=lambda task: task.get("seq", 0))
        return [task.get("referenceTaskName", f"task_{index}") for index, task in enumerate(ordered)]

    def get_response_summary(self) -> str:
        """One line on what this is."""
        if self.is_target_workflow() or self.is_blocking_workflow():
            status = self.target_workflow_status if self.is_target_workflow() else self.status
            return f"{self.response_type}: {self.workflow_id} ({status}) - {len(self.get_all_tasks())} tasks"
        if self.is_blocking_task() or self.is_blocking_task_input():
            return f"{self.response_type}: {self.task_type} ({self.reference_task_name}) - {self.status}"
        return f"UNKNOWN_RESPONSE_TYPE: {self.response_type}"

    def print_summary(self) -> None:
        """Write the one line to standard output."""
        sys.stdout.write(self.get_response_summary() + "\n")

    def print_tasks_summary(self) -> None:
        """Write one line a task to standard output."""
        for task in self.get_all_tasks():
            name, kind, status = (task.get(key, "UNKNOWN") for key in ("referenceTaskName", "taskType", "status"))
            sys.stdout.write(f"{name} ({kind}): {status}\n")

    def get_full_json(self) -> str:
        """All of it as JSON text."""
        return json.dumps(self.to_dict(), indent=2)

    def save_to_file(self, filename: str) -> None:
        """Write all of it as JSON text into a file."""
        Path(filename).write_text(self.get_full_json(), encoding="utf-8")

    def to_dict(self) -> dict[str, Any]:
        """The fields that are there, by their JSON names (as in conductor-python, unlike the other models)."""
        result: dict[str, Any] = msgspec.to_builtins(self)
        return result

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Make one from the fields by their JSON names."""
        return msgspec.convert(data, cls)

    from_api_response = from_dict
