"""JOIN: wait for branches."""

from __future__ import annotations

from conductor.client.http.models.workflow_task import WorkflowTask
from conductor.client.workflow.task.task import TaskInterface
from conductor.client.workflow.task.task_type import TaskType


class JoinTask(TaskInterface):
    """Ends when the tasks named in `join_on` have ended; where the server can, when `join_on_script`
    (JavaScript) says so.
    """

    def __init__(self, task_ref_name: str, join_on: list[str] | None = None, join_on_script: str | None = None) -> None:
        super().__init__(task_ref_name, TaskType.JOIN)
        self._join_on = join_on
        if join_on_script is not None:
            self.evaluator_type = "js"
            self.expression = join_on_script

    def to_workflow_task(self) -> WorkflowTask:
        task = super().to_workflow_task()
        task.join_on = self._join_on
        return task
