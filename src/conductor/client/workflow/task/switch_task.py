"""SWITCH: one of several cases."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING

from conductor.client.http.models.workflow_task import WorkflowTask
from conductor.client.workflow.task.task import TaskInterface, as_list, get_task_interface_list_as_workflow_task_list
from conductor.client.workflow.task.task_type import TaskType

if TYPE_CHECKING:
    from typing_extensions import Self

CASE_PARAMETER = "switchCaseValue"


class EvaluatorType(str, Enum):
    """How a server reads the expression. All servers know `javascript`; older ones do not know `graaljs`."""

    JAVASCRIPT = "javascript"
    ECMASCRIPT = "graaljs"
    VALUE_PARAM = "value-param"


class SwitchTask(TaskInterface):
    """Runs the case whose name equals the value of `case_expression`, else the default case.

    Args:
        task_ref_name: its reference name.
        case_expression: a `${...}` expression, or JavaScript on `$` with `use_javascript`.
        use_javascript: which of the two.
    """

    def __init__(self, task_ref_name: str, case_expression: str, use_javascript: bool = False) -> None:
        super().__init__(task_ref_name, TaskType.SWITCH)
        self._cases: dict[str, list[TaskInterface]] = {}
        self._default: list[TaskInterface] | None = None
        if use_javascript:
            self.evaluator_type = EvaluatorType.JAVASCRIPT
            self.expression = case_expression
        else:
            self.evaluator_type = EvaluatorType.VALUE_PARAM
            self.expression = CASE_PARAMETER
            self.input_parameters[CASE_PARAMETER] = case_expression

    def switch_case(self, case_name: str, tasks: TaskInterface | Sequence[TaskInterface]) -> Self:
        """What runs when the value is `case_name`."""
        self._cases[case_name] = as_list(tasks)
        return self

    def default_case(self, tasks: TaskInterface | Sequence[TaskInterface]) -> Self:
        """What runs when no case fits."""
        self._default = as_list(tasks)
        return self

    def to_workflow_task(self) -> WorkflowTask:
        task = super().to_workflow_task()
        cases = {name: get_task_interface_list_as_workflow_task_list(*tasks) for name, tasks in self._cases.items()}
        task.decision_cases = cases
        task.default_case = get_task_interface_list_as_workflow_task_list(*(self._default or []))
        return task
