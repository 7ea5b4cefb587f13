"""Workflows of worker tasks: scheduling order, forks, switches, retries, what late and foreign results do."""

from __future__ import annotations

from typing import Any

import pytest

from conductor.engine.errors import NotFound, ValidationFailed
from conductor.engine.model import TaskResult
from tst.engine_bench import Bench, node, simple


def test_a_chain_runs_in_order_and_hands_outputs_on(bench: Bench) -> None:
    """The second task's input is the first one's output; the workflow's output is the last task's."""
    workflow_id = bench.run(simple("a"), simple("b", input_parameters={"x": "${a.output.v}"}))

    bench.work("a", output={"v": 7})
    task = bench.work("b", output={"done": True})

    assert task.input_data == {"x": 7}
    workflow = bench.get(workflow_id)
    assert (workflow.status, workflow.output) == ("COMPLETED", {"done": True})
    assert bench.trace(workflow_id) == [("a", "a", "COMPLETED", 0, 1), ("b", "b", "COMPLETED", 0, 2)]


def test_a_fork_schedules_its_branches_then_the_join(bench: Bench) -> None:
    """Sequence numbers: the fork, the heads of branches, the join, later tasks of branches."""
    workflow_id = bench.run(
        node("FORK_JOIN", "f", fork_tasks=[[simple("t", "a"), simple("t", "a2")], [simple("t", "b")]]),
        node("JOIN", "j", join_on=["a2", "b"]),
        simple("t", "z"),
    )
    for value in range(4):
        bench.work("t", output={"v": value})

    assert [(t[0], t[4]) for t in bench.trace(workflow_id)] == [
        ("f", 1),
        ("a", 2),
        ("b", 3),
        ("j", 4),
        ("a2", 5),
        ("z", 6),
    ]
    assert bench.task(workflow_id, "j").output_data == {"a2": {"v": 2}, "b": {"v": 1}}
    assert bench.get(workflow_id).status == "COMPLETED"


def test_a_fork_that_no_join_follows_fails_the_workflow(bench: Bench) -> None:
    """Nothing of it is scheduled."""
    workflow_id = bench.run(node("FORK_JOIN", "f", fork_tasks=[[simple("t")]]))

    workflow = bench.get(workflow_id)
    assert workflow.status == "FAILED"
    assert workflow.reason_for_incompletion == (
        "Fork task definition is not followed by a join task.  Check the blueprint"
    )
    assert workflow.tasks == []


@pytest.mark.parametrize(
    ("value", "selected", "taken"), [("A", "A", "a"), (1, "1", "one"), (None, "null", "other"), (True, "true", "other")]
)
def test_a_switch_takes_the_case_of_its_value_or_the_default(
    bench: Bench, value: Any, selected: str, taken: str
) -> None:
    """The value is compared as text."""
    workflow_id = bench.run(
        node(
            "SWITCH",
            "s",
            evaluator_type="value-param",
            expression="k",
            input_parameters={"k": "${workflow.input.k}"},
            decision_cases={"A": [simple("t", "a")], "1": [simple("t", "one")]},
            default_case=[simple("t", "other")],
        ),
        simple("t", "after"),
        workflow_input={"k": value},
    )

    assert [t[0] for t in bench.trace(workflow_id)] == ["s", taken]
    switch = bench.task(workflow_id, "s")
    assert switch.output_data == {"evaluationResult": [selected], "selectedCase": selected}
    assert switch.input_data == {"k": value, "case": selected, "hasChildren": "true"}
    bench.work("t")
    bench.work("t")
    assert bench.get(workflow_id).status == "COMPLETED"


def test_an_empty_case_does_nothing_and_goes_on(bench: Bench) -> None:
    """A case that is there but empty is not the default one."""
    workflow_id = bench.run(
        node(
            "SWITCH",
            "s",
            evaluator_type="value-param",
            expression="k",
            input_parameters={"k": "A"},
            decision_cases={"A": []},
            default_case=[simple("t", "other")],
        ),
        simple("t", "after"),
    )

    assert [t[0] for t in bench.trace(workflow_id)] == ["s", "after"]


def test_a_failed_task_is_tried_again_with_a_new_id_and_its_reason_kept(bench: Bench) -> None:
    """The first attempt is marked as retried, the next one points back to it."""
    bench.task_def("t", retry_count=1)
    workflow_id = bench.run(simple("t"))

    failed = bench.work("t", "FAILED", reason_for_incompletion="why")

    first, second = bench.get(workflow_id).tasks
    assert (first.status, first.retried, first.executed) == ("FAILED", True, False)
    assert (second.status, second.retry_count, second.seq) == ("SCHEDULED", 1, 2)
    assert (second.retried_task_id, second.reason_for_incompletion) == (failed.task_id, "why")

    last = bench.work("t", "FAILED", reason_for_incompletion="again")
    workflow = bench.get(workflow_id)
    assert workflow.status == "FAILED"
    assert workflow.reason_for_incompletion == f"Task {last.task_id} failed with status: FAILED and reason: 'again'"
    assert workflow.failed_reference_task_names == ["t"]


@pytest.mark.parametrize(
    ("fields", "delays"),
    [
        ({"retry_logic": "FIXED", "retry_delay_seconds": 5}, [5, 5]),
        ({"retry_logic": "LINEAR_BACKOFF", "retry_delay_seconds": 1, "backoff_scale_factor": 2}, [2, 4]),
        ({"retry_logic": "EXPONENTIAL_BACKOFF", "retry_delay_seconds": 2}, [2, 4]),
        ({"retry_logic": "FIXED", "retry_delay_seconds": 50, "max_retry_delay_seconds": 3}, [3, 3]),
    ],
)
def test_a_retry_waits_as_its_logic_says(bench: Bench, fields: dict[str, Any], delays: list[int]) -> None:
    """Not a moment before its delay is a task handed out again."""
    bench.task_def("t", retry_count=2, **fields)
    workflow_id = bench.run(simple("t"))
    for delay in delays:
        bench.work("t", "FAILED")
        assert bench.task(workflow_id, "t").callback_after_seconds == delay
        bench.pass_time(delay - 0.001)
        assert bench.poll("t") == []
        bench.pass_time(0.001)
    bench.work("t")

    assert bench.get(workflow_id).status == "COMPLETED"


def test_a_task_that_is_not_answered_in_time_is_tried_again(bench: Bench) -> None:
    """The response timeout ends the attempt at its deadline; a late result of it changes nothing."""
    bench.task_def("t", retry_count=1, response_timeout_seconds=10)
    workflow_id = bench.run(simple("t"))
    (lost,) = bench.poll("t")

    bench.pass_time(10)

    first = bench.get(workflow_id).tasks[0]
    assert first.status == "TIMED_OUT"
    assert first.reason_for_incompletion == (
        f"responseTimeout: 10 exceeded for the taskId: {lost.task_id} with Task Definition: t"
    )
    bench.answer(lost, output={"late": True})
    assert bench.get(workflow_id).tasks[0].output_data == {}
    bench.work("t")
    assert bench.get(workflow_id).status == "COMPLETED"


def test_extending_the_lease_starts_the_response_timeout_anew(bench: Bench) -> None:
    """All else of such an update is ignored."""
    bench.task_def("t", response_timeout_seconds=10)
    workflow_id = bench.run(simple("t"))
    (task,) = bench.poll("t")
    bench.pass_time(9)
    bench.answer(task, "COMPLETED", {"x": 1}, extend_lease=True)
    bench.pass_time(9)

    assert bench.task(workflow_id, "t").status == "IN_PROGRESS"
    assert bench.task(workflow_id, "t").output_data == {}


def test_a_task_in_progress_goes_back_into_its_queue(bench: Bench) -> None:
    """After callbackAfterSeconds it is handed out again, with the output that it had."""
    workflow_id = bench.run(simple("t"))
    bench.work("t", "IN_PROGRESS", {"part": 1}, callback_after_seconds=30)

    assert bench.task(workflow_id, "t").status == "SCHEDULED"
    assert bench.poll("t") == []
    bench.pass_time(30)
    (again,) = bench.poll("t")
    assert (again.poll_count, again.output_data) == (2, {"part": 1})


def test_only_the_first_result_counts(bench: Bench) -> None:
    """A second one is taken without an error and changes nothing."""
    workflow_id = bench.run(simple("t"))
    task = bench.work("t", output={"v": 1})
    bench.answer(task, "FAILED", {"v": 2})

    workflow = bench.get(workflow_id)
    assert (workflow.status, workflow.output) == ("COMPLETED", {"v": 1})


def test_a_result_for_nobody_is_an_error(bench: Bench) -> None:
    """It names what is missing: first the workflow, then the task."""
    workflow_id = bench.run(simple("t"))
    with pytest.raises(NotFound, match="No such workflow found by id: nobody"):
        bench.engine.update_task(TaskResult(workflow_instance_id="nobody", task_id="x", status="COMPLETED"))
    with pytest.raises(NotFound, match="No such task found by id: x"):
        bench.engine.update_task(TaskResult(workflow_instance_id=workflow_id, task_id="x", status="COMPLETED"))
    with pytest.raises(ValidationFailed):
        bench.engine.update_task(TaskResult(status="COMPLETED"))


def test_an_update_v2_hands_out_the_next_task_of_the_kind(bench: Bench) -> None:
    """None where there is none, and where the task goes on."""
    bench.workflow_def("w", simple("t"))
    first, second = bench.start("w"), bench.start("w")
    (task,) = bench.poll("t")
    assert task.workflow_instance_id == first

    def result(status: Any) -> TaskResult:
        return TaskResult(workflow_instance_id=task.workflow_instance_id, task_id=task.task_id, status=status)

    following = bench.engine.update_task_v2(result("COMPLETED"))
    assert following is not None
    assert following.workflow_instance_id == second
    assert bench.engine.update_task_v2(result("COMPLETED")) is None


def test_what_was_written_is_there_after_a_restart(bench: Bench) -> None:
    """Queues and deadlines are built again from the records."""
    bench.task_def("t", retry_count=1, response_timeout_seconds=10)
    running, queued = bench.run(simple("t")), bench.start("w")
    (task,) = bench.poll("t")
    before = [bench.get(running), bench.get(queued)]
    bench.engine.flush()
    bench.restart()

    assert [bench.get(running), bench.get(queued)] == before
    assert [t.workflow_instance_id for t in bench.poll("t", 5)] == [queued]
    bench.pass_time(10)
    assert [t.workflow_instance_id for t in bench.poll("t", 5)] == [running, queued]
    assert bench.get(running).tasks[0].status == "TIMED_OUT"
    assert task.workflow_instance_id == running


def test_tasks_go_out_by_priority_then_by_age(bench: Bench) -> None:
    """Higher priorities first."""
    bench.workflow_def("w", simple("t"))
    ids = {priority: bench.start("w", priority=priority) for priority in (0, 9, 5)}

    assert [t.workflow_instance_id for t in bench.poll("t", 3)] == [ids[9], ids[5], ids[0]]
