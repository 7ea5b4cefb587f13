"""Pause, resume, terminate, restart, retry, rerun, skip, remove: what they do, and when they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from conductor.engine.errors import Conflict, EngineError, IllegalState, InvalidInput, NotFound
from conductor.engine.model import RerunWorkflowRequest, SkipTaskRequest
from tst.engine_bench import Bench, node, simple, sub_workflow


def test_a_paused_workflow_keeps_results_and_goes_on_when_resumed(bench: Bench) -> None:
    """A task that is queued already is still handed out; its successor comes with the resume."""
    workflow_id = bench.run(simple("a"), simple("b"))
    bench.engine.pause_workflow(workflow_id)
    bench.engine.pause_workflow(workflow_id)
    bench.work("a", output={"v": 1})

    assert bench.get(workflow_id).status == "PAUSED"
    assert [t[0] for t in bench.trace(workflow_id)] == ["a"]
    bench.engine.resume_workflow(workflow_id)
    bench.work("b")
    workflow = bench.get(workflow_id)
    assert (workflow.status, workflow.last_retried_time) == ("COMPLETED", bench.now)


def test_a_deadline_that_comes_while_paused_counts_at_the_resume(bench: Bench) -> None:
    """Nothing times out while the workflow is paused."""
    bench.task_def("a", response_timeout_seconds=5)
    workflow_id = bench.run(simple("a"))
    bench.poll("a")
    bench.engine.pause_workflow(workflow_id)
    bench.pass_time(60)
    assert bench.task(workflow_id, "a").status == "IN_PROGRESS"

    bench.engine.resume_workflow(workflow_id)

    assert bench.get(workflow_id).status == "TIMED_OUT"


def test_terminating_cancels_what_is_open_and_starts_no_failure_workflow(bench: Bench) -> None:
    """The reason is kept; the tasks leave their queues."""
    bench.workflow_def("failure", simple("f"))
    workflow_id = bench.run(simple("a"), failure_workflow="failure")
    bench.engine.terminate_workflow(workflow_id, "enough")

    workflow = bench.get(workflow_id)
    assert (workflow.status, workflow.reason_for_incompletion) == ("TERMINATED", "enough")
    assert bench.task(workflow_id, "a").status == "CANCELED"
    assert bench.poll("a") == []
    assert bench.poll("f") == []
    bench.engine.terminate_workflow(workflow_id, "other")
    assert bench.get(workflow_id).reason_for_incompletion == "enough"


def test_terminating_a_parent_terminates_its_children(bench: Bench) -> None:
    """Each says that its parent was terminated."""
    bench.workflow_def("child", simple("a"))
    parent = bench.run(sub_workflow("s", "child"))
    child = str(bench.task(parent, "s").sub_workflow_id)

    bench.engine.terminate_workflow(parent, "enough")

    ended = bench.get(child)
    assert ended.status == "TERMINATED"
    assert ended.reason_for_incompletion == "Parent workflow has been terminated with reason: enough"


def test_terminating_a_child_terminates_its_parent(bench: Bench) -> None:
    """The task of the child is cancelled."""
    bench.workflow_def("child", simple("a"))
    parent = bench.run(sub_workflow("s", "child"))

    bench.engine.terminate_workflow(str(bench.task(parent, "s").sub_workflow_id), "enough")

    assert (bench.get(parent).status, bench.task(parent, "s").status) == ("TERMINATED", "CANCELED")


def test_a_failure_workflow_gets_what_failed_and_why(bench: Bench) -> None:
    """Its id is in the output of the failed workflow."""
    bench.task_def("a")
    bench.workflow_def("failure", simple("f"))
    workflow_id = bench.run(simple("a"), workflow_input={"k": 1}, failure_workflow="failure")
    task = bench.work("a", "FAILED", reason_for_incompletion="no")

    workflow = bench.get(workflow_id)
    failure = bench.get(workflow.output["conductor.failure_workflow"])
    assert failure.input["failedWorkflow"]["status"] == "FAILED"
    assert {name: failure.input[name] for name in ("k", "workflowId", "reason", "failureStatus", "failureTaskId")} == {
        "k": 1,
        "workflowId": workflow_id,
        "reason": workflow.reason_for_incompletion,
        "failureStatus": "FAILED",
        "failureTaskId": task.task_id,
    }
    assert len(bench.poll("f")) == 1


def test_a_failure_workflow_that_does_not_exist_is_named_in_the_output(bench: Bench) -> None:
    """The workflow fails as it would have."""
    bench.task_def("a")
    workflow_id = bench.run(simple("a"), failure_workflow="$workflow.input.fw", workflow_input={"fw": "nope"})
    bench.work("a", "FAILED")

    assert bench.get(workflow_id).output["conductor.failure_workflow"] == (
        "Error workflow nope failed to start.  reason: No such workflow defined. name=nope, version=null"
    )


def test_a_restart_begins_anew_under_the_same_id(bench: Bench) -> None:
    """Same input; the variables keep their values; the latest definition only where asked for."""
    bench.task_def("a")
    workflow_id = bench.run(node("SET_VARIABLE", "v", input_parameters={"x": 1}), simple("a"), workflow_input={"k": 1})
    bench.work("a", "FAILED")
    bench.pass_time(5)
    bench.workflow_def("w", simple("b"))

    bench.engine.restart_workflow(workflow_id)
    workflow = bench.get(workflow_id)
    assert (workflow.status, workflow.input, workflow.output) == ("RUNNING", {"k": 1}, {})
    assert (workflow.create_time, workflow.end_time, workflow.variables) == (bench.now, 0, {"x": 1})
    assert [t[:3] for t in bench.trace(workflow_id)] == [("v", "SET_VARIABLE", "COMPLETED"), ("a", "a", "SCHEDULED")]

    bench.engine.terminate_workflow(workflow_id)
    bench.engine.restart_workflow(workflow_id, use_latest_definitions=True)
    assert [t[:3] for t in bench.trace(workflow_id)] == [("b", "b", "SCHEDULED")]


def test_a_rerun_from_the_start_keeps_the_old_output_meanwhile(bench: Bench) -> None:
    """Input and correlation id may be given anew."""
    workflow_id = bench.run(simple("a"), workflow_input={"k": 1})
    bench.work("a", output={"v": 1})
    request = RerunWorkflowRequest(workflow_input={"k": 2}, correlation_id="c")

    bench.engine.rerun_workflow(workflow_id, request)

    workflow = bench.get(workflow_id)
    assert (workflow.status, workflow.input, workflow.output) == ("RUNNING", {"k": 2}, {"v": 1})
    assert workflow.correlation_id == "c"
    bench.work("a", output={"v": 2})
    assert bench.get(workflow_id).output == {"v": 2}


def test_a_rerun_from_a_task_of_a_child_revives_the_parent(bench: Bench) -> None:
    """The task is looked for in sub-workflows as well."""
    bench.task_def("b")
    bench.workflow_def("child", simple("a"), simple("b"))
    parent = bench.run(sub_workflow("s", "child"))
    child = str(bench.task(parent, "s").sub_workflow_id)
    bench.work("a")
    bench.work("b", "FAILED")
    assert bench.get(parent).status == "FAILED"

    request = RerunWorkflowRequest(re_run_from_task_id=bench.task(child, "b").task_id)
    bench.engine.rerun_workflow(parent, request)

    assert (bench.get(parent).status, bench.task(parent, "s").status) == ("RUNNING", "IN_PROGRESS")
    bench.work("b")
    assert bench.get(parent).status == "COMPLETED"


def test_a_rerun_of_one_branch_makes_what_followed_in_the_others_again(bench: Bench) -> None:
    """Tasks of other branches that came later are not lost."""
    bench.task_def("t")
    workflow_id = bench.run(
        node("FORK_JOIN", "f", fork_tasks=[[simple("t", "a"), simple("t", "a2")], [simple("t", "b")]]),
        node("JOIN", "j", join_on=["a2", "b"]),
        simple("t", "z"),
    )
    for _ in range(3):
        bench.work("t")
    bench.work("t", "FAILED")
    assert bench.get(workflow_id).status == "FAILED"

    request = RerunWorkflowRequest(re_run_from_task_id=bench.task(workflow_id, "b").task_id)
    bench.engine.rerun_workflow(workflow_id, request)

    for _ in range(3):
        bench.work("t")
    assert bench.get(workflow_id).status == "COMPLETED"


def test_a_rerun_from_a_task_of_a_loop_goes_on_from_its_iteration(bench: Bench) -> None:
    """Later iterations are forgotten."""
    bench.task_def("x")
    workflow_id = bench.run(node("DO_WHILE", "l", loop_condition="$.l.iteration < 3", loop_over=[simple("x")]))
    for value in range(3):
        bench.work("x", output={"v": value})
    assert bench.get(workflow_id).status == "COMPLETED"

    request = RerunWorkflowRequest(re_run_from_task_id=bench.task(workflow_id, "x__2").task_id)
    bench.engine.rerun_workflow(workflow_id, request)

    assert [t[0] for t in bench.trace(workflow_id)] == ["l", "x__1", "x__2"]
    bench.work("x", output={"v": 8})
    bench.work("x", output={"v": 9})
    assert bench.get(workflow_id).status == "COMPLETED"
    assert bench.task(workflow_id, "l").output_data == {
        "iteration": 3,
        "1": {"x": {"v": 0}},
        "2": {"x": {"v": 8}},
        "3": {"x": {"v": 9}},
    }


def test_a_retry_of_a_timed_out_workflow_goes_on(bench: Bench) -> None:
    """The clock of the workflow's timeout starts anew."""
    workflow_id = bench.run(simple("a"), timeout_seconds=10, timeout_policy="TIME_OUT_WF")
    bench.pass_time(10)
    assert bench.get(workflow_id).status == "TIMED_OUT"

    bench.engine.retry_workflow(workflow_id)
    bench.pass_time(9)
    bench.work("a")

    assert bench.get(workflow_id).status == "COMPLETED"


def test_reviving_a_child_revives_its_siblings_too(bench: Bench) -> None:
    """What was cancelled in the parent with the failure of one branch is underway again."""
    bench.task_def("x")
    bench.task_def("y")
    bench.workflow_def("child", simple("x"))
    bench.workflow_def("other", simple("y"))
    parent = bench.run(
        node("FORK_JOIN", "f", fork_tasks=[[sub_workflow("s", "child")], [sub_workflow("o", "other")], [simple("t")]]),
        node("JOIN", "j", join_on=["s", "o", "t"]),
    )
    bench.work("x", "FAILED")
    assert [t[2] for t in bench.trace(parent)] == ["COMPLETED", "FAILED", "CANCELED", "CANCELED", "CANCELED"]

    bench.engine.retry_workflow(str(bench.task(parent, "s").sub_workflow_id))

    assert [t[2:4] for t in bench.trace(parent)] == [
        ("COMPLETED", 0),
        ("IN_PROGRESS", 0),
        ("IN_PROGRESS", 0),
        ("SCHEDULED", 1),
        ("IN_PROGRESS", 0),
    ]
    for name in "xyt":
        bench.work(name)
    assert bench.get(parent).status == "COMPLETED"


def test_a_skipped_task_shows_what_the_request_gives_it(bench: Bench) -> None:
    """The next task reads its output."""
    workflow_id = bench.run(simple("a"), simple("b"), simple("c", input_parameters={"v": "${b.output.v}"}))
    bench.engine.skip_task(workflow_id, "b", SkipTaskRequest(task_output={"v": 7}))
    bench.work("a")

    assert bench.work("c").input_data == {"v": 7}


def test_resetting_callbacks_makes_waiting_tasks_pollable(bench: Bench) -> None:
    """Only tasks for workers are."""
    workflow_id = bench.run(simple("a"))
    bench.work("a", "IN_PROGRESS", callback_after_seconds=1000)
    assert bench.poll("a") == []

    bench.engine.reset_callbacks(workflow_id)

    assert len(bench.poll("a")) == 1


def test_a_removed_workflow_is_gone(bench: Bench) -> None:
    """At once, and after a restart; its tasks with it."""
    workflow_id = bench.run(simple("a"))
    task_id = bench.work("a").task_id or ""
    bench.engine.flush()
    bench.engine.remove_workflow(workflow_id)
    for _ in range(2):
        with pytest.raises(NotFound):
            bench.get(workflow_id)
        bench.engine.flush()
        with pytest.raises(NotFound):
            bench.engine.get_task(task_id)
        bench.restart()


REFUSALS: list[tuple[str, Any, type[EngineError], str]] = [
    ("done", lambda e, i: e.pause_workflow(i), Conflict, "Workflow w.1/{id} has ended, status cannot be updated."),
    ("done", lambda e, i: e.terminate_workflow(i), Conflict, "Cannot terminate a COMPLETED workflow."),
    ("done", lambda e, i: e.reset_callbacks(i), Conflict, "Workflow is in terminal state. Status = COMPLETED"),
    (
        "done",
        lambda e, i: e.skip_task(i, "a"),
        IllegalState,
        "The workflow {id} is not running so the task referenced by a cannot be skipped",
    ),
    (
        "done",
        lambda e, i: e.retry_workflow(i),
        Conflict,
        "There are no retryable tasks! Use restart if you want to attempt entire workflow execution again.",
    ),
    (
        "done",
        lambda e, i: e.rerun_workflow(i, RerunWorkflowRequest(re_run_from_task_id="t")),
        InvalidInput,
        "Task t not found",
    ),
    (
        "open",
        lambda e, i: e.resume_workflow(i),
        IllegalState,
        "The workflow {id} is not PAUSED so cannot resume. Current status is RUNNING",
    ),
    ("open", lambda e, i: e.retry_workflow(i), NotFound, "Workflow is still running.  status=RUNNING"),
    ("open", lambda e, i: e.remove_workflow(i), InvalidInput, "Cannot archive workflow: {id} with status: RUNNING"),
    (
        "open",
        lambda e, i: e.skip_task(i, "a"),
        IllegalState,
        "The task referenced a has already been processed, cannot be skipped",
    ),
    (
        "open",
        lambda e, i: e.skip_task(i, "zz"),
        IllegalState,
        "The task referenced by zz does not exist in the WorkflowDefinition w",
    ),
]


@pytest.mark.parametrize(("state", "action", "error", "message"), REFUSALS)
def test_a_refusal_says_why(bench: Bench, state: str, action: Any, error: type[EngineError], message: str) -> None:
    """In the words of the server."""
    workflow_id = bench.run(simple("a"))
    if state == "done":
        bench.work("a")

    with pytest.raises(error) as refusal:
        action(bench.engine, workflow_id)

    assert refusal.value.message == message.format(id=workflow_id)


def test_bulk_operations_say_what_became_of_each(bench: Bench) -> None:
    """One that fails does not keep the others from being done."""
    bench.workflow_def("w", simple("a"))
    ids = [bench.start("w"), bench.start("w")]

    response = bench.engine.bulk_pause([ids[0], "nope", ids[1]])

    assert response.bulk_successful_results == ids
    assert response.bulk_error_results == {"nope": "No such workflow found by id: nope"}
    assert bench.engine.bulk_terminate_and_remove(ids).bulk_successful_results == ids
    with pytest.raises(InvalidInput):
        bench.engine.bulk_resume([])
    with pytest.raises(InvalidInput):
        bench.engine.bulk_resume(["x"] * 1001)
