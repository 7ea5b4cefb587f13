"""FORK_JOIN_DYNAMIC: branches that are known only when the workflow gets there."""

from __future__ import annotations

from typing import Any

import msgspec

from conductor.engine import wire
from conductor.engine.expressions import java_str
from conductor.engine.model import SubWorkflowParams, WorkflowTask
from conductor.engine.state import TaskRecord
from conductor.engine.tasks.base import TaskType
from conductor.engine.tasks.fork import fork_task
from conductor.engine.turn import Terminate, Turn

#: a fork of more branches would not fit the store's numbering by far, nor anybody's patience
MAX_BRANCHES = 100_000


class ForkJoinDynamic(TaskType):
    """Gives the FORK itself, one task for each branch, and the JOIN."""

    name = "FORK_JOIN_DYNAMIC"

    def map(self, turn: Turn, node: WorkflowTask, iteration: int) -> list[TaskRecord]:
        fork = fork_task(turn, node, iteration)
        branches = _branches(turn, node, fork.input, iteration)
        if len(branches) > MAX_BRANCHES:
            raise Terminate(f"Dynamic fork of {len(branches)} tasks; at most {MAX_BRANCHES} are allowed")
        join = turn.execution.definition.next(node.task_reference_name or "")
        if join is None or join.type != "JOIN":
            raise Terminate("Dynamic join definition is not followed by a join task.  Check the workflow definition.")
        tasks, refs, seen = [fork], [], set()
        for branch in branches:
            mapped = turn.map(branch, iteration)
            for task in mapped:
                if task.ref in seen:
                    raise Terminate(_duplicate(turn, node, task.base_ref))
                seen.add(task.ref)
            tasks += mapped
            if mapped:
                refs.append(mapped[-1].base_ref)
        fork.input = {
            **fork.input,
            "forkedTaskDefs": branches,
            "forkedTasks": [b.task_reference_name for b in branches],
        }
        joins = turn.map(join, iteration)
        for task in joins:
            task.input = {**task.input, "joinOn": refs}
        return tasks + joins


def _duplicate(turn: Turn, node: WorkflowTask, ref: str) -> str:
    record = turn.execution.record
    workflow = f"{record.name}.{record.version}/{record.workflow_id}"
    return (
        f"No dynamic tasks could be created for the Workflow: {workflow}, Dynamic Fork Task: "
        f"{node.task_reference_name} attempted to create a duplicate task reference name: {ref}"
    )


def _branches(turn: Turn, node: WorkflowTask, inputs: dict[str, Any], iteration: int) -> list[WorkflowTask]:
    """The tasks that are forked, from whichever of the three styles of input there is."""
    elements = inputs.get("forkTaskInputs")
    if isinstance(elements, list):
        branches = _from_elements(turn, node, inputs, elements)
    elif node.dynamic_fork_tasks_param:
        branches = _from_definitions(node, inputs)
    else:
        branches = _from_pairs(node, inputs)
    for branch in branches:
        if branch.task_definition is None:
            turn.world.fill(branch)
    return branches


def _from_elements(turn: Turn, node: WorkflowTask, inputs: dict[str, Any], elements: list[Any]) -> list[WorkflowTask]:
    """One task, or one sub-workflow, for each element of a list."""
    kind = java_str(inputs.get("forkTaskType") or "SIMPLE")
    default = kind if turn.world.system_type(kind) else node.task_reference_name
    name = java_str(inputs.get("forkTaskName") or default)
    workflow, version = inputs.get("forkTaskWorkflow"), inputs.get("forkTaskWorkflowVersion")
    earlier = any(t.task_type == "FORK" and "forkedTasks" in t.input for t in turn.execution.tasks)
    prefix = f"_{node.task_reference_name}_{name}" if earlier else f"_{name}"
    branches = []
    for index, element in enumerate(elements):
        branch = _element_task(element)
        branch.name, branch.task_reference_name, branch.type = name, f"{prefix}_{index}", kind
        given = element if isinstance(element, dict) else {"input": element}
        branch.input_parameters = {**given, "__index": index}
        branch.optional = branch.optional or node.optional
        if workflow is not None:
            branch.type = "SUB_WORKFLOW"
            branch.name = java_str(inputs.get("forkTaskName") or workflow)
            branch.sub_workflow_param = SubWorkflowParams(
                name=java_str(workflow),
                version=int(version) if version is not None and str(version).isdigit() else None,
                task_to_domain=given.get("taskToDomain"),
            )
        branches.append(branch)
    return branches


def _element_task(element: Any) -> WorkflowTask:
    """An element may carry members of a task, such as `optional`."""
    if isinstance(element, dict):
        try:
            return wire.convert(element, WorkflowTask)
        except msgspec.ValidationError:
            pass  # members of the same names that mean something else to the task
    return WorkflowTask()


def _from_definitions(node: WorkflowTask, inputs: dict[str, Any]) -> list[WorkflowTask]:
    """A list of task definitions, and their inputs by reference name."""
    parameter = node.dynamic_fork_tasks_param or ""
    given, task_inputs = inputs.get(parameter), inputs.get(node.dynamic_fork_tasks_input_param_name or "")
    invalid = f"Input '{parameter}' is invalid. Cannot deserialize a list of Workflow Tasks from '{java_str(given)}'"
    try:
        branches = wire.convert(msgspec.to_builtins(given), list[WorkflowTask])
    except msgspec.ValidationError as error:
        raise Terminate(invalid) from error
    if given is None or not all(branch.task_reference_name for branch in branches):
        raise Terminate(invalid)
    if not isinstance(task_inputs, dict):
        raise Terminate(
            "Input to the dynamically forked tasks is not a map -> expecting a map of K,V  but found "
            f"{java_str(task_inputs)}"
        )
    for branch in branches:
        own = task_inputs.get(branch.task_reference_name or "")
        if isinstance(own, dict):
            branch.input_parameters = {**branch.input_parameters, **own}
    return branches


def _from_pairs(node: WorkflowTask, inputs: dict[str, Any]) -> list[WorkflowTask]:
    """The oldest style: `{dynamicTasks: [{taskName, referenceName, type, input}]}`."""
    parameter = node.dynamic_fork_join_tasks_param or ""
    given = inputs.get(parameter)
    listed = given.get("dynamicTasks") if isinstance(given, dict) else None
    if not isinstance(listed, list):
        raise Terminate(
            f"Dynamic tasks could not be created. The value of {parameter} from task's input {java_str(inputs)} "
            "has no dynamic tasks to be scheduled"
        )
    return [
        WorkflowTask(
            name=pair.get("taskName"),
            task_reference_name=pair.get("referenceName"),
            type=pair.get("type") or "SIMPLE",
            input_parameters=pair.get("input") or {},
        )
        for pair in listed
        if isinstance(pair, dict)
    ]
