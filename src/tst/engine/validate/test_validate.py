"""Rules of definitions and requests, against recorded answers of the real server."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.engine import validate
from conductor.engine.errors import InvalidInput, ValidationFailed
from conductor.engine.model import EventHandler, StartWorkflowRequest, TaskDef, TaskResult, WorkflowDef, WorkflowTask

CASES = json.loads((Path(__file__).parents[2] / "corpora" / "validation.json").read_text())["cases"]
SURROUNDINGS = validate.Surroundings(environment={"HOME"})
PRIORITY = "startWorkflow.arg0.priority"


def holds_null_collection(body: Any) -> bool:
    """Nulls where a list or map is due are the wire's business."""
    text = json.dumps(body)
    return any(f'"{name}": null' in text for name in ("inputTemplate", "inputParameters", "outputParameters", "joinOn"))


def broken(check: Callable[[], None]) -> list[dict[str, str]]:
    try:
        check()
    except ValidationFailed as failed:
        return [
            {"path": error.path, "message": error.message}
            | ({} if error.invalid_value is None else {"invalidValue": error.invalid_value})
            for error in failed.errors
        ]
    return []


def validate_workflow(body: Any) -> None:
    validate.check_workflow_def(msgspec.convert(body, WorkflowDef), "validateWorkflowDef.arg0", SURROUNDINGS)


@pytest.mark.parametrize(
    ("kind", "body", "errors"),
    [case for case in CASES if not holds_null_collection(case[1])],
    ids=lambda value: json.dumps(value)[:80] if isinstance(value, dict) else None,
)
def test_a_definition_breaks_the_rules_that_it_breaks_on_the_real_server(kind: str, body: Any, errors: Any) -> None:
    """Paths, messages and values are the server's; their order is nobody's."""
    if kind == "TD":
        found = broken(lambda: validate.check_task_defs([msgspec.convert(body, TaskDef)]))
    else:
        found = broken(lambda: validate_workflow(body))

    assert sorted(found, key=json.dumps) == sorted(errors, key=json.dumps)


tasks = st.recursive(
    st.fixed_dictionaries({"name": st.sampled_from(["", "a"]), "taskReferenceName": st.text("ab_", max_size=3)}),
    lambda inner: st.fixed_dictionaries(
        {
            "name": st.just("x"),
            "taskReferenceName": st.text("ab_", max_size=3),
            "type": st.sampled_from(["SWITCH", "FORK_JOIN", "DO_WHILE", "SUB_WORKFLOW", "WAIT", "TERMINATE", "HTTP"]),
            "decisionCases": st.dictionaries(st.text(max_size=2), st.lists(inner, max_size=2), max_size=2),
            "forkTasks": st.lists(st.lists(inner, max_size=2), max_size=2),
            "loopOver": st.lists(inner, max_size=2),
            "inputParameters": st.dictionaries(st.text(max_size=3), st.text("${}.ab ", max_size=9), max_size=2),
        }
    ),
    max_leaves=8,
)


@given(st.lists(tasks, max_size=3))
def test_any_definition_passes_or_breaks_named_rules(definition: list[Any]) -> None:
    """Nothing but ValidationFailed comes out of a user's definition."""
    for error in broken(lambda: validate_workflow({"name": "w", "tasks": definition})):
        assert error["path"].startswith("validateWorkflowDef.arg0")
        assert error["message"]


def test_a_reference_with_two_underscores_is_refused_inside_a_loop_only() -> None:
    """It would be taken for an iteration's: on the real server such a loop never ends."""
    inner = {"name": "s", "taskReferenceName": "s", "type": "SWITCH", "evaluatorType": "value-param", "expression": "a"}
    nested = {**inner, "decisionCases": {"x": [{"name": "y", "taskReferenceName": "a__b"}]}}
    loop = {"name": "l", "taskReferenceName": "l", "type": "DO_WHILE", "loopCondition": "1", "loopOver": [nested]}

    (error,) = broken(lambda: validate_workflow({"name": "w", "tasks": [loop]}))
    assert error["path"] == "validateWorkflowDef.arg0.tasks[0]"
    assert "a__b must not contain '__'" in error["message"]
    assert broken(lambda: validate_workflow({"name": "w", "tasks": [nested]})) == []


def test_an_input_template_may_hold_what_a_task_needs() -> None:
    """An HTTP task may take its request from the registered task definition."""
    surroundings = validate.Surroundings(template_of=lambda name: {"http_request": {}} if name == "h" else {})
    definition = WorkflowDef(name="w", tasks=[WorkflowTask(name="h", task_reference_name="h", type="HTTP")])

    validate.check_workflow_def(definition, surroundings=surroundings)
    with pytest.raises(ValidationFailed):
        validate.check_workflow_def(definition)


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, [("startWorkflow.arg0.name", "Workflow name cannot be null or empty", None)]),
        (
            {"name": "x", "priority": 100},
            [("startWorkflow.arg0.priority", "priority: 100 should be maximum 99", "100")],
        ),
        ({"name": "x", "priority": -1}, [("startWorkflow.arg0.priority", "priority: -1 should be minimum 0", "-1")]),
        (
            {"name": "x", "workflowDef": {"name": "w", "tasks": [{"name": "", "taskReferenceName": "t"}]}},
            [("startWorkflow.arg0.workflowDef.tasks[0].name", "WorkflowTask name cannot be empty or null", "")],
        ),
        ({"name": "x", "priority": None}, []),
    ],
)
def test_a_start_is_checked_with_its_inline_definition(body: Any, errors: list[tuple[str, str, str | None]]) -> None:
    """Name, priority and every rule of the inline definition."""
    found = broken(lambda: validate.check_start_request(msgspec.convert(body, StartWorkflowRequest)))

    assert [(e["path"], e["message"], e.get("invalidValue")) for e in found] == errors


def test_an_empty_name_is_a_start_without_a_definition() -> None:
    """The server tells an empty name from an absent one."""
    with pytest.raises(InvalidInput, match="Workflow name must be specified"):
        validate.check_start_request(StartWorkflowRequest(name=""))


@pytest.mark.parametrize(
    ("check", "path", "message"),
    [
        (lambda: validate.check_task_defs([]), "registerTaskDef.arg0", "TaskDefList is empty"),
        (lambda: validate.check_workflow_defs([]), "updateWorkflowDef.arg0", "WorkflowDefList is empty"),
        (lambda: validate.check_start_by_name(100), "startWorkflow.arg3", "99 is the maximum priority value"),
        (lambda: validate.check_start_by_name(-1), "startWorkflow.arg3", "0 is the minimum priority value"),
        (
            lambda: validate.check_ids([], "pauseWorkflow.arg0"),
            "pauseWorkflow.arg0",
            "WorkflowIds list cannot be null.",
        ),
        (
            lambda: validate.check_ids(["x"] * 1001, "terminate.arg0"),
            "terminate.arg0",
            "Cannot process more than 1000 workflows. Please use multiple requests.",
        ),
        (
            lambda: validate.check_task_result(TaskResult(workflow_instance_id="w")),
            "updateTask.arg0.taskId",
            "Task ID cannot be null or empty",
        ),
        (
            lambda: validate.check_event_handler(EventHandler(name="a", event="b")),
            "addEventHandler.arg0.actions",
            "No actions specified. Please specify at-least one action",
        ),
    ],
)
def test_other_requests_are_checked_with_the_servers_words(check: Callable[[], None], path: str, message: str) -> None:
    """Paths and messages are the server's."""
    (error,) = broken(check)

    assert (error["path"], error["message"]) == (path, message)
