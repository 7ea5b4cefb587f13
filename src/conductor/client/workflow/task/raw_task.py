"""A task given as it stands in a definition: for what no class of the DSL says."""

from __future__ import annotations

import copy
from typing import Any

import msgspec

from conductor.client.http.models.workflow_task import WorkflowTask
from conductor.client.workflow.task.task import TaskInterface
from conductor.client.workflow.task.task_type import TaskType


class RawTask(TaskInterface):
    """A workflow task as JSON (a dict with the wire's names) or as the model."""

    def __init__(self, definition: WorkflowTask | dict[str, Any]) -> None:
        task = definition if isinstance(definition, WorkflowTask) else msgspec.convert(definition, WorkflowTask)
        if not task.task_reference_name:
            raise ValueError(f"a task must have a taskReferenceName, this one has none: {definition!r}")
        super().__init__(task.task_reference_name, TaskType.USER_DEFINED, task_name=task.name)
        self._definition = task

    def to_workflow_task(self) -> WorkflowTask:
        return copy.deepcopy(self._definition)
