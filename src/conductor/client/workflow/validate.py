"""What is wrong with a definition, before a server sees it.

The server checks less than this: references inside forks, cases and loops are not looked at, a fork without a join
fails when it runs. Here each finding names its place in the definition, and the near miss where there is one.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conductor.client.http.models.workflow_def import WorkflowDef
from conductor.client.http.models.workflow_task import WorkflowTask
from conductor.client.workflow.outline import walk

REFERENCE = re.compile(r"(?<!\$)\$\{\s*([A-Za-z0-9_<>#-]+)([^}]*)\}")
# What may stand before the first dot of `${...}` besides a task's reference name.
ALWAYS_THERE = frozenset({"workflow", "CPEWF_TASK_ID", "NETFLIX_ENV", "NETFLIX_STACK"})
WORKFLOW_PARTS = frozenset(
    {
        "input", "output", "status", "workflowId", "parentWorkflowId", "parentWorkflowTaskId", "workflowType",
        "version",
        "correlationId", "reasonForIncompletion", "schemaVersion", "variables", "secrets", "env",
    }
)  # fmt: skip
REQUIRED: dict[str, tuple[str, ...]] = {
    "SWITCH": ("evaluator_type", "expression", "decision_cases"),
    "FORK_JOIN": ("fork_tasks",),
    "DO_WHILE": ("loop_condition", "loop_over"),
    "SUB_WORKFLOW": ("sub_workflow_param",),
    "DYNAMIC": ("dynamic_task_name_param",),
    "EVENT": ("sink",),
}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: `str()` is a line for a reader."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class InvalidDefinition(ValueError):
    """A definition with findings; `findings` holds them."""

    def __init__(self, name: str | None, findings: list[Finding]) -> None:
        self.findings = findings
        super().__init__(f"workflow {name!r} is not valid:\n" + "\n".join(f"  {finding}" for finding in findings))


def near_miss(name: str, known: set[str] | frozenset[str]) -> str:
    """`; did you mean 'x'?` where a known name is close, else nothing."""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def validate(definition: WorkflowDef) -> list[Finding]:
    """Everything that is wrong with a definition, in the order of its tasks; an empty list for none."""
    findings: list[Finding] = []
    if not definition.name:
        findings.append(Finding("name", "a workflow must have a name"))
    if not definition.tasks:
        findings.append(Finding("tasks", "a workflow must have a task"))
    refs = {task.task_reference_name or "" for _, task in walk(definition.tasks)}
    seen: set[str] = set()
    for path, task in walk(definition.tasks):
        findings += _task(path, task, refs, seen)
    findings += _joins(definition.tasks or [], "tasks")
    findings += _references("outputParameters", definition.output_parameters, refs)
    return findings


def check(definition: WorkflowDef) -> None:
    """As `validate`, as an error.

    Raises:
        InvalidDefinition: there are findings.
    """
    if findings := validate(definition):
        raise InvalidDefinition(definition.name, findings)


def _task(path: str, task: WorkflowTask, refs: set[str], seen: set[str]) -> Iterator[Finding]:
    ref = task.task_reference_name
    if not task.name:
        yield Finding(f"{path}.name", "a task must have a name")
    if not ref:
        yield Finding(f"{path}.taskReferenceName", "a task must have a reference name")
    elif ref in seen:
        yield Finding(f"{path}.taskReferenceName", f"{ref!r} is taken by another task of this workflow")
    elif "__" in ref and "loopOver" in path:
        yield Finding(f"{path}.taskReferenceName", f"{ref!r}: the server uses `__` for the turns of a loop")
    seen.add(ref or "")
    for field in REQUIRED.get(task.type or "", ()):
        if not getattr(task, field):
            wire = WorkflowTask.attribute_map[field]
            yield Finding(f"{path}.{wire}", f"a {task.type} task must have it ({ref!r} does not)")
    for join in task.join_on or [] if task.type in ("JOIN", "EXCLUSIVE_JOIN") else []:
        if join not in refs:
            yield Finding(f"{path}.joinOn", f"{join!r} is no task of this workflow{near_miss(join, refs)}")
    yield from _references(f"{path}.inputParameters", task.input_parameters, refs)


def _joins(tasks: list[WorkflowTask], path: str) -> Iterator[Finding]:
    for index, task in enumerate(tasks):
        here, following = f"{path}[{index}]", tasks[index + 1] if index + 1 < len(tasks) else None
        if task.type in ("FORK_JOIN", "FORK_JOIN_DYNAMIC") and (following is None or following.type != "JOIN"):
            yield Finding(here, f"the fork {task.task_reference_name!r} must be followed by a JOIN")
        for name, case in (task.decision_cases or {}).items():
            yield from _joins(case or [], f"{here}.decisionCases.{name}")
        yield from _joins(task.default_case or [], f"{here}.defaultCase")
        for number, branch in enumerate(task.fork_tasks or []):
            yield from _joins(branch or [], f"{here}.forkTasks[{number}]")
        yield from _joins(task.loop_over or [], f"{here}.loopOver")


def _references(path: str, value: Any, refs: set[str]) -> Iterator[Finding]:
    if isinstance(value, str):
        for match in REFERENCE.finditer(value):
            head, rest = match.group(1), match.group(2)
            if head not in refs and head not in ALWAYS_THERE:
                message = f"{match.group(0)}: {head!r} is no task of this workflow"
                yield Finding(path, message + near_miss(head, refs | ALWAYS_THERE))
            part = re.match(r"\.([A-Za-z]+)", rest)
            if head == "workflow" and part and part.group(1) not in WORKFLOW_PARTS:
                message = f"{match.group(0)}: a workflow has no {part.group(1)!r}"
                yield Finding(path, message + near_miss(part.group(1), WORKFLOW_PARTS))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _references(f"{path}.{key}", item, refs)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _references(f"{path}[{index}]", item, refs)
