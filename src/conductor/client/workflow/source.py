"""The way back: a definition, for instance a registered one, as source code of the DSL.

Each task is first built with the class that fits its type; where the built one does not say all that the definition
says, the task is written as a `RawTask`. So running the source gives the same definition.
"""

from __future__ import annotations

import keyword
import pprint
import re
from collections.abc import Callable
from typing import Any

import msgspec

from conductor.client.http.models.workflow_def import WorkflowDef
from conductor.client.http.models.workflow_task import WorkflowTask
from conductor.client.workflow.conductor_workflow import ConductorWorkflow
from conductor.client.workflow.task.do_while_task import DoWhileTask
from conductor.client.workflow.task.dynamic_fork_task import DynamicForkTask
from conductor.client.workflow.task.fork_task import ForkTask
from conductor.client.workflow.task.join_task import JoinTask
from conductor.client.workflow.task.raw_task import RawTask
from conductor.client.workflow.task.simple_task import SimpleTask
from conductor.client.workflow.task.sub_workflow_task import SubWorkflowTask
from conductor.client.workflow.task.switch_task import EvaluatorType, SwitchTask
from conductor.client.workflow.task.task import TaskInterface

MODULES = {
    "DoWhileTask": "do_while_task",
    "DynamicForkTask": "dynamic_fork_task",
    "ForkTask": "fork_task",
    "JoinTask": "join_task",
    "RawTask": "raw_task",
    "SimpleTask": "simple_task",
    "SubWorkflowTask": "sub_workflow_task",
    "SwitchTask": "switch_task",
}


def from_workflow_def(definition: WorkflowDef | dict[str, Any] | str | bytes) -> str:
    """Python source that builds the definition.

    Args:
        definition: the model, its JSON, or JSON that was read.

    Returns:
        A module that defines `workflow`, a `ConductorWorkflow` without an executor.

    Raises:
        msgspec.ValidationError: it is no workflow definition.
    """
    if isinstance(definition, (str, bytes)):
        definition = msgspec.json.decode(definition, type=WorkflowDef)
    elif isinstance(definition, dict):
        definition = msgspec.convert(definition, WorkflowDef)
    return _Writer().module(definition)


class _Writer:
    """Collects statements, and the classes that they use."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.classes: set[str] = set()
        self.names: set[str] = {"workflow"}

    def module(self, definition: WorkflowDef) -> str:
        variables = self.sequence(definition.tasks or [])[0]
        head = ["from conductor.client.workflow.conductor_workflow import ConductorWorkflow"]
        for name in sorted(self.classes, key=lambda n: MODULES[n]):
            head.append(f"from conductor.client.workflow.task.{MODULES[name]} import {name}")
        version = f", version={definition.version}" if definition.version is not None else ""
        about = f", description={definition.description!r}" if definition.description is not None else ""
        workflow = [f"workflow = ConductorWorkflow(None, {definition.name!r}{version}{about})", *_settings(definition)]
        added = [f"workflow.add([{', '.join(variables)}])"] if variables else []
        return "\n".join([*head, "", *self.lines, "", *workflow, *added]) + "\n"

    def sequence(self, tasks: list[WorkflowTask]) -> tuple[list[str], list[TaskInterface]]:
        """Write a list of tasks; their variables, and the tasks as built."""
        variables, built = [], []
        for task in tasks:
            made, write = self.build(task)
            if _plain(made) != _plain(task):
                made, write = _raw(task)
            self.classes.add(type(made).__name__)
            name = self.variable(task.task_reference_name or "task")
            self.lines.append(write(name))
            self.lines += _attributes(name, made, task)
            variables.append(name)
            built.append(made)
        return variables, built

    def build(self, task: WorkflowTask) -> tuple[TaskInterface, Callable[[str], str]]:
        """The task by the class of its type, and how its statement is written."""
        make = getattr(self, f"_{(task.type or 'SIMPLE').lower()}", None)
        if make is None:
            return _raw(task)
        made, write = make(task, task.task_reference_name or "")
        for attribute, value in _set_afterwards(task).items():
            setattr(made, attribute, value)
        return made, write

    def _simple(self, task: WorkflowTask, ref: str) -> Any:
        return SimpleTask(task.name or ref, ref), lambda v: f"{v} = SimpleTask({task.name!r}, {ref!r})"

    def _join(self, task: WorkflowTask, ref: str) -> Any:
        return JoinTask(ref, task.join_on), lambda v: f"{v} = JoinTask({ref!r}, {task.join_on!r})"

    def _sub_workflow(self, task: WorkflowTask, ref: str) -> Any:
        params = task.sub_workflow_param
        arguments = (params.name or "", params.version, params.task_to_domain) if params else ("", None, None)
        given = ", ".join(repr(a) for a in (ref, *arguments))
        return SubWorkflowTask(ref, *arguments), lambda v: f"{v} = SubWorkflowTask({given})"

    def _fork_join_dynamic(self, task: WorkflowTask, ref: str) -> Any:
        params = (task.dynamic_fork_tasks_param or "", task.dynamic_fork_tasks_input_param_name or "")
        given = ", ".join(repr(a) for a in (ref, *params))
        return DynamicForkTask(ref, *params), lambda v: f"{v} = DynamicForkTask({given})"

    def _fork_join(self, task: WorkflowTask, ref: str) -> Any:
        branches = [self.sequence(branch) for branch in task.fork_tasks or []]
        lists = ", ".join(f"[{', '.join(names)}]" for names, _ in branches)
        return ForkTask(ref, [built for _, built in branches]), lambda v: f"{v} = ForkTask({ref!r}, [{lists}])"

    def _do_while(self, task: WorkflowTask, ref: str) -> Any:
        names, built = self.sequence(task.loop_over or [])
        condition = task.loop_condition or ""
        text = f"DoWhileTask({ref!r}, {condition!r}, [{', '.join(names)}])"
        return DoWhileTask(ref, condition, built), lambda v: f"{v} = {text}"

    def _switch(self, task: WorkflowTask, ref: str) -> Any:
        javascript = task.evaluator_type == EvaluatorType.JAVASCRIPT.value
        parameter = (task.input_parameters or {}).get(task.expression or "", "")
        expression = (task.expression or "") if javascript else parameter
        made = SwitchTask(ref, expression, javascript)
        text = f"SwitchTask({ref!r}, {expression!r}" + (", True)" if javascript else ")")
        for case, tasks in (task.decision_cases or {}).items():
            names, built = self.sequence(tasks)
            made.switch_case(case, built)
            text += f".switch_case({case!r}, [{', '.join(names)}])"
        if task.default_case:
            names, built = self.sequence(task.default_case)
            made.default_case(built)
            text += f".default_case([{', '.join(names)}])"
        return made, lambda v: f"{v} = {text}"

    def variable(self, ref: str) -> str:
        """A free variable name like the reference name."""
        stem = re.sub(r"\W", "_", ref) or "task"
        stem = f"t_{stem}" if stem[0].isdigit() or keyword.iskeyword(stem) else stem
        name = stem
        for n in range(2, len(self.names) + 3):
            if name not in self.names:
                break
            name = f"{stem}_{n}"
        self.names.add(name)
        return name


def _raw(task: WorkflowTask) -> tuple[TaskInterface, Callable[[str], str]]:
    return RawTask(task), lambda name: f"{name} = RawTask({_literal(_builtins(task))})"


def _set_afterwards(task: WorkflowTask) -> dict[str, Any]:
    """What every class takes as an attribute, where the definition says it."""
    said = {"name": task.name, "description": task.description, "optional": task.optional}
    return {
        **{key: value for key, value in said.items() if value is not None},
        **({"input_parameters": dict(task.input_parameters)} if task.input_parameters else {}),
    }


def _attributes(name: str, made: TaskInterface, task: WorkflowTask) -> list[str]:
    """Statements for the attributes that the constructor has not set."""
    if isinstance(made, RawTask):
        return []
    fresh = {"name": task.task_reference_name, "description": None, "optional": None}
    if isinstance(made, SimpleTask):
        fresh["name"] = task.name
    return [
        f"{name}.{attribute} = {_literal(value)}"
        for attribute, value in _set_afterwards(task).items()
        if attribute == "input_parameters" or fresh.get(attribute) != value
    ]


def _builtins(task: WorkflowTask) -> Any:
    return msgspec.to_builtins(task)


def _plain(task: WorkflowTask | TaskInterface) -> Any:
    """A task for comparison: without what means nothing."""
    model = task.to_workflow_task() if isinstance(task, TaskInterface) else task
    return _without_empty(_builtins(model))


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _without_empty(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in (None, False, 0, [], {})}
    if isinstance(value, list):
        return [_without_empty(item) for item in value]
    return value


def _literal(value: Any) -> str:
    return pprint.pformat(value, width=110, sort_dicts=False)


CALLS = {
    "timeout_seconds": "timeout_seconds",
    "timeout_policy": "timeout_policy",
    "owner_email": "owner_email",
    "failure_workflow": "failure_workflow",
    "restartable": "restartable",
    "input_parameters": "input_parameters",
    "output_parameters": "output_parameters",
    "input_template": "input_template",
    "variables": "variables",
}


def _settings(definition: WorkflowDef) -> list[str]:
    """Calls for everything that a new `ConductorWorkflow` would not say by itself."""
    fresh = ConductorWorkflow(None, definition.name or "workflow").to_workflow_def()
    lines = []
    for field, method in CALLS.items():
        value = getattr(definition, field)
        value = getattr(value, "value", value)
        if value != getattr(fresh, field) and value not in (None, [], {}):
            lines.append(f"workflow.{method}({_literal(value)})")
    if definition.workflow_status_listener_enabled:
        lines.append(f"workflow.enable_status_listener({(definition.workflow_status_listener_sink or True)!r})")
    return lines
