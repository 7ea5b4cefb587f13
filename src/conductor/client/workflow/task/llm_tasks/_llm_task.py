"""What the tasks for models and vector databases share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conductor.client.workflow.task.task import TaskInterface
from conductor.client.workflow.task.task_type import TaskType

if TYPE_CHECKING:
    from typing_extensions import Self


class LlmTask(TaskInterface):
    """A task whose constructor's arguments are its input, those that are None left out."""

    def __init__(self, task_ref_name: str, task_type: TaskType, task_name: str) -> None:
        super().__init__(task_ref_name, task_type, task_name=task_name)

    def prompt_variables(self, variables: dict[str, Any]) -> Self:
        """Set variables of the prompt."""
        self.input_parameters.setdefault("promptVariables", {}).update(variables)
        return self

    def prompt_variable(self, variable: str, value: Any) -> Self:
        """Set one variable of the prompt."""
        return self.prompt_variables({variable: value})

    def _say(self, **inputs: Any) -> None:
        self.input_parameters.update({key: value for key, value in inputs.items() if value is not None})
