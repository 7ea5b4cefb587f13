"""PULL_WORKFLOW_MESSAGES: take messages that were sent to the workflow."""

from __future__ import annotations

from conductor.client.workflow.task.task import TaskInterface
from conductor.client.workflow.task.task_type import TaskType


class PullWorkflowMessagesTask(TaskInterface):
    """Waits for messages and takes up to `batch_size` (1 to 100) of them: `output("messages")`."""

    def __init__(self, task_ref_name: str, batch_size: int = 1) -> None:
        super().__init__(task_ref_name, TaskType.PULL_WORKFLOW_MESSAGES)
        self.input_parameters["batchSize"] = batch_size
