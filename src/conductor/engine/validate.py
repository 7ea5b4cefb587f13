"""Rules that definitions and requests keep, with the server's messages and paths.

Each `check_*` raises ValidationFailed with everything that is wrong. `where` begins the paths of its errors; the server
names the method that was called there, so each endpoint has its own (`registerTaskDef.arg0[0].name`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conductor.engine._task_rules import TemplateOf, broken_rules
from conductor.engine.errors import FieldError, InvalidInput, ValidationFailed
from conductor.engine.expressions import InvalidPath, compile_path
from conductor.engine.expressions.substitution import SYSTEM_NAMES
from conductor.engine.model import (
    EventHandler,
    StartWorkflowRequest,
    TaskDef,
    TaskResult,
    WorkflowDef,
    WorkflowTask,
)

__all__ = [
    "Surroundings",
    "check_event_handler",
    "check_ids",
    "check_start_by_name",
    "check_start_request",
    "check_task_def",
    "check_task_defs",
    "check_task_result",
    "check_workflow_def",
    "check_workflow_defs",
]

MAX_PRIORITY = 99
MAX_BULK = 1000
Errors = Iterator[FieldError]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a workflow definition may lean on.

    Args:
        environment: names of the variables that `${NAME}` finds.
        template_of: the inputTemplate of a registered task definition, by name.
    """

    environment: Collection[str] = field(default_factory=frozenset)
    template_of: TemplateOf = lambda _: {}


NOTHING_AROUND = Surroundings()


def check_task_defs(definitions: Sequence[TaskDef], where: str = "registerTaskDef.arg0") -> None:
    """Check the definitions of `POST /metadata/taskdefs`."""
    if not definitions:
        raise ValidationFailed([FieldError(where, "TaskDefList is empty")])
    _raise(error for at, definition in enumerate(definitions) for error in _task_def(definition, f"{where}[{at}]"))


def check_task_def(definition: TaskDef, where: str = "updateTaskDef.arg0") -> None:
    """Check one task definition."""
    _raise(_task_def(definition, where))


def check_workflow_defs(
    definitions: Sequence[WorkflowDef],
    where: str = "updateWorkflowDef.arg0",
    surroundings: Surroundings = NOTHING_AROUND,
) -> None:
    """Check the definitions of `PUT /metadata/workflow`."""
    if not definitions:
        raise ValidationFailed([FieldError(where, "WorkflowDefList is empty")])
    _raise(
        error
        for at, definition in enumerate(definitions)
        for error in _workflow_def(definition, f"{where}[{at}]", surroundings)
    )


def check_workflow_def(
    definition: WorkflowDef, where: str = "registerWorkflowDef.arg0", surroundings: Surroundings = NOTHING_AROUND
) -> None:
    """Check one workflow definition; `validateWorkflowDef.arg0` is where `POST /metadata/workflow/validate` says."""
    _raise(_workflow_def(definition, where, surroundings))


def check_start_request(
    request: StartWorkflowRequest, where: str = "startWorkflow.arg0", surroundings: Surroundings = NOTHING_AROUND
) -> None:
    """Check a request to start a workflow, its inline definition included; raises InvalidInput for an empty name."""
    _raise(_start_request(request, where, surroundings))
    if not request.name and request.workflow_def is None:
        raise InvalidInput("Workflow name must be specified when searching for a definition")


def check_start_by_name(priority: int) -> None:
    """Check the priority of `POST /workflow/{name}`."""
    if priority > MAX_PRIORITY:
        raise ValidationFailed(
            [_broken("startWorkflow.arg3", f"{MAX_PRIORITY} is the maximum priority value", priority)]
        )
    if priority < 0:
        raise ValidationFailed([_broken("startWorkflow.arg3", "0 is the minimum priority value", priority)])


def check_task_result(result: TaskResult, where: str = "updateTask.arg0") -> None:
    """Check that a task result says whose it is."""
    _raise(
        _broken(f"{where}.{name}", message, value)
        for name, value, message in (
            ("workflowInstanceId", result.workflow_instance_id, "Workflow Id cannot be null or empty"),
            ("taskId", result.task_id, "Task ID cannot be null or empty"),
        )
        if not value
    )


def check_event_handler(handler: EventHandler, where: str = "addEventHandler.arg0") -> None:
    """Check an event handler; `updateEventHandler.arg0` is where `PUT /event` says."""
    _raise(_event_handler(handler, where))


def check_ids(ids: Collection[str], where: str) -> None:
    """Check the ids of a bulk request; `where` is like `pauseWorkflow.arg0`."""
    if not ids:
        raise ValidationFailed([FieldError(where, "WorkflowIds list cannot be null.")])
    if len(ids) > MAX_BULK:
        message = f"Cannot process more than {MAX_BULK} workflows. Please use multiple requests."
        raise ValidationFailed([FieldError(where, message)])


def _raise(errors: Errors) -> None:
    found = list(errors)
    if found:
        raise ValidationFailed(found)


def _broken(path: str, message: str, value: str | int | None) -> FieldError:
    return FieldError(path, message, None if value is None else str(value))


def _task_def(definition: TaskDef, where: str) -> Errors:
    if not definition.name:
        yield _broken(f"{where}.name", "TaskDef name cannot be null or empty", definition.name)
    for name, value in (
        ("retryCount", definition.retry_count),
        ("pollTimeoutSeconds", definition.poll_timeout_seconds or 0),
        ("maxRetryDelaySeconds", definition.max_retry_delay_seconds),
        ("backoffJitterMs", definition.backoff_jitter_ms),
        ("totalTimeoutSeconds", definition.total_timeout_seconds),
    ):
        if value < 0:
            yield _broken(f"{where}.{name}", f"TaskDef {name}: 0 must be >= 0", value)
    if definition.backoff_scale_factor < 1:
        message = "Backoff scale factor. Applicable for LINEAR_BACKOFF"
        yield _broken(f"{where}.backoffScaleFactor", message, definition.backoff_scale_factor)
    yield from _task_timeouts(definition, where)


def _task_timeouts(definition: TaskDef, where: str) -> Errors:
    name, response = definition.name, definition.response_timeout_seconds
    timeout, total = definition.timeout_seconds, definition.total_timeout_seconds
    if response < 1:
        message = f"TaskDef responseTimeoutSeconds: {response} should be minimum 1 second"
        yield _broken(f"{where}.responseTimeoutSeconds", message, response)
    if 0 < timeout < response:
        message = f"TaskDef: {name} responseTimeoutSeconds: {response} must be less than timeoutSeconds: {timeout}"
        yield FieldError(where, message)
    if 0 < total < timeout:
        message = (
            f"TaskDef: {name} timeoutSeconds: {timeout} must be less than or equal to totalTimeoutSeconds: {total}"
        )
        yield FieldError(where, message)


def _start_request(request: StartWorkflowRequest, where: str, surroundings: Surroundings) -> Errors:
    if request.name is None:
        yield FieldError(f"{where}.name", "Workflow name cannot be null or empty")
    priority = request.priority or 0
    if priority > MAX_PRIORITY:
        yield _broken(f"{where}.priority", f"priority: {priority} should be maximum {MAX_PRIORITY}", priority)
    if priority < 0:
        yield _broken(f"{where}.priority", f"priority: {priority} should be minimum 0", priority)
    if request.workflow_def is not None:
        yield from _workflow_def(request.workflow_def, f"{where}.workflowDef", surroundings)


def _event_handler(handler: EventHandler, where: str) -> Errors:
    if not handler.name:
        yield _broken(f"{where}.name", "Missing event handler name", handler.name)
    if not handler.event:
        yield _broken(f"{where}.event", "Missing event location", handler.event)
    if not handler.actions:
        yield FieldError(f"{where}.actions", "No actions specified. Please specify at-least one action")


# --- workflow definitions ------------------------------------------------------------------------------------------


def _workflow_def(definition: WorkflowDef, where: str, surroundings: Surroundings) -> Errors:
    if not definition.name:
        yield _broken(f"{where}.name", "WorkflowDef name cannot be null or empty", definition.name)
    if definition.schema_version != 2:
        message = "workflowDef schemaVersion: 2 is only supported"
        yield _broken(f"{where}.schemaVersion", message, definition.schema_version)
    if not definition.tasks:
        yield FieldError(f"{where}.tasks", "WorkflowTask list cannot be empty")
    for at, task in enumerate(definition.tasks):
        yield from _task(task, f"{where}.tasks[{at}]", surroundings)
    references = [task.task_reference_name for task in _all_tasks(definition.tasks)]
    yield from _repeated(definition, references, where)
    for task in definition.tasks:
        for message in _parameters(task, frozenset(filter(None, references)), surroundings.environment):
            yield FieldError(where, message)


def _task(task: WorkflowTask, where: str, surroundings: Surroundings) -> Errors:
    """A task and those in its branches; the server does not look into loops, and neither does this but for `__`."""
    if not task.name:
        yield _broken(f"{where}.name", "WorkflowTask name cannot be empty or null", task.name)
    if not task.task_reference_name:
        message = "WorkflowTask taskReferenceName name cannot be empty or null"
        yield _broken(f"{where}.taskReferenceName", message, task.task_reference_name)
    if task.start_delay < 0:
        yield _broken(f"{where}.startDelay", "must be greater than or equal to 0", task.start_delay)
    for message in broken_rules(task, surroundings.template_of):
        yield FieldError(where, message)
    for inner in _all_tasks(task.loop_over):
        if "__" in (inner.task_reference_name or ""):
            message = f"taskReferenceName: {inner.task_reference_name} must not contain '__' in loopOver of {task.name}"
            yield FieldError(where, message)
    for branch, path in _branches(task, where):
        for at, inner in enumerate(branch):
            yield from _task(inner, f"{path}[{at}]", surroundings)


def _branches(task: WorkflowTask, where: str) -> Iterator[tuple[list[WorkflowTask], str]]:
    for case, branch in task.decision_cases.items():
        yield branch, f"{where}.decisionCases[{case}].<map value>"
    yield task.default_case, f"{where}.defaultCase"
    for at, branch in enumerate(task.fork_tasks):
        yield branch, f"{where}.forkTasks[{at}].<list element>"


def _all_tasks(tasks: Sequence[WorkflowTask]) -> Iterator[WorkflowTask]:
    """The tasks and all inside them, in the order in which a reader meets them."""
    waiting = list(reversed(tasks))
    while waiting:
        task = waiting.pop()
        yield task
        branches = [*task.decision_cases.values(), task.default_case, *task.fork_tasks, task.loop_over]
        waiting.extend(inner for branch in reversed(branches) for inner in reversed(branch))


def _repeated(definition: WorkflowDef, references: Sequence[str | None], where: str) -> Errors:
    seen: set[str] = set()
    told: set[str] = set()
    for reference in references:
        if reference and reference in seen and reference not in told:
            told.add(reference)
            message = (
                f"taskReferenceName: {reference} should be unique across tasks for a given workflowDefinition: "
                f"{definition.name}"
            )
            yield FieldError(where, message)
        seen.add(reference or "")


# Where the server cuts a value to find its expressions; nested ones are cut apart, the outer one then ends nowhere.
_CUTS = re.compile(r"(?=(?<!\$)\$\{)|(?<=\})")


def _parameters(task: WorkflowTask, references: Collection[str], environment: Collection[str]) -> Iterator[str]:
    """What is wrong with the expressions in a task's inputParameters."""
    for key, value in _texts(task.input_parameters):
        for piece in _CUTS.split(value):
            if piece.startswith("${") and piece.endswith("}"):
                yield from _expression(task, key, value, piece[2:-1], references, environment)


def _texts(parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """All strings with `${` of a map, at any depth, each with the key nearest to it."""
    waiting: list[tuple[str, Any]] = list(parameters.items())[::-1]
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, str):
            if "${" in value:
                yield key, value
        elif isinstance(value, Mapping):
            waiting.extend(list(value.items())[::-1])
        elif isinstance(value, list):
            waiting.extend((key, item) for item in reversed(value))


def _expression(
    task: WorkflowTask, key: str, value: str, path: str, references: Collection[str], environment: Collection[str]
) -> Iterator[str]:
    try:
        if not path.strip():
            raise InvalidPath(path)
        compile_path(path)
    except InvalidPath:
        yield f"key: {key} input parameter value: {path} is not valid"
        return
    root = path.split(".", 1)[0]
    if root == "workflow" or root in references or path in SYSTEM_NAMES or path in environment:
        return
    yield (
        f"taskReferenceName: {root} for given task: {task.name} input value: {key} of input parameter: {value} "
        "is not defined in workflow definition."
    )
