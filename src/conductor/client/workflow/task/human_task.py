"""HUMAN: somebody has to do it."""

from __future__ import annotations

from enum import Enum

from conductor.client.workflow.task.task import TaskInterface
from conductor.client.workflow.task.task_type import TaskType


class AssignmentCompletionStrategy(str, Enum):
    """What becomes of the task when its assignments run out."""

    LEAVE_OPEN = "LEAVE_OPEN"
    TERMINATE = "TERMINATE"


class TriggerType(str, Enum):
    """What may trigger something on a human task."""

    ASSIGNED = "ASSIGNED"
    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    TIMED_OUT = "TIMED_OUT"
    ASSIGNEE_CHANGED = "ASSIGNEE_CHANGED"


class HumanTask(TaskInterface):
    """Waits until a person completes it, by the task API or, on Orkes servers, in a form."""

    def __init__(
        self,
        task_ref_name: str,
        display_name: str | None = None,
        form_template: str | None = None,
        form_version: int = 0,
        assignment_completion_strategy: AssignmentCompletionStrategy = AssignmentCompletionStrategy.LEAVE_OPEN,
    ) -> None:
        super().__init__(task_ref_name, TaskType.HUMAN)
        self.input_parameters["__humanTaskDefinition"] = {
            "assignmentCompletionStrategy": AssignmentCompletionStrategy(assignment_completion_strategy).value,
            "displayName": display_name,
            "userFormTemplate": {"name": form_template, "version": form_version},
        }
