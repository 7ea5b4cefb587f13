"""`${...}` on the wire: paths, interpolation, context, templates, secrets (semantics 3)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tst.conformance.api import Api, Run, inline, noop, simple, times, unique

CORPORA = Path(__file__).parents[1] / "corpora"
PATHS = json.loads((CORPORA / "jsonpath.json").read_text())
SUBSTITUTIONS = json.loads((CORPORA / "substitution.json").read_text())["groups"]
BATCH = 40


def evaluated(api: Api, expressions: list[Any], workflow_input: Any) -> list[Any]:
    """What expressions give as outputParameters of a workflow with this input."""
    parameters = {f"k{number}": expression for number, expression in enumerate(expressions)}
    output = api.run(noop("n"), input=workflow_input, outputParameters=parameters).ended()["output"]
    return [output[key] for key in parameters]


@pytest.mark.parametrize("start", range(0, len(PATHS["cases"]), BATCH))
def test_paths_read_what_they_read(api: Api, start: int) -> None:
    """Every recorded path gives the recorded value."""
    cases = PATHS["cases"][start : start + BATCH]
    results = evaluated(api, [f"${{{path}}}" for path, _ in cases], PATHS["input"])

    assert {path: result for (path, _), result in zip(cases, results, strict=True)} == dict(cases)


@pytest.mark.parametrize("group", SUBSTITUTIONS, ids=range(len(SUBSTITUTIONS)))
def test_values_evaluate_to_what_they_evaluate_to(api: Api, group: Any) -> None:
    """Every recorded template gives the recorded value, to the text of its JSON."""
    results = evaluated(api, [value for value, _ in group["cases"]], group["input"])

    found = [
        (json.dumps(value), json.dumps(result)) for (value, _), result in zip(group["cases"], results, strict=True)
    ]
    assert found == [(json.dumps(value), json.dumps(result)) for value, result in group["cases"]]


def scheduled_input(api: Api, parameters: Any, workflow_input: Any = None, **fields: Any) -> tuple[Run, Any]:
    """The input that a worker's task with these parameters gets."""
    run = api.run(simple("t", parameters, **fields), input=workflow_input)
    return run, run.task("t")["inputData"]


def test_parameters_are_evaluated_at_any_depth_and_keys_are_not(api: Api) -> None:
    """Maps and lists are walked; keys stay; other values are themselves."""
    parameters = {"a": {"${workflow.input.x}": ["${workflow.input.x}", 1, None, True]}, "b": 1.5}
    run, task_input = scheduled_input(api, parameters, {"x": {"y": 1}})

    assert task_input == {"a": {"${workflow.input.x}": [{"y": 1}, 1, None, True]}, "b": 1.5}
    run.terminate()


def test_an_unresolvable_parameter_is_null_and_stays(api: Api) -> None:
    """The key is kept."""
    run, task_input = scheduled_input(api, {"a": "${workflow.input.nope}", "b": "x ${workflow.input.nope}"})

    assert task_input == {"a": None, "b": "x null"}
    run.terminate()


def test_the_id_of_the_task_is_known_to_its_own_parameters(api: Api) -> None:
    """CPEWF_TASK_ID is the id of the task being created."""
    run = api.run(simple("t", {"id": "${CPEWF_TASK_ID}", "text": "<${CPEWF_TASK_ID}>"}))
    task = run.task("t")

    assert task["inputData"] == {"id": task["taskId"], "text": f"<{task['taskId']}>"}
    run.terminate()


def test_the_context_has_the_workflow(api: Api) -> None:
    """These members, and no others."""
    request = {"correlationId": "c1"}
    run = api.run(noop("n"), input={"x": 1}, request=request, outputParameters={"w": "${workflow}"}, variables={"v": 1})
    workflow = run.ended()

    shown = workflow["output"]["w"]
    assert shown == {
        "input": {"x": 1}, "output": {}, "status": "RUNNING", "workflowId": run.id, "parentWorkflowId": None,
        "parentWorkflowTaskId": None, "workflowType": workflow["workflowName"], "version": 1, "correlationId": "c1",
        "reasonForIncompletion": None, "schemaVersion": 2, "variables": {"v": 1},
    }  # fmt: skip


def test_the_context_has_the_tasks(api: Api) -> None:
    """These members of each task by its reference name."""
    run = api.run(simple("a", {"p": 1}), outputParameters={"a": "${a}", "b": "${b}"})
    run.complete("a", r=2)

    shown = run.ended()["output"]
    task = run.task("a")
    assert shown["b"] is None
    assert set(shown["a"]) == {
        "input", "output", "taskType", "status", "referenceTaskName", "retryCount", "correlationId", "pollCount",
        "taskDefName", "scheduledTime", "startTime", "endTime", "workflowInstanceId", "taskId",
        "reasonForIncompletion", "callbackAfterSeconds", "workerId", "iteration",
    }  # fmt: skip
    assert (shown["a"]["input"], shown["a"]["output"]) == ({"p": 1}, {"r": 2})
    assert (shown["a"]["taskId"], shown["a"]["status"]) == (task["taskId"], "COMPLETED")


def test_a_later_attempt_hides_the_earlier(api: Api) -> None:
    """`${a}` is the latest attempt of a."""
    name = api.register_task(unique("t"), retryCount=1)
    run = api.run(simple("a", name=name), outputParameters={"n": "${a.retryCount}", "s": "${a.output.s}"})
    run.fail("a", s="first")
    run.complete("a", s="second")

    assert run.ended()["output"] == {"n": 1, "s": "second"}


def test_in_a_loop_a_reference_is_the_latest_iteration(api: Api) -> None:
    """Before its own turn comes, a task sees the iteration before."""
    body = [
        inline("seen", "$.last === null ? 'none' : $.last", {"last": "${x.output.result}"}),
        inline("x", "$.n * 10", {"n": "${l.output.iteration}"}),
    ]
    run = api.run(times("l", 2, *body), outputParameters={"x": "${x.output.result}", "all": "${l.output}"})

    output = run.ended()["output"]
    assert output["x"] == 20
    assert output["all"]["1"]["seen"] == {"result": "none"}
    assert output["all"]["2"]["seen"] == {"result": 10}


def test_variables_of_the_workflow_can_be_read(api: Api) -> None:
    """SET_VARIABLE writes them, `${workflow.variables.x}` reads them."""
    set_variable = {"name": "s", "taskReferenceName": "s", "type": "SET_VARIABLE", "inputParameters": {"x": {"y": [5]}}}
    run = api.run(set_variable, noop("n"), outputParameters={"y": "${workflow.variables.x.y[0]}"})

    assert run.ended()["output"] == {"y": 5}


def test_a_task_definitions_template_fills_what_is_absent_or_null(api: Api) -> None:
    """Absent and null take the template's value, evaluated; what evaluates to null takes it as written."""
    template = {"a": 9, "n": "${workflow.input.x}", "b": "${workflow.input.x}", "gone": "d", "u": "${workflow.input.z}"}
    name = api.register_task(unique("t"), inputTemplate=template)
    parameters = {"a": "${workflow.input.x}", "n": None, "gone": "${workflow.input.z}"}
    run, task_input = scheduled_input(api, parameters, {"x": 1}, name=name)

    assert task_input == {"a": 1, "n": 1, "gone": "d", "b": 1, "u": "${workflow.input.z}"}
    run.terminate()


def test_a_workflows_template_fills_an_input_that_is_not_empty(api: Api) -> None:
    """A null counts as absent; an empty input stays empty."""
    template = {"a": 1, "b": {"c": 2}}

    filled = api.run(noop("n"), input={"a": None, "x": 0}, inputTemplate=template).get()
    empty = api.run(noop("n"), input={}, inputTemplate=template).get()

    assert filled["input"] == {"a": 1, "b": {"c": 2}, "x": 0}
    assert empty["input"] == {}


def test_a_secret_is_stored_as_text_and_resolved_when_polled(api: Api) -> None:
    """A missing one is null where it stands alone, and nothing inside a text."""
    parameters = {"s": "${workflow.secrets.CF_NONE}", "t": "<${workflow.secrets.CF_NONE}>"}
    task = simple("t", parameters)
    run = api.run(task)

    assert run.task("t")["inputData"] == parameters
    assert api.poll_one(task["name"])["inputData"] == {"s": None, "t": "<>"}
    assert run.task("t")["inputData"] == parameters
    run.terminate()


def test_a_missing_variable_of_the_environment_is_null(api: Api) -> None:
    """`${workflow.env.X}` is resolved at once."""
    run, task_input = scheduled_input(api, {"e": "${workflow.env.CF_NONE}", "t": "<${workflow.env.CF_NONE}>"})

    assert task_input == {"e": None, "t": "<null>"}
    run.terminate()


def test_the_parameters_of_a_retry_are_evaluated_anew(api: Api) -> None:
    """With the new task's id and what has changed meanwhile; the old input is below."""
    name = api.register_task(unique("t"), retryCount=1)
    run = api.run(simple("a", {"id": "${CPEWF_TASK_ID}", "x": "${workflow.input.x}"}, name=name), input={"x": 1})
    run.fail("a")

    first, second = run.tasks("a")
    assert second["inputData"] == {"id": second["taskId"], "x": 1}
    assert first["inputData"] == {"id": first["taskId"], "x": 1}
    run.terminate()


def test_an_escaped_expression_is_text(api: Api) -> None:
    """`$${x}` becomes `${x}` and is not evaluated."""
    run, task_input = scheduled_input(api, {"a": "$${workflow.input.x}", "b": "`$${y}`"}, {"x": 1})

    assert task_input == {"a": "${workflow.input.x}", "b": "`${y}`"}
    run.terminate()
