"""DO_WHILE: loops."""

from __future__ import annotations

from collections.abc import Sequence

from conductor.client.http.models.workflow_task import WorkflowTask
from conductor.client.workflow.task.task import TaskInterface, as_list, get_task_interface_list_as_workflow_task_list
from conductor.client.workflow.task.task_type import TaskType


def get_for_loop_condition(task_ref_name: str, iterations: int) -> str:
    """The JavaScript condition of a loop of that many turns."""
    return f"if ( $.{task_ref_name}.iteration < {iterations} ) {{ true; }} else {{ false; }}"


class DoWhileTask(TaskInterface):
    """Runs `tasks`, and again while `termination_condition` (JavaScript on the loop's input and outputs) is true."""

    def __init__(
        self, task_ref_name: str, termination_condition: str, tasks: TaskInterface | Sequence[TaskInterface]
    ) -> None:
        super().__init__(task_ref_name, TaskType.DO_WHILE)
        self._condition = termination_condition
        self._tasks = as_list(tasks)

    def to_workflow_task(self) -> WorkflowTask:
        task = super().to_workflow_task()
        task.loop_condition = self._condition
        task.loop_over = get_task_interface_list_as_workflow_task_list(*self._tasks)
        return task


class LoopTask(DoWhileTask):
    """Runs `tasks` a fixed number of times."""

    def __init__(self, task_ref_name: str, iterations: int, tasks: TaskInterface | Sequence[TaskInterface]) -> None:
        super().__init__(task_ref_name, get_for_loop_condition(task_ref_name, iterations), tasks)


class ForEachTask(DoWhileTask):
    """Runs `tasks` once for each item of the list that `iterate_over` names.

    The item and its index are `${ref.output.loopItem}` and `${ref.output.loopIndex}`.

    Args:
        task_ref_name: its reference name.
        tasks: the body.
        iterate_over: an expression that gives a list, e.g. `${workflow.input.orders}`.
        variables: input keys that the body may read as `${ref.input.KEY}`; each takes the workflow's variable of that
            name.
    """

    def __init__(
        self,
        task_ref_name: str,
        tasks: TaskInterface | Sequence[TaskInterface],
        iterate_over: str,
        variables: list[str] | None = None,
    ) -> None:
        # The server runs a loop over a list while there are items and the condition is true.
        super().__init__(task_ref_name, "true", tasks)
        self._iterate_over = iterate_over
        for name in variables or []:
            self.input_parameters[name] = f"${{workflow.variables.{name}}}"

    def to_workflow_task(self) -> WorkflowTask:
        task = super().to_workflow_task()
        task.items = self._iterate_over
        return task
