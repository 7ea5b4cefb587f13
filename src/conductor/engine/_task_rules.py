"""What the server requires of one task of a workflow definition, by its type; the messages are the server's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conductor.engine.expressions import java_str
from conductor.engine.model import WorkflowDef, WorkflowTask
from conductor.engine.schedule import InvalidDuration, InvalidUntil, parse_duration, parse_until
from conductor.engine.scripts import check_syntax

#: The inputTemplate of a registered task definition, by its name.
TemplateOf = Callable[[str], Mapping[str, Any]]


def broken_rules(task: WorkflowTask, template_of: TemplateOf) -> Iterator[str]:
    """What is wrong with a task's own fields, whatever it contains."""
    rules = _RULES.get(task.type)
    if rules is not None:
        yield from rules(task, template_of)


def _required(task: WorkflowTask, field: str) -> str:
    return f"{field} field is required for taskType: {task.type} taskName: {task.name}"


def _at_least_one(task: WorkflowTask, field: str) -> str:
    return f"{field} should have atleast one task for taskType: {task.type} taskName: {task.name}"


def _event(task: WorkflowTask, _: TemplateOf) -> Iterator[str]:
    if task.sink is None:
        yield _required(task, "sink")


def _switch(task: WorkflowTask, _: TemplateOf) -> Iterator[str]:
    if task.evaluator_type is None:
        yield _required(task, "evaluatorType")
    elif task.expression is None:
        yield _required(task, "expression")
    elif task.evaluator_type == "javascript":
        yield from _syntax(task, task.expression)
    if not task.decision_cases:
        yield _at_least_one(task, "decisionCases")


def _decision(task: WorkflowTask, _: TemplateOf) -> Iterator[str]:
    if task.case_value_param is None and task.case_expression is None:
        yield _required(task, "caseValueParam or caseExpression")
    if task.case_expression is not None:
        yield from _syntax(task, task.case_expression)
    if not task.decision_cases:
        yield _at_least_one(task, "decisionCases")


def _syntax(task: WorkflowTask, expression: str) -> Iterator[str]:
    error = check_syntax(expression)
    if error is not None:
        yield f"Expression is not well formatted: {error}, taskType: {task.type} taskName {task.name}"


def _dynamic(task: WorkflowTask, _: TemplateOf) -> Iterator[str]:
    if task.dynamic_task_name_param is None:
        yield _required(task, "dynamicTaskNameParam")


def _fork(task: WorkflowTask, _: TemplateOf) -> Iterator[str]:
    if not task.fork_tasks:
        yield _at_least_one(task, "forkTasks")


def _dynamic_fork(task: WorkflowTask, _: TemplateOf) -> Iterator[str]:
    tasks, inputs = task.dynamic_fork_tasks_param, task.dynamic_fork_tasks_input_param_name
    if task.dynamic_fork_join_tasks_param is not None:
        if tasks is not None or inputs is not None:
            yield (
                "dynamicForkJoinTasksParam or combination of dynamicForkTasksInputParamName and dynamicForkTasksParam "
                f"cam be used for taskType: {task.type} taskName: {task.name}"
            )
        return
    if "forkTaskInputs" in task.input_parameters:
        return
    if tasks is None:
        yield _required(task, "dynamicForkTasksParam")
    if inputs is None:
        yield _required(task, "dynamicForkTasksInputParamName")


def _http(task: WorkflowTask, template_of: TemplateOf) -> Iterator[str]:
    if not task.input_parameters.keys() & {"http_request", "uri", "method"} and not _in_template(
        task, "http_request", template_of
    ):
        yield _required(task, "inputParameters.http_request or inputParameters.uri")


def _kafka(task: WorkflowTask, template_of: TemplateOf) -> Iterator[str]:
    if "kafka_request" not in task.input_parameters and not _in_template(task, "kafka_request", template_of):
        yield _required(task, "inputParameters.kafka_request")


def _in_template(task: WorkflowTask, key: str, template_of: TemplateOf) -> bool:
    inline = task.task_definition.input_template if task.task_definition is not None else {}
    return key in inline or key in template_of(task.name or "")


def _do_while(task: WorkflowTask, _: TemplateOf) -> Iterator[str]:
    if task.loop_condition is None:
        yield _required(task, "loopCondition")
    if not task.loop_over:
        yield _required(task, "loopOver")


def _sub_workflow(task: WorkflowTask, _: TemplateOf) -> Iterator[str]:
    if task.sub_workflow_param is None:
        yield _required(task, "subWorkflowParam")
        return
    definition = task.sub_workflow_param.workflow_definition
    if isinstance(definition, str) and not (definition.startswith("${") and definition.endswith("}")):
        yield "workflowDefinition is a string, but not a valid DSL string"
    elif not isinstance(definition, (str, Mapping, WorkflowDef, type(None))):
        yield "workflowDefinition must be either null, or WorkflowDef, or a valid DSL string"


def _jq(task: WorkflowTask, _: TemplateOf) -> Iterator[str]:
    if "queryExpression" not in task.input_parameters:
        yield _required(task, "inputParameters.queryExpression")


def _terminate(task: WorkflowTask, _: TemplateOf) -> Iterator[str]:
    if task.optional:
        yield f"terminate task cannot be optional, taskName: {task.name}"
    if task.input_parameters.get("terminationStatus") not in ("COMPLETED", "FAILED", "TERMINATED"):
        yield (
            "terminate task must have an terminationStatus parameter and must be set to COMPLETED or FAILED, "
            f"taskName: {task.name}"
        )


def _wait(task: WorkflowTask, _: TemplateOf) -> Iterator[str]:
    duration, until = (_text(task.input_parameters.get(name)) for name in ("duration", "until"))
    if duration.strip() and until.strip():
        yield "Both 'duration' and 'until' specified. Please provide only one input"
    elif duration and not duration.startswith("${"):
        try:
            parse_duration(duration)
        except InvalidDuration:
            yield "Either date or duration is passed as null "
    elif until and not until.startswith("${"):
        try:
            parse_until(until)
        except InvalidUntil:
            yield "Unable to parse date "


def _text(value: Any) -> str:
    return "" if value is None else java_str(value)


_RULES: dict[str, Callable[[WorkflowTask, TemplateOf], Iterator[str]]] = {
    "EVENT": _event,
    "SWITCH": _switch,
    "DECISION": _decision,
    "DYNAMIC": _dynamic,
    "FORK_JOIN": _fork,
    "FORK_JOIN_DYNAMIC": _dynamic_fork,
    "HTTP": _http,
    "KAFKA_PUBLISH": _kafka,
    "DO_WHILE": _do_while,
    "SUB_WORKFLOW": _sub_workflow,
    "JSON_JQ_TRANSFORM": _jq,
    "TERMINATE": _terminate,
    "WAIT": _wait,
}
