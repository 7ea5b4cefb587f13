"""FORK_JOIN: branches that run side by side."""

from __future__ import annotations

from collections.abc import Sequence

from conductor.client.http.models.workflow_task import WorkflowTask
from conductor.client.workflow.task.join_task import JoinTask
from conductor.client.workflow.task.task import TaskInterface, as_list, get_task_interface_list_as_workflow_task_list
from conductor.client.workflow.task.task_type import TaskType


def get_join_task(task_reference_name: str) -> str:
    """The reference name of the join that belongs to a fork."""
    return task_reference_name + "_join"


class ForkTask(TaskInterface):
    """Runs each branch of `forked_tasks`, a list of lists of tasks.

    With `join_on` its join waits for just those; without, for the last task of each branch, unless a JoinTask
    follows. Branches may hold forks of their own.
    """

    def __init__(
        self,
        task_ref_name: str,
        forked_tasks: Sequence[TaskInterface | Sequence[TaskInterface]],
        join_on: list[str] | None = None,
    ) -> None:
        super().__init__(task_ref_name, TaskType.FORK_JOIN)
        self._branches = [as_list(branch) for branch in forked_tasks]
        self._join_on = join_on

    def to_workflow_task(self) -> WorkflowTask:
        task = super().to_workflow_task()
        task.fork_tasks = [get_task_interface_list_as_workflow_task_list(*branch) for branch in self._branches]
        task.join_on = [ref for branch in task.fork_tasks if branch and (ref := branch[-1].task_reference_name)]
        return task

    def to_workflow_tasks(self) -> list[WorkflowTask]:
        tasks = [self.to_workflow_task()]
        if self._join_on is not None:
            tasks.append(JoinTask(get_join_task(self.task_reference_name), self._join_on).to_workflow_task())
        return tasks
