"""Scripts on the wire: INLINE, LAMBDA, evaluators, JSON_JQ_TRANSFORM (semantics 2.11, 2.18)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tst.conformance.api import Api, inline, node, simple
from tst.conformance.differences import JAVASCRIPT_OBJECTS, PYTHON_EVALUATOR

CORPORA = Path(__file__).parents[1] / "corpora"
SCRIPTS = json.loads((CORPORA / "scripts.json").read_text())
JQ = json.loads((CORPORA / "jq.json").read_text())
BATCH = 30


def batches(cases: list[Any]) -> list[list[Any]]:
    return [cases[start : start + BATCH] for start in range(0, len(cases), BATCH)]


def outputs(api: Api, tasks: list[Any], workflow_input: Any) -> list[Any]:
    """What each of these (optional) tasks gave."""
    run = api.run(*tasks, input=workflow_input)
    run.ended()
    found = {task["referenceTaskName"]: task["outputData"] for task in run.tasks()}
    return [found[task["taskReferenceName"]] for task in tasks]


def escaped(text: str) -> str:
    return text.replace("${", "$${")


@pytest.mark.parametrize("cases", batches(SCRIPTS["cases"]), ids=range(len(batches(SCRIPTS["cases"]))))
def test_scripts_give_what_they_give(api: Api, cases: list[Any]) -> None:
    """Every recorded script gives the recorded output."""
    inputs = {name: f"${{workflow.input.{name}}}" for name in SCRIPTS["input"]}
    tasks = [inline(f"i{at}", escaped(script), inputs, optional=True) for at, (script, _) in enumerate(cases)]

    found = outputs(api, tasks, SCRIPTS["input"])
    assert [[script, output] for (script, _), output in zip(cases, found, strict=True)] == cases


@pytest.mark.parametrize("cases", batches(JQ["cases"]), ids=range(len(batches(JQ["cases"]))))
def test_jq_programs_give_what_they_give(api: Api, cases: list[Any]) -> None:
    """Every recorded program gives the recorded output."""
    inputs = {name: f"${{workflow.input.{name}}}" for name in JQ["input"]}
    tasks = [
        node(f"q{at}", "JSON_JQ_TRANSFORM", {**inputs, "queryExpression": program}, optional=True)
        for at, (program, _) in enumerate(cases)
    ]

    found = outputs(api, tasks, JQ["input"])
    assert [[program, output] for (program, _), output in zip(cases, found, strict=True)] == cases


def failure(api: Api, task: Any) -> tuple[str, str, Any]:
    run = api.run(task)
    workflow = run.ended("FAILED")
    found = run.task(task["taskReferenceName"])
    assert workflow["reasonForIncompletion"].startswith(f"Task {found['taskId']} failed with status: FAILED and reason")
    return found["status"], found["reasonForIncompletion"], found["outputData"]


def test_a_failing_script_fails_its_task_for_good(api: Api) -> None:
    """The message is reason and output."""
    message = "Error evaluating the script `ReferenceError: nope is not defined` at line 1"

    assert failure(api, inline("i", "nope")) == ("FAILED_WITH_TERMINAL_ERROR", message, {"error": message})


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            {"evaluatorType": "javascript", "expression": ""},
            "Empty 'expression' in Inline task's input parameters. A non-empty String value must be provided.",
        ),
        ({"evaluatorType": "zz", "expression": "1"}, "Unknown evaluator 'zz' in INLINE task."),
    ],
)
def test_an_inline_task_without_what_it_needs_fails(api: Api, inputs: Any, message: str) -> None:
    """The message tells what is missing."""
    assert failure(api, node("i", "INLINE", inputs)) == ("FAILED_WITH_TERMINAL_ERROR", message, {"error": message})


def test_the_evaluator_is_javascript_unless_named(api: Api) -> None:
    """`javascript`, `graaljs` and none are one; `value-param` names a key."""
    tasks = [
        node("none", "INLINE", {"expression": "$.x + 1", "x": 1}),
        node("graal", "INLINE", {"expression": "$.x + 1", "evaluatorType": "graaljs", "x": 1}),
        node("param", "INLINE", {"expression": "x", "evaluatorType": "value-param", "x": [1]}),
    ]

    assert outputs(api, tasks, {}) == [{"result": 2}, {"result": 2}, {"result": [1]}]


def test_the_python_evaluator(api: Api) -> None:
    """Where there is one, scalars work."""
    task = node("p", "INLINE", {"expression": "return x + 1", "evaluatorType": "python", "x": 1})

    assert api.run(task).ended(None)["status"] == api.expected(PYTHON_EVALUATOR)


def test_an_expression_inside_the_script_is_evaluated_first(api: Api) -> None:
    """The script is a parameter like others."""
    assert outputs(api, [inline("i", "${workflow.input.a} + 1")], {"a": 41}) == [{"result": 42}]


def test_a_map_in_a_script(api: Api) -> None:
    """What scripts see of maps in the input."""
    script = "JSON.stringify($.m) + Object.keys($.m).includes('a')"

    assert outputs(api, [inline("i", script, {"m": {"a": 1}})], {}) == [{"result": api.expected(JAVASCRIPT_OBJECTS)}]


def test_a_script_changes_a_copy(api: Api) -> None:
    """The stored input stays as it was."""
    task = inline("i", "$.m.b = 2; $.m", {"m": {"a": 1}})
    run = api.run(task)
    run.ended()

    assert run.task("i")["outputData"] == {"result": {"a": 1, "b": 2}}
    assert run.task("i")["inputData"]["m"] == {"a": 1}


def test_a_lambda_may_return_and_fails_like_a_script(api: Api) -> None:
    """Its script is the body of a function; its failures can be retried."""
    assert outputs(api, [node("l", "LAMBDA", {"scriptExpression": "if ($.n > 1) {return 'big'}", "n": 2})], {}) == [
        {"result": "big"}
    ]
    status, reason, output = failure(api, node("l", "LAMBDA", {"scriptExpression": "return nope"}))
    assert (status, output) == ("FAILED", {"error": reason})
    assert "ReferenceError: nope is not defined" in reason


def test_an_empty_lambda_fails(api: Api) -> None:
    """The message tells what is missing."""
    status, reason, _ = failure(api, node("l", "LAMBDA", {"scriptExpression": ""}))

    assert status == "FAILED"
    assert reason.startswith("Empty 'scriptExpression' in Lambda task's input parameters.")


def test_a_jq_task_without_a_program_fails(api: Api) -> None:
    """Null is none."""
    status, reason, _ = failure(api, node("q", "JSON_JQ_TRANSFORM", {"queryExpression": None, "a": 1}))

    assert (status, reason) == ("FAILED", "Missing 'queryExpression' in input parameters")


def test_the_document_of_a_jq_program_is_the_whole_input(api: Api) -> None:
    """The program itself included."""
    task = node("q", "JSON_JQ_TRANSFORM", {"queryExpression": "keys", "b": 1})

    assert outputs(api, [task], {}) == [{"result": ["b", "queryExpression"], "resultList": [["b", "queryExpression"]]}]


def test_what_a_script_gives_flows_on(api: Api) -> None:
    """Types are kept from a script to a worker."""
    run = api.run(
        inline("i", "({n: 1, f: 1.5, l: [null, true], s: 'x', i: 3.0})"), simple("t", {"v": "${i.output.result}"})
    )

    assert run.task("t")["inputData"]["v"] == {"n": 1, "f": 1.5, "l": [None, True], "s": "x", "i": 3}
    run.terminate()
