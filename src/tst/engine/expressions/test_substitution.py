"""Substitution of `${...}`, against recorded answers of the real server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.engine.expressions import (
    Environment,
    apply_workflow_template,
    evaluate_templates,
    expressions_in,
    resolve_secrets,
    substitute,
    task_input,
)

CORPUS = json.loads((Path(__file__).parents[2] / "corpora" / "substitution.json").read_text())
CASES = [(group["input"], value, result) for group in CORPUS["groups"] for value, result in group["cases"]]
ENVIRONMENT = Environment.from_variables(
    {"HOME": "/home/me", "CONDUCTOR_ENV_REGION": "eu", "CONDUCTOR_ENV_J": '{"a":[1,2]}', "CONDUCTOR_SECRET_KEY": "k3y"}
)


def context(workflow_input: Any = None) -> dict[str, Any]:
    workflow = {"input": workflow_input or {}, "output": {}, "variables": {}, "status": "RUNNING"}
    return {"workflow": workflow | {"version": 1, "schemaVersion": 2, "correlationId": None}}


@pytest.mark.parametrize(("workflow_input", "value", "result"), CASES, ids=[json.dumps(case[1]) for case in CASES])
def test_a_value_evaluates_as_on_the_real_server(workflow_input: Any, value: Any, result: Any) -> None:
    """Every recorded answer of the real server is ours, to the byte of its JSON."""
    assert json.dumps(result) == json.dumps(substitute(value, context(workflow_input)))


@given(st.text("${}. ab\\'[]", max_size=60))
def test_any_text_gives_a_value_and_never_an_error(text: str) -> None:
    """A template is user input: evaluating it never raises."""
    json.dumps(substitute(text, context({"a": 1})))


@given(st.recursive(st.none() | st.integers() | st.text("ab{}", max_size=5), lambda v: st.lists(v, max_size=3)))
def test_a_whole_value_keeps_its_type(value: Any) -> None:
    """`${path}` alone is the value itself, of any type."""
    assert value == substitute("${workflow.input.v}", context({"v": value}))


@given(st.text(max_size=30))
def test_text_without_an_expression_is_left_alone(text: str) -> None:
    """What holds no `${` is not touched."""
    text = text.replace("${", "")

    assert text == substitute(text, context())


def test_keys_are_never_substituted_and_values_are_at_any_depth() -> None:
    """Only values of maps and lists are templates."""
    templates = {"${a}": [{"b": ["${workflow.input.x}"]}], "n": 1}

    assert evaluate_templates(templates, context({"x": 7})) == {"${a}": [{"b": [7]}], "n": 1}


def test_deeply_nested_expressions_are_bounded() -> None:
    """Thousands of expressions in each other cost no more than their text."""
    text = "${" * 100_000 + "}" * 100_000

    assert isinstance(substitute(text, context()), (str, type(None)))


def test_the_task_id_is_known_where_a_task_is_created_and_left_as_text_elsewhere() -> None:
    """CPEWF_TASK_ID stands for the id of the task whose input is evaluated."""
    assert substitute("id=${CPEWF_TASK_ID}", {}, task_id="t1") == "id=t1"
    assert substitute("id=${CPEWF_TASK_ID}", {}) == "id=${CPEWF_TASK_ID}"


def test_environment_variables_are_read_by_name_and_as_workflow_env() -> None:
    """`${HOME}` is the process's, `${workflow.env.X}` is CONDUCTOR_ENV_X, a path reads into its JSON."""
    values = {"h": "${HOME}", "r": "${workflow.env.REGION}", "a": "${workflow.env.J.a[1]}", "z": "${workflow.env.Z}"}

    assert evaluate_templates(values, {}, env=ENVIRONMENT) == {"h": "/home/me", "r": "eu", "a": 2, "z": None}


def test_a_secret_stays_text_until_it_is_resolved_for_an_outbound_copy() -> None:
    """Stored values keep the literal; only resolve_secrets looks."""
    stored = evaluate_templates({"k": "${workflow.secrets.KEY}", "t": "a ${workflow.secrets.KEY}"}, {}, env=ENVIRONMENT)

    assert stored == {"k": "${workflow.secrets.KEY}", "t": "a ${workflow.secrets.KEY}"}
    assert resolve_secrets(stored, ENVIRONMENT.secrets) == {"k": "k3y", "t": "a k3y"}


def test_a_secret_has_no_other_door() -> None:
    """The variable that holds a secret cannot be read as an environment variable."""
    assert substitute("${CONDUCTOR_SECRET_KEY}", {}, env=ENVIRONMENT) is None
    assert "k3y" not in repr(ENVIRONMENT.secrets.__class__) + repr(Environment(secrets={"a": "k3y"}))


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("${workflow.secrets.S}", "s"),
        ("a${workflow.secrets.S}${workflow.secrets.S}", "ass"),
        ("${workflow.secrets.NONE}", None),
        ("<${workflow.secrets.NONE}>", "<>"),
        ("${workflow.secrets.J.a.b}", 5),
        ("n=${workflow.secrets.J.a}", "n={b=5}"),
        ("${workflow.secrets.S.a}", None),
        ("${workflow.input.S}", "${workflow.input.S}"),
    ],
)
def test_secrets_resolve_whole_or_inside_text(text: str, resolved: Any) -> None:
    """A whole expression is the secret or null, an embedded one text or nothing, a path reads into JSON."""
    assert resolved == resolve_secrets(text, {"S": "s", "J": '{"a":{"b":5}}'})


def test_a_value_without_secrets_is_returned_as_it_is() -> None:
    """Nothing is copied where nothing has to be resolved."""
    value = {"a": [{"b": "c"}]}

    assert value is resolve_secrets(value, {"S": "s"})


def test_a_task_template_fills_what_is_absent_or_null_and_falls_back_as_written() -> None:
    """Absent and null parameters take the template's value, evaluated; one that becomes null takes it as written."""
    parameters = {"a": "${workflow.input.x}", "n": None, "gone": "${workflow.input.z}"}
    template = {"a": 9, "n": "${workflow.input.x}", "b": "${workflow.input.x}", "gone": "d", "u": "${workflow.input.z}"}

    assert task_input(parameters, template, context({"x": 1})) == {
        "a": 1,
        "n": 1,
        "gone": "d",
        "b": 1,
        "u": "${workflow.input.z}",
    }


def test_a_workflow_template_fills_a_non_empty_input_only() -> None:
    """An empty input stays empty, a null counts as absent."""
    assert apply_workflow_template({}, {"a": 1}) == {}
    assert apply_workflow_template({"b": 2, "a": None}, {"a": 1, "b": 3}) == {"a": 1, "b": 2}


def test_the_outermost_expressions_of_a_template_can_be_listed() -> None:
    """Registration checks the paths as written, escaped ones left out."""
    assert list(expressions_in("${a.b} $${c} ${x.${y}} ${open")) == ["a.b", "x.${y}"]
