"""The task lists that the Conductor server 3.32.3 showed for the same workflows."""

from __future__ import annotations

from typing import Any

from conductor.engine.model import RerunWorkflowRequest
from tst.engine_bench import Bench, node, simple, sub_workflow


def inline(ref: str, expression: str = "1", **inputs: Any) -> Any:
    return node("INLINE", ref, input_parameters={"expression": expression, **inputs})


def loop(ref: str, condition: str, *tasks: Any, **fields: Any) -> Any:
    return node("DO_WHILE", ref, loop_condition=condition, loop_over=list(tasks), **fields)


def test_a_fork_of_inline_tasks(bench: Bench) -> None:
    """All of it is done when the start returns; the join has one output a joined task."""
    workflow_id = bench.run(
        node("FORK_JOIN", "f", fork_tasks=[[inline("a"), inline("a2", "2")], [inline("b", "3")]]),
        node("JOIN", "j", join_on=["a2", "b"]),
        inline("z"),
    )

    assert [(t[0], t[1], t[4]) for t in bench.trace(workflow_id)] == [
        ("f", "FORK", 1),
        ("a", "INLINE", 2),
        ("b", "INLINE", 3),
        ("j", "JOIN", 4),
        ("a2", "INLINE", 5),
        ("z", "INLINE", 6),
    ]
    assert bench.task(workflow_id, "j").output_data == {"a2": {"result": 2}, "b": {"result": 3}}
    assert bench.get(workflow_id).status == "COMPLETED"


def test_a_loop_of_two_tasks_three_times(bench: Bench) -> None:
    """Iterations are suffixes; the loop's output has the outputs by iteration and base name."""
    workflow_id = bench.run(
        loop(
            "lp",
            "if ($.lp['iteration'] < $.n) { true; } else { false; }",
            inline("x", "$.i * 10", i="${lp.output.iteration}"),
            inline("y"),
            input_parameters={"n": 3},
        ),
        inline("after", "$.v", v="${lp.output.2.x.result}"),
    )

    assert [(t[0], t[4]) for t in bench.trace(workflow_id)] == [
        ("lp", 1),
        ("x__1", 2),
        ("y__1", 3),
        ("x__2", 4),
        ("y__2", 5),
        ("x__3", 6),
        ("y__3", 7),
        ("after", 8),
    ]
    output = bench.task(workflow_id, "lp").output_data
    assert output == {
        "iteration": 3,
        "1": {"x": {"result": 10}, "y": {"result": 1}},
        "2": {"x": {"result": 20}, "y": {"result": 1}},
        "3": {"x": {"result": 30}, "y": {"result": 1}},
    }
    assert bench.task(workflow_id, "lp").iteration == 3
    assert bench.task(workflow_id, "after").output_data == {"result": 20}


def test_a_loop_with_a_switch_and_a_fork_in_it(bench: Bench) -> None:
    """All tasks of an iteration carry its suffix; the join's input does not, its output does."""
    workflow_id = bench.run(
        loop(
            "lp",
            "$.lp.iteration < 2",
            node(
                "SWITCH",
                "s",
                evaluator_type="value-param",
                expression="k",
                input_parameters={"k": "A"},
                decision_cases={"A": [inline("sa")]},
            ),
            node("FORK_JOIN", "ff", fork_tasks=[[inline("fa")]]),
            node("JOIN", "fj", join_on=["fa"]),
        ),
    )

    refs = [t[0] for t in bench.trace(workflow_id)]
    assert refs == ["lp", *(f"{ref}__{i}" for i in (1, 2) for ref in ("s", "sa", "ff", "fa", "fj"))]
    join = bench.task(workflow_id, "fj__1")
    assert join.input_data["joinOn"] == ["fa"]
    assert join.output_data == {"fa__1": {"result": 1}}
    assert set(bench.task(workflow_id, "lp").output_data["1"]) == {"s", "sa", "ff", "fa", "fj"}
    assert bench.get(workflow_id).status == "COMPLETED"


def test_retries_and_a_manual_retry_after_them(bench: Bench) -> None:
    """The retry count goes on: a task that had its tries gets exactly one more."""
    bench.task_def("t", retry_count=2)
    workflow_id = bench.run(simple("t", "a"))
    bench.work("t", "FAILED", reason_for_incompletion="one")
    first, second = bench.get(workflow_id).tasks
    assert (first.retried, first.executed) == (True, False)
    assert second.reason_for_incompletion == "one"
    bench.work("t", "FAILED_WITH_TERMINAL_ERROR")
    assert bench.get(workflow_id).status == "FAILED"

    bench.engine.retry_workflow(workflow_id)

    assert bench.trace(workflow_id)[-1] == ("a", "t", "SCHEDULED", 2, 3)
    assert bench.task(workflow_id, "a").reason_for_incompletion is None
    bench.work("t", "FAILED")
    assert bench.get(workflow_id).status == "FAILED"


def test_a_failed_fork_and_a_manual_retry(bench: Bench) -> None:
    """The other branch and the join are cancelled; the retry makes the branches anew and goes on with the join."""
    bench.task_def("a")
    bench.task_def("b")
    workflow_id = bench.run(
        node("FORK_JOIN", "f", fork_tasks=[[simple("a")], [simple("b")]]), node("JOIN", "j", join_on=["a", "b"])
    )
    bench.work("a", "FAILED")
    assert [t[:4] for t in bench.trace(workflow_id)] == [
        ("f", "FORK", "COMPLETED", 0),
        ("a", "a", "FAILED", 0),
        ("b", "b", "CANCELED", 0),
        ("j", "JOIN", "CANCELED", 0),
    ]
    join = bench.task(workflow_id, "j").task_id

    bench.engine.retry_workflow(workflow_id)

    assert [t for t in bench.trace(workflow_id) if t[2] in ("SCHEDULED", "IN_PROGRESS")] == [
        ("j", "JOIN", "IN_PROGRESS", 0, 4),
        ("a", "a", "SCHEDULED", 1, 5),
        ("b", "b", "SCHEDULED", 1, 6),
    ]
    assert bench.task(workflow_id, "j").task_id == join
    bench.work("a", output={"v": 1})
    bench.work("b", output={"v": 2})
    assert bench.get(workflow_id).status == "COMPLETED"
    assert bench.task(workflow_id, "j").output_data == {"a": {"v": 1}, "b": {"v": 2}}


def test_a_failed_loop_and_a_manual_retry(bench: Bench) -> None:
    """The loop goes on in the iteration that failed."""
    bench.task_def("x")
    workflow_id = bench.run(loop("l", "$.l.iteration < 2", simple("x")))
    bench.work("x", output={"v": 1})
    bench.work("x", "FAILED")
    assert [t[:3] for t in bench.trace(workflow_id)] == [
        ("l", "DO_WHILE", "CANCELED"),
        ("x__1", "x", "COMPLETED"),
        ("x__2", "x", "FAILED"),
    ]

    bench.engine.retry_workflow(workflow_id)

    retried = bench.get(workflow_id).tasks[-1]
    assert (retried.reference_task_name, retried.status, retried.retry_count) == ("x__2", "SCHEDULED", 1)
    assert (retried.iteration, bench.task(workflow_id, "l").status) == (2, "IN_PROGRESS")
    bench.work("x", output={"v": 2})
    assert bench.get(workflow_id).status == "COMPLETED"
    assert bench.task(workflow_id, "l").output_data == {"iteration": 2, "1": {"x": {"v": 1}}, "2": {"x": {"v": 2}}}


def test_a_rerun_from_a_task_with_another_input(bench: Bench) -> None:
    """The task keeps its id; what came after it is gone."""
    for name in "abc":
        bench.task_def(name)
    workflow_id = bench.run(simple("a"), simple("b"), simple("c"))
    bench.work("a")
    bench.work("b")
    bench.work("c", "FAILED")
    before = bench.task(workflow_id, "b")

    request = RerunWorkflowRequest(re_run_from_task_id=before.task_id, task_input={"x": 99})
    assert bench.engine.rerun_workflow(workflow_id, request) == workflow_id

    assert [t[:3] for t in bench.trace(workflow_id)] == [("a", "a", "COMPLETED"), ("b", "b", "SCHEDULED")]
    after = bench.work("b")
    assert (after.task_id, after.input_data) == (before.task_id, {"x": 99})
    bench.work("c")
    assert bench.get(workflow_id).status == "COMPLETED"


def failed_parent(bench: Bench) -> str:
    bench.task_def("x")
    bench.task_def("y")
    bench.workflow_def("child", simple("x"), simple("y"))
    parent = bench.run(sub_workflow("s", "child"))
    bench.work("x")
    bench.work("y", "FAILED_WITH_TERMINAL_ERROR", reason_for_incompletion="no")
    assert bench.get(parent).status == "FAILED"
    return parent


def test_a_retry_of_a_parent_starts_a_new_child(bench: Bench) -> None:
    """The old child stays as it ended."""
    parent = failed_parent(bench)
    old = bench.task(parent, "s").sub_workflow_id

    bench.engine.retry_workflow(parent)

    assert [t[2:4] for t in bench.trace(parent)] == [("FAILED", 0), ("IN_PROGRESS", 1)]
    new = bench.task(parent, "s").sub_workflow_id
    assert new not in (None, old)
    assert bench.get(str(old)).status == "FAILED"
    bench.work("x")
    bench.work("y", output={"z": 1})
    assert bench.get(parent).status == "COMPLETED"
    assert bench.get(parent).output == {"subWorkflowId": new, "z": 1}


def test_a_retry_that_resumes_sub_workflows_goes_on_in_the_child(bench: Bench) -> None:
    """The same child retries what failed in it, and the parent is underway again."""
    parent = failed_parent(bench)
    child = str(bench.task(parent, "s").sub_workflow_id)
    reason = bench.get(child).reason_for_incompletion
    assert bench.task(parent, "s").reason_for_incompletion == (f"Sub workflow child.1/{child} failure reason: {reason}")

    bench.engine.retry_workflow(parent, resume_subworkflow_tasks=True)

    assert [t[2:4] for t in bench.trace(parent)] == [("IN_PROGRESS", 0)]
    assert bench.task(parent, "s").sub_workflow_id == child
    assert [t[:4] for t in bench.trace(child)] == [
        ("x", "x", "COMPLETED", 0),
        ("y", "y", "FAILED_WITH_TERMINAL_ERROR", 0),
        ("y", "y", "SCHEDULED", 1),
    ]
    logs = bench.engine.get_task_logs(bench.task(parent, "s").task_id or "")
    assert [entry.log for entry in logs] == [f"Sub workflow child.1/{child} retried."]
    bench.work("y")
    assert bench.get(parent).status == "COMPLETED"


def test_skipping_the_last_task(bench: Bench) -> None:
    """It is listed first, without a sequence number, and the workflow completes without it."""
    workflow_id = bench.run(simple("a"), simple("b"))

    bench.engine.skip_task(workflow_id, "b")

    assert bench.trace(workflow_id) == [("b", "b", "SKIPPED", 0, 0), ("a", "a", "SCHEDULED", 0, 1)]
    bench.work("a")
    assert bench.get(workflow_id).status == "COMPLETED"


def test_when_timeouts_are_noticed(bench: Bench) -> None:
    """At their deadline, each of them, not at a later sweep."""
    for name, fields in {
        "response": {"response_timeout_seconds": 1},
        "poll": {"poll_timeout_seconds": 1},
        "task": {"timeout_seconds": 2, "response_timeout_seconds": 2},
        "total": {"total_timeout_seconds": 2, "response_timeout_seconds": 60},
    }.items():
        bench.task_def(name, **fields)
        bench.workflow_def(name, simple(name))
    ids = {name: bench.start(name) for name in ("response", "poll", "task", "total")}
    bench.workflow_def("whole", simple("other"), timeout_seconds=2, timeout_policy="TIME_OUT_WF")
    ids["whole"] = bench.start("whole")
    for name in ("response", "task", "total"):
        bench.poll(name)
    statuses = []
    for _ in range(2):
        bench.pass_time(0.999)
        before = {name: bench.get(workflow_id).status for name, workflow_id in ids.items()}
        bench.pass_time(0.001)
        after = {name: bench.get(workflow_id).status for name, workflow_id in ids.items()}
        statuses.append([name for name in ids if before[name] != after[name]])

    assert statuses == [["response", "poll"], ["task", "total", "whole"]]
    assert {bench.get(workflow_id).status for workflow_id in ids.values()} == {"TIMED_OUT"}
    assert bench.get(ids["whole"]).reason_for_incompletion == (
        "Workflow timed out after 2 seconds. Timeout configured as 2 seconds. Timeout policy configured to TIME_OUT_WF"
    )
