"""INLINE under its other name, with the result at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conductor.client.workflow.task.task import TaskInterface
from conductor.client.workflow.task.task_type import TaskType

if TYPE_CHECKING:
    from typing_extensions import Self


class JavascriptTask(TaskInterface):
    """Evaluates `script` with `bindings` as `$`; `output(path)` reads the result."""

    def __init__(self, task_ref_name: str, script: str, bindings: dict[str, Any] | None = None) -> None:
        super().__init__(task_ref_name, TaskType.INLINE)
        self.input_parameters.update({"evaluatorType": "javascript", "expression": script, **(bindings or {})})

    def output(self, json_path: str | None = None) -> str:
        """A reference to the result, or to the part of it at `json_path`."""
        return super().output(f"result.{json_path}" if json_path else "result")

    def evaluator_type(self, evaluator_type: str) -> Self:
        """Which evaluator reads the script, e.g. `graaljs`."""
        self.input_parameters["evaluatorType"] = evaluator_type
        return self
