"""Tasks that workers poll: SIMPLE, types the engine does not know, and DYNAMIC ones named by their input."""

from __future__ import annotations

import msgspec

from conductor.engine.expressions import java_str
from conductor.engine.model import WorkflowTask
from conductor.engine.state import TaskRecord
from conductor.engine.tasks.base import TaskType
from conductor.engine.turn import Terminate, Turn


class Simple(TaskType):
    """A task for workers; they poll its name."""

    name = "SIMPLE"
    system = False

    def map(self, turn: Turn, node: WorkflowTask, iteration: int) -> list[TaskRecord]:
        return [worker_task(turn, node, iteration, task_type=node.name or "")]


class UserDefined(TaskType):
    """A type that is not the engine's: workers poll the type."""

    name = "USER_DEFINED"
    system = False

    def map(self, turn: Turn, node: WorkflowTask, iteration: int) -> list[TaskRecord]:
        return [worker_task(turn, node, iteration, task_type=node.type)]


class Dynamic(TaskType):
    """A task whose name, a worker's or a system task's, is in its input."""

    name = "DYNAMIC"
    system = False

    def map(self, turn: Turn, node: WorkflowTask, iteration: int) -> list[TaskRecord]:
        parameter = node.dynamic_task_name_param or ""
        inputs = turn.inputs(node)
        name = inputs.get(parameter)
        if name is None:
            raise Terminate(
                "Cannot map a dynamic task based on the parameter and input. "
                f"Parameter= {parameter}, input= {java_str(inputs)}"
            )
        # The server retries and times out such a task by the definition of the DYNAMIC node; ours is that of the task.
        definition = turn.world.task_def(java_str(name)) or node.task_definition
        node = msgspec.structs.replace(node, task_definition=definition, name=java_str(name))
        known = turn.world.system_type(node.name or "")
        if known is None:
            return [worker_task(turn, node, iteration, task_type=node.name or "")]
        tasks = known.map(turn, msgspec.structs.replace(node, type=node.name or ""), iteration)
        for task in tasks:
            task.workflow_task = task.workflow_task or node
        return tasks


def worker_task(turn: Turn, node: WorkflowTask, iteration: int, *, task_type: str) -> TaskRecord:
    """A task in a queue that workers poll."""
    task = turn.new_task(node, iteration, task_type=task_type, def_name=node.name, status="SCHEDULED")
    definition = node.task_definition
    if definition is not None:
        task.response_timeout = definition.response_timeout_seconds
        task.rate_limit = definition.rate_limit_per_frequency
        task.rate_window = definition.rate_limit_frequency_in_seconds
    task.start_delay = task.callback_after = node.start_delay
    return task
