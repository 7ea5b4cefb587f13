"""Each kind of system task: what it does, what it shows, how it fails."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from conductor.engine.model import SubWorkflowParams, Task, Workflow
from tst.engine_bench import Bench, node, simple, sub_workflow


def ran(bench: Bench, *tasks: Any, **fields: Any) -> tuple[Workflow, Task]:
    """The workflow, and its first task."""
    workflow = bench.get(bench.run(*tasks, **fields))
    return workflow, workflow.tasks[0]


# -- WAIT, HUMAN, NOOP, TERMINATE, SET_VARIABLE -----------------------------------------------------------------------


def test_a_wait_ends_at_its_time_even_if_that_is_weeks_away(bench: Bench) -> None:
    """To the millisecond, and after a restart as well."""
    workflow_id = bench.run(node("WAIT", "w", input_parameters={"duration": "30 days 2h"}))
    assert bench.task(workflow_id, "w").callback_after_seconds == 30 * 86400 + 7200
    bench.engine.flush()
    bench.restart()
    bench.pass_time(30 * 86400 + 7200 - 0.001)
    assert bench.get(workflow_id).status == "RUNNING"
    bench.pass_time(0.001)
    assert (bench.get(workflow_id).status, bench.get(workflow_id).output) == ("COMPLETED", {})


def test_a_wait_until_a_time_that_is_over_does_not_wait(bench: Bench) -> None:
    """It is done in the turn that schedules it."""
    workflow, _ = ran(bench, node("WAIT", "w", input_parameters={"until": "2001-01-01 00:00"}))
    assert workflow.status == "COMPLETED"


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"duration": "zzz"}, "Not valid duration: zzz"),
        ({"until": "xyz"}, "Invalid/Unsupported Wait Until format.  Provided: xyz"),
    ],
)
def test_a_wait_that_makes_no_sense_fails_at_once(bench: Bench, inputs: dict[str, Any], reason: str) -> None:
    """The worker whose result led there is not told off for it."""
    parameters = {name: "${workflow.input." + name + "}" for name in inputs}
    workflow_id = bench.run(simple("a"), node("WAIT", "w", input_parameters=parameters), workflow_input=inputs)
    bench.work("a")
    assert bench.get(workflow_id).status == "FAILED"
    assert bench.task(workflow_id, "w").status == "FAILED_WITH_TERMINAL_ERROR"
    assert bench.task(workflow_id, "w").reason_for_incompletion == reason


def test_a_wait_without_an_end_is_ended_by_a_signal(bench: Bench) -> None:
    """Of the workflow, or of one of its sub-workflows."""
    bench.workflow_def("child", node("WAIT", "w"))
    workflow_id = bench.run(sub_workflow("s", "child"))
    bench.engine.signal(workflow_id, "COMPLETED", {"v": 1})
    assert bench.get(workflow_id).status == "COMPLETED"
    assert bench.get(workflow_id).output["v"] == 1


def test_a_human_task_waits_for_an_update(bench: Bench) -> None:
    """And the workflow's timeout counts meanwhile."""
    workflow_id = bench.run(
        node("HUMAN", "h", input_parameters={"q": 1}), timeout_seconds=60, timeout_policy="TIME_OUT_WF"
    )
    assert bench.task(workflow_id, "h").status == "IN_PROGRESS"
    other = bench.start("w")
    assert bench.engine.update_task_by_ref(workflow_id, "h", "COMPLETED", {"a": 1}) is not None
    assert bench.get(workflow_id).output == {"a": 1}
    assert bench.engine.update_task_by_ref(workflow_id, "h", "COMPLETED", {"a": 2}) is None
    bench.pass_time(60)
    assert bench.get(other).status == "TIMED_OUT"


@pytest.mark.parametrize(
    ("inputs", "status", "output", "reason"),
    [
        (
            {"terminationStatus": "COMPLETED", "workflowOutput": {"x": 1}},
            "COMPLETED",
            {"x": 1},
            "Workflow is COMPLETED by TERMINATE task: ",
        ),
        ({"terminationStatus": "FAILED", "workflowOutput": 5}, "FAILED", {"output": 5}, "Workflow is FAILED by"),
        ({"terminationStatus": "TERMINATED", "terminationReason": "so"}, "TERMINATED", {}, "so"),
    ],
)
def test_a_terminate_task_ends_the_workflow_and_what_is_open_in_it(
    bench: Bench, inputs: dict[str, Any], status: str, output: dict[str, Any], reason: str
) -> None:
    """Its output is the workflow's; tasks of other branches are cancelled."""
    workflow, _ = ran(
        bench,
        node("FORK_JOIN", "f", fork_tasks=[[simple("a")], [node("TERMINATE", "t", input_parameters=inputs)]]),
        node("JOIN", "j", join_on=["a"]),
    )
    assert (workflow.status, workflow.output) == (status, output)
    assert (workflow.reason_for_incompletion or "").startswith(reason)
    assert {t.reference_task_name: t.status for t in workflow.tasks} == {
        "f": "COMPLETED",
        "a": "CANCELED",
        "t": "COMPLETED",
        "j": "CANCELED",
    }


def test_set_variable_writes_variables_up_to_their_limit(bench: Bench) -> None:
    """Too much of it fails the task for good and changes nothing."""
    workflow, _ = ran(
        bench,
        node("SET_VARIABLE", "v", input_parameters={"x": "${workflow.input.x}"}),
        simple("a", input_parameters={"x": "${workflow.variables.x}"}),
        workflow_input={"x": [1]},
        variables={"y": 2},
    )
    assert workflow.variables == {"x": [1], "y": 2}
    assert workflow.tasks[1].input_data == {"x": [1]}
    workflow, task = ran(
        bench,
        node("SET_VARIABLE", "v", input_parameters={"x": "${workflow.input.x}"}),
        workflow_input={"x": "z" * 300_000},
    )
    assert (task.status, workflow.status, workflow.variables) == ("FAILED_WITH_TERMINAL_ERROR", "FAILED", {})
    assert (task.reason_for_incompletion or "").endswith("is greater than the permissible limit: 256 kilobytes")


# -- computing ----------------------------------------------------------------


def test_inline_lambda_and_jq_show_their_results(bench: Bench) -> None:
    """Each in its own words."""
    workflow, _ = ran(
        bench,
        node("NOOP", "n", input_parameters={"ignored": 1}),
        node("INLINE", "i", input_parameters={"expression": "({a: $.x + 1})", "x": 1}),
        node("LAMBDA", "l", input_parameters={"scriptExpression": "return $.x * 2", "x": 4}),
        node("JSON_JQ_TRANSFORM", "q", input_parameters={"queryExpression": ".xs[] | . + 1", "xs": [1, 2]}),
    )
    assert [t.output_data for t in workflow.tasks] == [
        {},
        {"result": {"a": 2}},
        {"result": 8},
        {"result": 2, "resultList": [2, 3]},
    ]
    assert workflow.tasks[0].input_data == {}


@pytest.mark.parametrize(
    ("kind", "inputs", "status"),
    [
        ("INLINE", {"expression": "throw new Error('no')"}, "FAILED_WITH_TERMINAL_ERROR"),
        ("INLINE", {"expression": " "}, "FAILED_WITH_TERMINAL_ERROR"),
        ("INLINE", {"expression": "1", "evaluatorType": "zz"}, "FAILED_WITH_TERMINAL_ERROR"),
        ("LAMBDA", {"scriptExpression": "nope("}, "FAILED"),
        ("LAMBDA", {}, "FAILED"),
        ("JSON_JQ_TRANSFORM", {"queryExpression": ".["}, "FAILED"),
        ("JSON_JQ_TRANSFORM", {"queryExpression": "${workflow.input.none}"}, "FAILED"),
    ],
)
def test_a_script_that_fails_says_so_in_reason_and_output(
    bench: Bench, kind: str, inputs: dict[str, Any], status: str
) -> None:
    """Both hold the same text."""
    workflow, task = ran(bench, node(kind, "t", input_parameters=inputs))
    assert (workflow.status, task.status) == ("FAILED", status)
    assert task.reason_for_incompletion
    assert task.output_data == {"error": task.reason_for_incompletion}


class Later:
    """Jobs that run when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Any, Any]] = []

    def submit(self, work: Any, done: Any) -> None:
        self.waiting.append((work, done))

    def run(self, bench: Bench) -> None:
        waiting, self.waiting = self.waiting, []
        for work, done in waiting:
            done(work())
        bench.engine.drain()


SLOW = "let n = 0; for (let i = 0; i < 3000000; i++) { n += i % 3; } n > 0"


@pytest.mark.parametrize(
    "slow",
    [
        node("INLINE", "t", input_parameters={"expression": SLOW}),
        node("SWITCH", "t", evaluator_type="javascript", expression=SLOW, decision_cases={"true": [simple("b")]}),
        node("DO_WHILE", "t", loop_condition=f"{SLOW.removesuffix('n > 0')} false", loop_over=[node("NOOP", "n")]),
    ],
    ids=["INLINE", "SWITCH", "DO_WHILE"],
)
def test_a_script_that_takes_long_does_not_hold_the_engine_up(bench: Bench, slow: Any) -> None:
    """Another thread evaluates it; the workflow goes on when that is done, and starts over after a restart."""
    bench.engine.jobs = later = Later()
    workflow_id = bench.run(slow, simple("after"))
    assert bench.get(workflow_id).status == "RUNNING"
    assert len(later.waiting) == 1
    bench.engine.flush()
    bench.restart()
    bench.engine.jobs = later = Later()
    bench.pass_time(1)
    assert len(later.waiting) == 1

    later.run(bench)

    if slow.type == "SWITCH":
        bench.work("b")
    bench.work("after")
    assert bench.get(workflow_id).status == "COMPLETED"


# -- HTTP --------------------------------------------------------------------------------------------------------------


@dataclass
class Answer:
    status: int
    body: bytes = b""
    reason: str = "OK"
    headers: list[tuple[str, str]] = field(default_factory=lambda: [("content-type", "application/json")])


def fetching(bench: Bench, *answers: Answer | Exception) -> list[tuple[Any, ...]]:
    """Have HTTP tasks answered so, one after another; returns what was asked."""
    asked: list[tuple[Any, ...]] = []
    left = list(answers)

    def fetch(method: str, url: str, headers: Any, body: bytes | None, **timeouts: float) -> Answer:
        asked.append((method, url, dict(headers), body, timeouts))
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    bench.engine.fetch = fetch
    return asked


def http(**inputs: Any) -> Any:
    return node("HTTP", "h", input_parameters=inputs)


def test_http_asks_and_shows_the_answer(bench: Bench) -> None:
    """JSON bodies are read; headers are lists."""
    asked = fetching(bench, Answer(200, b'{"a": [1]}'))
    _, task = ran(bench, http(uri="http://x/y", method="post", body={"q": 1}, headers={"X-A": "b"}, readTimeOut=500))
    assert asked == [
        (
            "POST",
            "http://x/y",
            {"Accept": "application/json", "Content-Type": "application/json", "X-A": "b"},
            b'{"q":1}',
            {"connect_seconds": 3.0, "read_seconds": 0.5},
        )
    ]
    assert task.status == "COMPLETED"
    assert task.output_data == {
        "response": {
            "headers": {"content-type": ["application/json"]},
            "reasonPhrase": "OK",
            "body": {"a": [1]},
            "statusCode": 200,
        }
    }
    assert task.input_data["asyncComplete"] is False


@pytest.mark.parametrize(("body", "shown"), [(b"", None), (b"plain", "plain"), (b"5", 5.0), (b'"s"', '"s"')])
def test_http_bodies_that_are_no_objects_stay_text(bench: Bench, body: bytes, shown: Any) -> None:
    """But numbers, which become doubles."""
    fetching(bench, Answer(200, body))
    _, task = ran(bench, http(http_request={"uri": "http://x", "method": "GET"}))
    assert task.output_data["response"]["body"] == shown


def test_http_failures_name_status_and_address(bench: Bench) -> None:
    """And are retried by the task's definition."""
    bench.task_def("h", retry_count=1)
    fetching(bench, Answer(404, b"gone"), Answer(200))
    workflow, task = ran(bench, http(uri="http://x", method="GET"))
    text = 'java.lang.Exception: 404  on GET request for "http://x": "gone"'
    assert (task.status, task.output_data) == ("FAILED", {"response": text})
    assert task.reason_for_incompletion == f"Failed to invoke HTTP task due to: {text}"
    assert workflow.status == "COMPLETED"


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"method": "GET"}, "Missing HTTP URI.  See documentation for HttpTask for required input parameters"),
        ({"uri": "http://x"}, "No HTTP method specified"),
    ],
)
def test_http_says_what_is_missing(bench: Bench, inputs: dict[str, Any], reason: str) -> None:
    """In the words of the server."""
    _, task = ran(bench, http(**inputs))
    assert (task.status, task.reason_for_incompletion) == ("FAILED", reason)


def test_an_http_task_may_be_completed_from_outside(bench: Bench) -> None:
    """asyncComplete: the answer is its output until then."""
    fetching(bench, Answer(200, b"{}"))
    workflow_id = bench.run(node("HTTP", "h", input_parameters={"uri": "u", "method": "GET"}, async_complete=True))
    assert bench.task(workflow_id, "h").status == "IN_PROGRESS"
    bench.engine.update_task_by_ref(workflow_id, "h", "COMPLETED", {"v": 1})
    assert bench.get(workflow_id).status == "COMPLETED"


def test_a_request_that_was_under_way_at_a_crash_is_made_again(bench: Bench) -> None:
    """At least once."""
    later = Later()
    bench.engine.jobs = later
    workflow_id = bench.run(http(uri="u", method="GET"))
    assert len(later.waiting) == 1
    bench.engine.flush()
    bench.restart()
    fetching(bench, Answer(200))
    bench.pass_time(1)
    assert bench.get(workflow_id).status == "COMPLETED"


# -- sub-workflows, other workflows, forks that are known late --------------------------------------------------------


def test_a_sub_workflow_inherits_and_shows_its_output(bench: Bench) -> None:
    """Its correlation id and domains are the parent's, its priority is not."""
    bench.workflow_def("child", simple("a"), output_parameters={"o": "${workflow.input.k}"})
    bench.workflow_def("w", sub_workflow("s", "child", input_parameters={"k": "${workflow.input.k}"}))
    parent = bench.start("w", {"k": 5}, correlation_id="c", priority=7, task_to_domain={"a": "d"})
    task = bench.task(parent, "s")
    child = bench.get(task.sub_workflow_id or "")
    assert (child.parent_workflow_id, child.parent_workflow_task_id) == (parent, task.task_id)
    assert (child.correlation_id, child.priority, child.input) == ("c", 0, {"k": 5})
    (work,) = bench.poll("a", domain="d")
    bench.answer(work)
    assert bench.get(parent).output == {"subWorkflowId": child.workflow_id, "o": 5}


def test_a_sub_workflow_may_be_given_as_an_object(bench: Bench) -> None:
    """Literally, or by an expression."""
    inline = {"name": "inl", "tasks": [{"name": "n", "taskReferenceName": "n", "type": "NOOP"}]}
    for definition, given in ((inline, {}), ("${workflow.input.d}", {"d": inline})):
        params = SubWorkflowParams(name="inl", workflow_definition=definition)
        workflow, task = ran(bench, node("SUB_WORKFLOW", "s", sub_workflow_param=params), workflow_input=given)
        assert workflow.status == "COMPLETED"
        child = bench.get(task.sub_workflow_id or "")
        assert (child.workflow_name, child.input["_systemMetadata"]) == ("inl", {"dynamic": True})


def test_a_sub_workflow_that_does_not_exist_fails_its_task(bench: Bench) -> None:
    """Where a version is given; without one the start is refused."""
    params = SubWorkflowParams(name="nope", version=77)
    _, task = ran(bench, node("SUB_WORKFLOW", "s", sub_workflow_param=params))
    assert (task.status, task.reason_for_incompletion) == (
        "FAILED",
        "No such workflow defined. name=nope, version=77",
    )
    with pytest.raises(Exception, match="has no workflow definition available"):
        bench.run(sub_workflow("s", "nope"))


def test_workflows_that_contain_themselves_end_with_a_reason(bench: Bench) -> None:
    """At a depth that is set."""
    bench = Bench(max_workflow_depth=5)
    bench.workflow_def("w", node("NOOP", "n"))
    workflow_id = bench.run(sub_workflow("s", "w"))
    workflow = bench.get(workflow_id)
    assert workflow.status == "FAILED"
    assert "Sub workflows nest deeper than 5" in (workflow.reason_for_incompletion or "")


def test_start_workflow_starts_another_and_does_not_wait(bench: Bench) -> None:
    """What keeps it from starting fails the task."""
    bench.workflow_def("other", simple("a"))
    request: dict[str, Any] = {"name": "other", "input": {"k": 1}}
    workflow, task = ran(bench, node("START_WORKFLOW", "s", input_parameters={"startWorkflow": request}))
    assert workflow.status == "COMPLETED"
    other = bench.get(task.output_data["workflowId"])
    assert (other.status, other.input, other.parent_workflow_id) == ("RUNNING", {"k": 1}, None)
    for value, reason in (
        (None, "Missing 'startWorkflow' in input data."),
        ({}, "startWorkflow validation failed. 'name' -> Workflow name cannot be null or empty. "),
        ({"name": "nope"}, "No such workflow defined. name=nope, version=null"),
    ):
        _, task = ran(bench, node("START_WORKFLOW", "s", input_parameters={"startWorkflow": value}))
        assert (task.status, task.reason_for_incompletion) == ("FAILED", reason)


def dynamic_fork(**fields: Any) -> tuple[Any, Any]:
    return node("FORK_JOIN_DYNAMIC", "f", **fields), node("JOIN", "j")


def test_a_dynamic_fork_over_a_list(bench: Bench) -> None:
    """One task an element, its place in `__index`; plain elements are `input`."""
    workflow_id = bench.run(
        *dynamic_fork(input_parameters={"forkTaskName": "t", "forkTaskInputs": [{"a": 1}, 7]}), simple("z")
    )
    assert [t[0] for t in bench.trace(workflow_id)] == ["f", "_t_0", "_t_1", "j"]
    tasks = bench.poll("t", 5)
    assert [t.input_data for t in tasks] == [{"a": 1, "__index": 0}, {"input": 7, "__index": 1}]
    for task in tasks:
        bench.answer(task, output={"v": task.input_data["__index"]})
    assert bench.task(workflow_id, "j").output_data == {"_t_0": {"v": 0}, "_t_1": {"v": 1}}
    bench.work("z")
    assert bench.get(workflow_id).status == "COMPLETED"


def test_a_dynamic_fork_of_given_tasks(bench: Bench) -> None:
    """Definitions in one parameter, inputs by reference name in another."""
    tasks = [
        {"name": "t", "taskReferenceName": "x", "type": "SIMPLE"},
        {"name": "i", "taskReferenceName": "y", "type": "INLINE", "inputParameters": {"expression": "$.k"}},
    ]
    workflow_id = bench.run(
        *dynamic_fork(
            dynamic_fork_tasks_param="tasks",
            dynamic_fork_tasks_input_param_name="inputs",
            input_parameters={"tasks": "${workflow.input.t}", "inputs": {"x": {"k": 1}, "y": {"k": 2}}},
        ),
        workflow_input={"t": tasks},
    )
    assert bench.work("t").input_data == {"k": 1}
    assert bench.task(workflow_id, "j").output_data == {"y": {"result": 2}}
    assert bench.get(workflow_id).status == "COMPLETED"


def test_a_dynamic_fork_of_pairs_and_of_nothing(bench: Bench) -> None:
    """The oldest style; no tasks at all go straight to the join."""
    pairs = {"dynamicTasks": [{"taskName": "t", "referenceName": "x", "input": {"k": 1}}]}
    workflow_id = bench.run(*dynamic_fork(dynamic_fork_join_tasks_param="p", input_parameters={"p": pairs}))
    assert bench.work("t").input_data == {"k": 1}
    assert bench.get(workflow_id).status == "COMPLETED"
    workflow, _ = ran(bench, *dynamic_fork(input_parameters={"forkTaskInputs": []}))
    assert workflow.status == "COMPLETED"


def test_a_dynamic_fork_over_sub_workflows(bench: Bench) -> None:
    """One child an element."""
    bench.workflow_def("child", node("NOOP", "n"), output_parameters={"o": "${workflow.input.a}"})
    workflow, _ = ran(
        bench,
        *dynamic_fork(input_parameters={"forkTaskWorkflow": "child", "forkTaskInputs": [{"a": 1}, {"a": 2}]}),
    )
    assert workflow.status == "COMPLETED"
    assert [output["o"] for output in workflow.tasks[-1].output_data.values()] == [1, 2]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (
            {
                "dynamic_fork_tasks_param": "t",
                "dynamic_fork_tasks_input_param_name": "i",
                "input_parameters": {"t": [], "i": 5},
            },
            "Input to the dynamically forked tasks is not a map -> expecting a map of K,V  but found 5",
        ),
        (
            {
                "dynamic_fork_tasks_param": "t",
                "dynamic_fork_tasks_input_param_name": "i",
                "input_parameters": {"t": "x", "i": {}},
            },
            "Input 't' is invalid. Cannot deserialize a list of Workflow Tasks from 'x'",
        ),
        (
            {"dynamic_fork_join_tasks_param": "p", "input_parameters": {"p": 1}},
            "Dynamic tasks could not be created. The value of p from task's input {p=1} has no dynamic tasks to be "
            "scheduled",
        ),
    ],
)
def test_a_dynamic_fork_of_nonsense_fails_the_workflow(bench: Bench, fields: dict[str, Any], reason: str) -> None:
    """And says what was wrong."""
    workflow_id = bench.run(*dynamic_fork(**fields))
    workflow = bench.get(workflow_id)
    assert (workflow.status, workflow.reason_for_incompletion) == ("FAILED", reason)


def test_a_dynamic_task_is_what_its_input_names(bench: Bench) -> None:
    """A worker's task, with that one's definition, or a system task."""
    bench.task_def("t", retry_count=1)
    dynamic = node(
        "DYNAMIC",
        "d",
        dynamic_task_name_param="tn",
        input_parameters={"tn": "${workflow.input.n}", "expression": "1 + 1"},
    )
    workflow_id = bench.run(dynamic, workflow_input={"n": "t"})
    bench.work("t", "FAILED")
    assert bench.work("t").task_def_name == "t"
    assert bench.get(workflow_id).status == "COMPLETED"
    workflow, task = ran(bench, dynamic, workflow_input={"n": "INLINE"})
    assert (workflow.status, task.output_data) == ("COMPLETED", {"result": 2})
    workflow, _ = ran(bench, simple("z"), dynamic)
    bench.work("z")
    assert bench.get(workflow.workflow_id or "").reason_for_incompletion == (
        "Cannot map a dynamic task based on the parameter and input. Parameter= tn, input= {tn=null, expression=1 + 1}"
    )


def test_an_exclusive_join_goes_on_with_the_branch_that_ran(bench: Bench) -> None:
    """Its output is that task's, or the default's."""
    switch = node(
        "SWITCH",
        "s",
        evaluator_type="value-param",
        expression="k",
        input_parameters={"k": "${workflow.input.k}"},
        decision_cases={"A": [simple("t", "a")], "B": [simple("t", "b")]},
    )
    join = node("EXCLUSIVE_JOIN", "j", join_on=["a", "b"], default_exclusive_join_task=["s"])
    workflow_id = bench.run(switch, join, workflow_input={"k": "B"})
    bench.work("t", output={"v": "b"})
    assert bench.get(workflow_id).output == {"v": "b"}
    workflow, _ = ran(bench, switch, join, workflow_input={"k": "C"})
    assert (workflow.status, workflow.output) == ("COMPLETED", {"evaluationResult": ["C"], "selectedCase": "C"})


def test_a_decision_without_tasks_in_its_case_takes_the_default(bench: Bench) -> None:
    """As on the server, where a SWITCH does not."""
    workflow, task = ran(
        bench,
        node(
            "DECISION",
            "d",
            case_value_param="k",
            input_parameters={"k": "A"},
            decision_cases={"A": []},
            default_case=[node("NOOP", "n")],
        ),
    )
    assert task.output_data == {"caseOutput": ["A"]}
    assert [t.reference_task_name for t in workflow.tasks] == ["d", "n"]
    workflow, task = ran(
        bench,
        node(
            "DECISION", "d", case_expression="$.k > 1 ? 'x' : 'y'", input_parameters={"k": 2}, decision_cases={"a": []}
        ),
    )
    assert task.output_data == {"caseOutput": ["x"]}


# -- loops ----------------------------------------------------------------


def test_a_loop_over_a_list(bench: Bench) -> None:
    """Item and index are in the loop's output."""
    workflow, task = ran(
        bench,
        node(
            "DO_WHILE",
            "l",
            loop_condition="",
            items="${workflow.input.xs}",
            loop_over=[node("INLINE", "i", input_parameters={"expression": "$.x", "x": "${l.output.loopItem}"})],
        ),
        workflow_input={"xs": [5, 6]},
    )
    assert workflow.status == "COMPLETED"
    assert task.output_data == {
        "iteration": 2,
        "loopIndex": 1,
        "loopItem": 6,
        "1": {"i": {"result": 5}},
        "2": {"i": {"result": 6}},
    }
    workflow, task = ran(
        bench, node("DO_WHILE", "l", loop_condition="", items="${workflow.input.xs}", loop_over=[node("NOOP", "n")])
    )
    assert (workflow.status, task.output_data) == ("COMPLETED", {"iteration": 0})


def test_a_loop_may_forget_its_older_iterations(bench: Bench) -> None:
    """keepLastN: outputs and tasks of the others are gone."""
    workflow, task = ran(
        bench,
        node(
            "DO_WHILE",
            "l",
            loop_condition="$.l.iteration < 5",
            loop_over=[node("NOOP", "n")],
            input_parameters={"keepLastN": 2},
        ),
    )
    assert workflow.status == "COMPLETED"
    assert set(task.output_data) == {"iteration", "4", "5"}
    assert [t.reference_task_name for t in workflow.tasks] == ["l", "n__4", "n__5"]


def test_an_optional_task_that_fails_does_not_end_its_loop(bench: Bench) -> None:
    """It is completed with errors, after its retries."""
    bench.task_def("t", retry_count=1)
    workflow_id = bench.run(
        node("DO_WHILE", "l", loop_condition="$.l.iteration < 2", loop_over=[simple("t", optional=True)])
    )
    for _ in range(4):
        bench.work("t", "FAILED")
    assert bench.get(workflow_id).status == "COMPLETED"
    assert bench.task(workflow_id, "t__2").status == "COMPLETED_WITH_ERRORS"


def test_a_condition_that_cannot_be_evaluated_fails_the_loop(bench: Bench) -> None:
    """For good, naming the condition."""
    workflow, task = ran(bench, node("DO_WHILE", "l", loop_condition="nope(", loop_over=[node("NOOP", "n")]))
    assert (workflow.status, task.status) == ("FAILED", "FAILED_WITH_TERMINAL_ERROR")
    assert (task.reason_for_incompletion or "").startswith("Unable to evaluate condition nope(, exception ")


def test_a_loop_without_an_end_ends_at_its_limit_and_lets_others_in(bench: Bench) -> None:
    """It goes on in later turns; a budget a turn keeps the engine answering."""
    bench = Bench(max_loop_iterations=1500)
    workflow_id = bench.run(
        node("DO_WHILE", "l", loop_condition="true", loop_over=[node("NOOP", "n")], input_parameters={"keepLastN": 1})
    )
    assert bench.get(workflow_id).status == "RUNNING"
    bench.engine.flush()
    bench.restart()
    bench.pass_time(1)
    workflow = bench.get(workflow_id)
    assert workflow.status == "FAILED"
    assert "The loop made 1500 iterations, which is the limit" in (workflow.reason_for_incompletion or "")


# -- joins ----------------------------------------------------------------


def test_a_join_of_optional_and_permissive_tasks(bench: Bench) -> None:
    """An optional one that failed completes it with errors; a permissive one fails it when all have ended."""
    bench.task_def("t")
    fork = node("FORK_JOIN", "f", fork_tasks=[[simple("t", "a", optional=True)], [simple("u", "b")]])
    workflow_id = bench.run(fork, node("JOIN", "j", join_on=["a", "b"]))
    failed = bench.work("t", "FAILED")
    bench.work("u", output={"v": 1})
    join = bench.task(workflow_id, "j")
    assert (bench.get(workflow_id).status, join.status) == ("COMPLETED", "COMPLETED_WITH_ERRORS")
    assert join.reason_for_incompletion == f"t/{failed.task_id} completed with errors"

    fork = node("FORK_JOIN", "f", fork_tasks=[[simple("t", "a", permissive=True)], [simple("u", "b")]])
    workflow_id = bench.run(fork, node("JOIN", "j", join_on=["a", "b"]))
    bench.work("t", "FAILED", reason_for_incompletion="no")
    assert bench.get(workflow_id).status == "RUNNING"
    bench.work("u")
    assert (bench.get(workflow_id).status, bench.task(workflow_id, "j").status) == ("FAILED", "FAILED")


def test_an_optional_last_task_that_fails_is_shown_as_completed_with_errors(bench: Bench) -> None:
    """The workflow completes."""
    bench.task_def("t")
    workflow_id = bench.run(simple("t", optional=True))
    bench.work("t", "FAILED_WITH_TERMINAL_ERROR")
    assert bench.get(workflow_id).status == "COMPLETED"
    assert bench.task(workflow_id, "t").status == "COMPLETED_WITH_ERRORS"


def test_a_large_dynamic_fork_is_not_quadratic(bench: Bench) -> None:
    """Three thousand branches, answered one by one."""
    inputs = {"forkTaskName": "t", "forkTaskInputs": list(range(3000))}
    workflow_id = bench.run(*dynamic_fork(input_parameters=inputs))
    while tasks := bench.poll("t", 100):
        for task in tasks:
            bench.answer(task, output={"v": 1})
    assert bench.get(workflow_id).status == "COMPLETED"
    assert len(bench.task(workflow_id, "j").output_data) == 3000


# -- secrets, domains, limits ----------------------------------------------------------------


def test_a_type_that_the_engine_does_not_know_is_polled_by_its_name(bench: Bench) -> None:
    """The name of the task is that of its definition."""
    workflow_id = bench.run(node("MY_KIND", "m", name="def"))
    (task,) = bench.poll("MY_KIND")
    assert (task.task_type, task.task_def_name) == ("MY_KIND", "def")
    bench.answer(task)
    assert bench.get(workflow_id).status == "COMPLETED"


def test_tasks_of_a_definition_wait_for_a_free_place(bench: Bench) -> None:
    """concurrentExecLimit: when one ends the next goes out at once."""
    bench.task_def("t", concurrent_exec_limit=2)
    bench.workflow_def("w", simple("t"))
    for _ in range(4):
        bench.start("w")
    first = bench.poll("t", 4)
    assert len(first) == 2
    assert bench.poll("t", 4) == []
    bench.answer(first[0])
    assert len(bench.poll("t", 4)) == 1
    bench.pass_time(60)
    assert bench.poll("t", 4) == []
    bench.answer(first[1])
    assert len(bench.poll("t", 4)) == 1


def test_tasks_of_a_definition_are_handed_out_at_their_rate(bench: Bench) -> None:
    """So many in each window, the rest when the window has moved on."""
    bench.task_def("t", rate_limit_per_frequency=2, rate_limit_frequency_in_seconds=10)
    bench.workflow_def("w", simple("t"))
    for _ in range(5):
        bench.start("w")
    assert [len(bench.poll("t", 5)), len(bench.poll("t", 5))] == [2, 0]
    bench.pass_time(10)
    assert [len(bench.poll("t", 5)), len(bench.poll("t", 5))] == [2, 0]


@pytest.mark.parametrize(
    ("domains", "expected"),
    [
        ({"t": "dz,NO_DOMAIN"}, None),
        ({"t": "dz,dy"}, "dy"),
        ({"t": "live,dy"}, "live"),
        ({"*": "dz", "t": "NO_DOMAIN"}, None),
        ({"*": "dz"}, "dz"),
    ],
)
def test_a_task_goes_to_the_first_domain_that_polls_else_to_the_last(
    bench: Bench, domains: dict[str, str], expected: str | None
) -> None:
    """A domain counts as polling for ten seconds."""
    bench.poll("t", domain="live")
    bench.pass_time(9)
    bench.workflow_def("w", simple("t"), node("WAIT", "x"))
    workflow_id = bench.start("w", task_to_domain=domains)
    assert bench.task(workflow_id, "t").domain == expected
    assert len(bench.poll("t", domain=expected)) == 1
