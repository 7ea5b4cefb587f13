"""INLINE: JavaScript on the server."""

from __future__ import annotations

from typing import Any

from conductor.client.workflow.task.task import TaskInterface
from conductor.client.workflow.task.task_type import TaskType


class InlineTask(TaskInterface):
    """Evaluates `script` with `bindings` as `$`; the value is `output("result")`."""

    def __init__(self, task_ref_name: str, script: str, bindings: dict[str, Any] | None = None) -> None:
        super().__init__(task_ref_name, TaskType.INLINE)
        self.input_parameters.update({"evaluatorType": "javascript", "expression": script, **(bindings or {})})
