"""JSON_JQ_TRANSFORM: jq on the server."""

from __future__ import annotations

from conductor.client.workflow.task.task import TaskInterface
from conductor.client.workflow.task.task_type import TaskType


class JsonJQTask(TaskInterface):
    """Applies the jq program `script` to the task's input; `output("result")` is its first result."""

    def __init__(self, task_ref_name: str, script: str) -> None:
        super().__init__(task_ref_name, TaskType.JSON_JQ_TRANSFORM)
        self.input_parameters["queryExpression"] = script
