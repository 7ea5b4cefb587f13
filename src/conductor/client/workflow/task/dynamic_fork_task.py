"""FORK_JOIN_DYNAMIC: the branches are found out when the fork is scheduled."""

from __future__ import annotations

from conductor.client.http.models.workflow_task import WorkflowTask
from conductor.client.workflow.task.join_task import JoinTask
from conductor.client.workflow.task.task import TaskInterface
from conductor.client.workflow.task.task_type import TaskType


class DynamicForkTask(TaskInterface):
    """Runs the tasks that its input lists.

    Args:
        task_ref_name: its reference name.
        tasks_param: the input key that holds the list of tasks.
        tasks_input_param_name: the input key that holds, by reference name, the input of each.
        join_task: the join behind it; one that joins all where left out.
    """

    def __init__(
        self,
        task_ref_name: str,
        tasks_param: str = "dynamicTasks",
        tasks_input_param_name: str = "dynamicTasksInputs",
        join_task: JoinTask | None = None,
    ) -> None:
        super().__init__(task_ref_name, TaskType.FORK_JOIN_DYNAMIC)
        self.tasks_param = tasks_param
        self.tasks_input_param_name = tasks_input_param_name
        self._join_task = join_task

    def to_workflow_task(self) -> WorkflowTask:
        task = super().to_workflow_task()
        task.dynamic_fork_tasks_param = self.tasks_param
        task.dynamic_fork_tasks_input_param_name = self.tasks_input_param_name
        return task

    def to_workflow_tasks(self) -> list[WorkflowTask]:
        return [self.to_workflow_task(), *(self._join_task.to_workflow_tasks() if self._join_task else [])]
