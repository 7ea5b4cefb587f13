"""SUB_WORKFLOW: a workflow as a task of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conductor.client.http.models.sub_workflow_params import SubWorkflowParams
from conductor.client.http.models.workflow_task import WorkflowTask
from conductor.client.workflow.task.task import TaskInterface
from conductor.client.workflow.task.task_type import TaskType

if TYPE_CHECKING:
    from conductor.client.workflow.conductor_workflow import ConductorWorkflow


class SubWorkflowTask(TaskInterface):
    """Runs a registered workflow, in its latest version where none is given; its tasks go to the domains of
    `task_to_domain_map`.
    """

    def __init__(
        self,
        task_ref_name: str,
        workflow_name: str,
        version: int | None = None,
        task_to_domain_map: dict[str, str] | None = None,
    ) -> None:
        super().__init__(task_ref_name, TaskType.SUB_WORKFLOW)
        self._params = SubWorkflowParams(name=workflow_name, version=version, task_to_domain=task_to_domain_map)

    def to_workflow_task(self) -> WorkflowTask:
        task = super().to_workflow_task()
        task.sub_workflow_param = self._params
        return task


class InlineSubWorkflowTask(TaskInterface):
    """Runs a workflow that is not registered: its definition travels with the task."""

    def __init__(self, task_ref_name: str, workflow: ConductorWorkflow) -> None:
        super().__init__(task_ref_name, TaskType.SUB_WORKFLOW)
        self._workflow = workflow

    def to_workflow_task(self) -> WorkflowTask:
        task = super().to_workflow_task()
        definition = self._workflow.to_workflow_def()
        task.sub_workflow_param = SubWorkflowParams(
            name=definition.name, version=definition.version, workflow_definition=definition
        )
        return task
