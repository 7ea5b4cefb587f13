"""TERMINATE: end the workflow here."""

from __future__ import annotations

from enum import Enum

from conductor.client.workflow.task.task import TaskInterface
from conductor.client.workflow.task.task_type import TaskType


class WorkflowStatus(str, Enum):
    """A workflow's statuses; TERMINATE takes COMPLETED, FAILED and TERMINATED."""

    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    PAUSED = "PAUSED"
    RUNNING = "RUNNING"
    TERMINATED = "TERMINATED"
    TIMEOUT_OUT = "TIMED_OUT"


class TerminateTask(TaskInterface):
    """Ends the workflow with `status` and `termination_reason`; its output is the input `workflowOutput`."""

    def __init__(self, task_ref_name: str, status: WorkflowStatus | str, termination_reason: str) -> None:
        super().__init__(task_ref_name, TaskType.TERMINATE)
        self.input_parameters["terminationStatus"] = getattr(status, "value", status)
        self.input_parameters["terminationReason"] = termination_reason
