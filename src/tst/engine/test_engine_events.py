"""Events, schedules, synchronous answers, tests of workflows, secrets."""

from __future__ import annotations

from typing import Any

import pytest

from conductor.engine.errors import Conflict, IllegalState, InvalidInput, NotFound, ReadOnly, ValidationFailed
from conductor.engine.expressions import Environment
from conductor.engine.messages import StartWorkflowAction, TaskAction, TerminateAction, UpdateVariablesAction
from conductor.engine.model import (
    Action,
    CronSchedule,
    EventHandler,
    StartWorkflowRequest,
    TaskMock,
    TaskRun,
    WorkflowRun,
    WorkflowSchedule,
    WorkflowTestRequest,
)
from tst.engine_bench import START, Bench, node, simple, sub_workflow


def handler(event: str, *actions: Action, **fields: Any) -> EventHandler:
    return EventHandler(name=fields.pop("name", "h"), event=event, actions=list(actions), active=True, **fields)


def event_task(ref: str, sink: str = "conductor", **fields: Any) -> Any:
    return node("EVENT", ref, sink=sink, **fields)


START_W2 = Action(
    action="start_workflow",
    start_workflow=StartWorkflowAction(name="w2", input={"k": "${k}"}, correlation_id="${workflowInstanceId}"),
)


def test_an_event_starts_a_workflow(bench: Bench) -> None:
    """Its input comes from the message; the event is named in it."""
    bench.workflow_def("w2", simple("b"))
    bench.engine.add_event_handler(handler("conductor:w:e", START_W2))
    workflow_id = bench.run(event_task("e", input_parameters={"k": 5}))
    task = bench.task(workflow_id, "e")
    assert bench.get(workflow_id).status == "COMPLETED"
    assert task.output_data["event_produced"] == "conductor:w:e"
    (work,) = bench.poll("b")
    started = bench.get(work.workflow_instance_id or "")
    assert started.input == {
        "k": 5,
        "conductor.event.messageId": task.task_id,
        "conductor.event.name": "conductor:w:e",
    }
    assert (started.correlation_id, started.event) == (workflow_id, "conductor:w:e")


def test_a_message_that_nobody_handles_waits_for_a_handler(bench: Bench) -> None:
    """Over a restart as well; it is handled once."""
    bench.workflow_def("w2", simple("b"))
    bench.run(event_task("e", input_parameters={"k": 5}))
    bench.engine.flush()
    bench.restart()
    bench.engine.add_event_handler(handler("conductor:w:e", START_W2))
    assert len(bench.poll("b", 5)) == 1
    bench.engine.flush()
    bench.restart()
    bench.pass_time(1)
    assert bench.poll("b", 5) == []


def test_conditions_and_activity_decide_whether_a_handler_acts(bench: Bench) -> None:
    """A false condition, or an inactive handler, does nothing."""
    bench.workflow_def("w2", simple("b"))
    for condition in ("$.k > 6", "$.inner.x == 1"):
        bench.engine.add_event_handler(handler("conductor:w:e", START_W2, name=condition, condition=condition))
    inactive = handler("conductor:w:e", START_W2, name="inactive")
    inactive.active = False
    bench.engine.add_event_handler(inactive)
    bench.run(event_task("e", input_parameters={"k": 5, "inner": '{"x": 1}'}))
    assert len(bench.poll("b", 9)) == 1


def test_events_end_tasks_and_change_workflows(bench: Bench) -> None:
    """By id, by reference name; workflows are terminated and get variables."""
    waiting = bench.run(node("WAIT", "x"), node("WAIT", "y"), node("WAIT", "z"), variables={"list": [1]})
    ids = {"workflow_id": "${wf}"}
    actions = {
        "done": Action(
            action="complete_task",
            complete_task=TaskAction(task_ref_name="x", output={"v": "${v}"}, **ids),
        ),
        "failed": Action(
            action="fail_task",
            fail_task=TaskAction(task_id="${task}", reason_for_incompletion="${v}", **ids),
        ),
        "vars": Action(
            action="update_workflow_variables",
            update_workflow_variables=UpdateVariablesAction(variables={"list": "${v}"}, append_array=True, **ids),
        ),
        "end": Action(
            action="terminate_workflow",
            terminate_workflow=TerminateAction(termination_reason="${v}", **ids),
        ),
        "agent": Action(action="start_agent"),
    }
    for name, action in actions.items():
        bench.engine.add_event_handler(handler(f"conductor:{name}", action, name=name))
    publish = bench.engine.publish_event

    publish("conductor:done", {"wf": waiting, "v": 7}, "m1")
    x = bench.task(waiting, "x")
    assert x.status == "COMPLETED"
    assert (x.output_data["v"], x.output_data["conductor.event.messageId"]) == (7, "m1")
    publish("conductor:vars", {"wf": waiting, "v": [2, 3]})
    assert bench.get(waiting).variables == {"list": [1, 2, 3]}
    publish("conductor:failed", {"wf": waiting, "v": "why", "task": bench.task(waiting, "y").task_id})
    assert bench.get(waiting).status == "FAILED"
    assert bench.task(waiting, "y").reason_for_incompletion == "why"
    other = bench.start("w")
    publish("conductor:end", {"wf": other, "v": "enough"})
    assert bench.get(other).reason_for_incompletion == "enough"
    publish("conductor:agent", {})
    publish("conductor:done", {"wf": "nobody"})


def test_workflows_that_start_each_other_by_events_do_not_stop_the_engine(bench: Bench) -> None:
    """So many at once, the rest later."""
    bench.engine.add_event_handler(
        handler("conductor:w:e", Action(action="start_workflow", start_workflow=StartWorkflowAction(name="w")))
    )
    bench.run(event_task("e"))
    assert bench.engine.next_deadline() == bench.now
    bench.engine.tick(bench.now)
    bench.engine.flush()
    assert len(bench.store._workflows) > 200
    bench.engine.remove_event_handler("h")


@pytest.mark.parametrize(
    ("sink", "reason"),
    [
        ("conductorX", "Invalid / Unsupported sink specified: conductorX"),
        ("foo:bar", "Error loading queue:foo:bar, for task:{id}, error: Unknown queue type foo"),
    ],
)
def test_an_event_for_a_queue_that_is_not_there_fails(bench: Bench, sink: str, reason: str) -> None:
    """In the words of the server."""
    workflow_id = bench.run(event_task("e", sink))
    task = bench.task(workflow_id, "e")
    assert (task.status, task.reason_for_incompletion) == ("FAILED", reason.format(id=task.task_id))


def test_an_event_task_may_wait_for_its_completion(bench: Bench) -> None:
    """asyncComplete."""
    workflow_id = bench.run(event_task("e", "conductor:x", async_complete=True))
    task = bench.task(workflow_id, "e")
    assert (task.status, task.output_data["event_produced"]) == ("IN_PROGRESS", "conductor:w:x")
    bench.engine.update_task_by_ref(workflow_id, "e", "COMPLETED", {})
    assert bench.get(workflow_id).status == "COMPLETED"


def test_handlers_are_added_changed_and_removed(bench: Bench) -> None:
    """What makes no sense is refused; they are there after a restart."""
    engine = bench.engine
    engine.add_event_handler(handler("conductor:a", START_W2))
    with pytest.raises(Conflict, match="EventHandler with name h already exists!"):
        engine.add_event_handler(handler("conductor:a", START_W2))
    with pytest.raises(NotFound, match="EventHandler with name x not found!"):
        engine.update_event_handler(handler("conductor:a", START_W2, name="x"))
    with pytest.raises(NotFound):
        engine.remove_event_handler("x")
    with pytest.raises(ValidationFailed):
        engine.add_event_handler(EventHandler())
    engine.update_event_handler(handler("conductor:b", START_W2))
    engine.flush()
    bench.restart()
    assert [h.event for h in bench.engine.get_event_handlers()] == ["conductor:b"]
    assert bench.engine.get_event_handlers("conductor:a") == []
    assert bench.engine.get_event_queues() == {"conductor:b": "b"}


# -- schedules --------------------------------------------------------------------


def schedule(cron: str = "0 * * * * *", **fields: Any) -> WorkflowSchedule:
    request = StartWorkflowRequest(name="w", input={"k": 1})
    return WorkflowSchedule(name="s", cron_expression=cron, start_workflow_request=request, **fields)


def runs(bench: Bench) -> list[int]:
    """When the schedule fired, in seconds after the start, oldest first."""
    page = bench.engine.search_schedule_executions(sort="scheduledTime:ASC")
    return [(run.scheduled_time - START) // 1000 for run in page.results]


def test_a_schedule_starts_its_workflow_at_its_times(bench: Bench) -> None:
    """Once each, a restart in between or not; the workflow is told who started it."""
    bench.workflow_def("w", simple("a"))
    bench.engine.save_schedule(schedule())
    for _ in range(3):
        bench.pass_time(60)
        bench.engine.flush()
        bench.restart()
    assert runs(bench) == [40, 100, 160]
    (task, *_) = bench.poll("a", 9)
    workflow = bench.get(task.workflow_instance_id or "")
    first = bench.engine.search_schedule_executions(f"executionId={workflow.input['_executionId']}").results[0]
    assert workflow.input == {
        "k": 1,
        "_startedByScheduler": "s",
        "_scheduledTime": START + 40_000,
        "_executedTime": START + 40_000,
        "_executionId": first.execution_id,
        "_schedulerCron": "0 * * * * * UTC",
    }
    assert (first.state, first.workflow_id) == ("EXECUTED", workflow.workflow_id)


def test_a_schedule_catches_up_only_where_it_is_told_to(bench: Bench) -> None:
    """Missed times are passed over, or made up for one after another."""
    bench.workflow_def("w", simple("a"))
    for catch_up, expected in ((False, [40, 100, 340]), (True, [40, 100, 160, 220, 280, 340])):
        bench = Bench()
        bench.workflow_def("w", simple("a"))
        bench.engine.save_schedule(schedule(run_catchup_schedule_instances=catch_up))
        bench.pass_time(110)
        bench.engine.flush()
        bench.now += 200_000
        bench.restart()
        bench.pass_time(50)
        assert runs(bench) == expected


def test_a_paused_schedule_does_not_fire(bench: Bench) -> None:
    """Nor does a paused scheduler; resuming goes on from now."""
    bench.workflow_def("w", simple("a"))
    engine = bench.engine
    engine.save_schedule(schedule())
    engine.pause_schedule("s", "why")
    assert engine.get_schedule("s").paused_reason == "why"
    bench.pass_time(120)
    engine.resume_schedule("s")
    with pytest.raises(NotFound):
        engine.resume_schedule("s")
    engine.pause_scheduler()
    bench.pass_time(60)
    engine.resume_scheduler()
    bench.pass_time(60)
    assert runs(bench) == [220]


def test_several_expressions_and_bounds_of_a_schedule(bench: Bench) -> None:
    """Each fires for itself, between start and end."""
    bench.workflow_def("w", simple("a"))
    crons = [CronSchedule(cron_expression="0 * * * * *"), CronSchedule(cron_expression="30 * * * * *")]
    bench.engine.save_schedule(
        schedule(cron_schedules=crons, schedule_start_time=START + 60_000, schedule_end_time=START + 140_000)
    )
    bench.pass_time(300)
    assert runs(bench) == [70, 100, 130]


def test_a_schedule_whose_workflow_cannot_start_goes_on(bench: Bench) -> None:
    """The failure is on record."""
    bench.engine.save_schedule(schedule())
    bench.pass_time(120)
    page = bench.engine.search_schedule_executions("state IN (FAILED)")
    assert page.total_hits == 2
    assert page.results[0].reason == "No such workflow defined. name=w, version=null"
    assert bench.engine.search_schedule_executions("nope").total_hits == 0
    assert bench.engine.search_schedule_executions(f"scheduledTime>{START + 50_000}").total_hits == 1


def test_a_schedule_that_makes_no_sense_is_refused(bench: Bench) -> None:
    """Its name, its workflow, its expression, its zone."""
    for wrong in (
        WorkflowSchedule(cron_expression="0 * * * * *", start_workflow_request=StartWorkflowRequest(name="w")),
        WorkflowSchedule(name="s", cron_expression="0 * * * * *"),
        schedule("nope"),
        schedule(zone_id="Nowhere/There"),
    ):
        with pytest.raises(InvalidInput):
            bench.engine.save_schedule(wrong)
    with pytest.raises(NotFound, match="Schedule 'x' not found"):
        bench.engine.get_schedule("x")
    with pytest.raises(IllegalState, match="Invalid cron expression"):
        bench.engine.next_runs("nope")
    assert bench.engine.next_runs("0 * * * * *", limit=2) == [START + 40_000, START + 100_000]
    response = bench.engine.bulk_pause_schedules(["x"])
    assert response.bulk_error_results == {"x": "Schedule 'x' not found"}


# -- synchronous answers --------------------------------------------------------------------


def execute(bench: Bench, **fields: Any) -> Any:
    return bench.engine.execute_workflow(StartWorkflowRequest(name="w"), **fields)


def test_an_answer_comes_when_the_workflow_ends(bench: Bench) -> None:
    """Not before; who asks too early is told that time was up."""
    bench.workflow_def("w", simple("a"))
    pending, told = execute(bench), []
    pending.on_ready(lambda: told.append(1))
    assert (pending.ready, told) == (False, [])
    bench.work("a", output={"v": 1})
    assert (pending.ready, told) == (True, [1])
    answer = pending.answer()
    assert isinstance(answer, WorkflowRun)
    assert (answer.status, answer.output, answer.signal_timeout) == ("COMPLETED", {"v": 1}, False)
    early = execute(bench).answer()
    assert (early.status, early.signal_timeout, early.response_type) == ("RUNNING", True, "TARGET_WORKFLOW")
    assert bench.engine.watches == {}


def test_an_answer_comes_when_a_child_blocks(bench: Bench) -> None:
    """It shows the workflow, the one that blocks, or the task that does."""
    bench.workflow_def("child", simple("a"), node("WAIT", "x"))
    bench.workflow_def("w", sub_workflow("s", "child"))
    told: list[int] = []
    pending = execute(bench, return_strategy="BLOCKING_TASK", request_id="r")
    pending.on_ready(lambda: told.append(1))
    whole = execute(bench, return_strategy="BLOCKING_WORKFLOW")
    bench.work("a")
    bench.work("a")
    assert told == [1]
    answer = pending.answer()
    assert isinstance(answer, TaskRun)
    assert (answer.reference_task_name, answer.request_id, answer.status) == ("x", "r", "IN_PROGRESS")
    assert answer.target_workflow_id == pending.workflow_id
    child = whole.answer()
    assert (child.response_type, child.workflow_id == pending.workflow_id) == ("BLOCKING_WORKFLOW", False)


def test_an_answer_comes_when_a_task_asked_for_has_ended(bench: Bench) -> None:
    """waitUntilTaskRef."""
    bench.workflow_def("w", simple("a"), simple("b"))
    pending = execute(bench, wait_until_task_ref="zz, a", return_strategy="BLOCKING_TASK")
    assert not pending.ready
    bench.work("a", output={"v": 1})
    assert pending.ready
    assert pending.answer().output == {"v": 1}


def test_a_signal_may_answer_when_the_workflow_blocks_again(bench: Bench) -> None:
    """Where nothing waits it is refused."""
    workflow_id = bench.run(node("WAIT", "x"), node("WAIT", "y"))
    pending = bench.engine.signal_sync(workflow_id, "COMPLETED", {"v": 1}, "BLOCKING_TASK")
    assert pending.answer().reference_task_name == "y"
    bench.engine.signal_sync(workflow_id, "COMPLETED", None)
    assert bench.get(workflow_id).status == "COMPLETED"
    with pytest.raises(NotFound, match=f"Found no blocked task in workflow {workflow_id} to signal"):
        bench.engine.signal_sync(workflow_id, "COMPLETED", None)
    bench.engine.signal(workflow_id, "COMPLETED", None)
    with pytest.raises(NotFound):
        bench.engine.update_task_by_ref_sync(workflow_id, "x", "COMPLETED", None)


# -- tests of workflows --------------------------------------------------------------------


def test_a_workflow_is_tested_with_mocked_answers(bench: Bench) -> None:
    """Failures are retried, children have mocks of their own, HTTP is not sent; no worker gets a task."""
    bench.task_def("a", retry_count=1)
    bench.workflow_def("child", simple("c"))
    bench.workflow_def(
        "w",
        simple("a"),
        node("HTTP", "h", input_parameters={"uri": "http://x", "method": "GET"}),
        sub_workflow("s", "child"),
        node("DO_WHILE", "l", loop_condition="$.l.iteration < 2", loop_over=[simple("b")]),
    )
    workflow = bench.engine.test_workflow(
        WorkflowTestRequest(
            name="w",
            task_ref_to_mock_output={
                "a": [TaskMock(status="FAILED"), TaskMock(output={"v": 1})],
                "h": [TaskMock(output={"response": 1})],
                "b__1": [TaskMock()],
                "b__2": [TaskMock(output={"last": True})],
            },
            sub_workflow_test_request={
                "s": WorkflowTestRequest(name="child", task_ref_to_mock_output={"c": [TaskMock(output={"o": 1})]})
            },
        )
    )
    assert workflow.status == "COMPLETED"
    assert [t.status for t in workflow.tasks if t.reference_task_name == "a"] == ["FAILED", "COMPLETED"]
    assert bench.poll("a") == []


def test_a_test_stops_at_a_task_that_it_says_nothing_of(bench: Bench) -> None:
    """And at one that takes longer than it may."""
    bench.task_def("a", timeout_seconds=10, response_timeout_seconds=10)
    bench.workflow_def("w", simple("a"), simple("b"))
    mocks = {"a": [TaskMock()]}
    workflow = bench.engine.test_workflow(WorkflowTestRequest(name="w", task_ref_to_mock_output=mocks))
    assert (workflow.status, [t.status for t in workflow.tasks]) == ("RUNNING", ["COMPLETED", "SCHEDULED"])
    mocks = {"a": [TaskMock(status="IN_PROGRESS", execution_time=11_000)]}
    workflow = bench.engine.test_workflow(WorkflowTestRequest(name="w", task_ref_to_mock_output=mocks))
    assert workflow.status in ("RUNNING", "TIMED_OUT")


# -- secrets and other small things --------------------------------------------------------------------


def test_secrets_are_shown_to_workers_and_kept_nowhere(bench: Bench) -> None:
    """Nor can they be changed through the API."""
    bench.engine.env = Environment(secrets={"KEY": "s3cret"}, variables={"PLACE": "here"})
    bench.task_def("a", runtime_metadata=["KEY", "PLACE", "NONE"])
    workflow_id = bench.run(
        simple("a", input_parameters={"k": "${workflow.secrets.KEY}", "p": "${workflow.env.PLACE}"}),
        node("INLINE", "i", input_parameters={"expression": "$.k.length", "k": "${workflow.secrets.KEY}"}),
    )
    (task,) = bench.poll("a")
    assert task.input_data == {"k": "s3cret", "p": "here"}
    assert task.runtime_metadata == {"KEY": "s3cret", "PLACE": "here"}
    assert bench.task(workflow_id, "a").input_data == {"k": "${workflow.secrets.KEY}", "p": "here"}
    bench.answer(task)
    assert bench.task(workflow_id, "i").output_data == {"result": 6}
    bench.engine.flush()
    assert not any(b"s3cret" in row.body for rows in bench.store._tasks.values() for row in rows.values())
    engine = bench.engine
    assert (engine.secret_names(), engine.get_secret("KEY"), engine.has_secret("NO")) == (["KEY"], "s3cret", False)
    with pytest.raises(ReadOnly):
        engine.put_secret("KEY", "x")
    with pytest.raises(InvalidInput):
        engine.get_secret("a b")
    assert [(v.name, v.value) for v in engine.environment()] == [("PLACE", "here")]


def test_messages_of_a_workflow_are_pulled_in_order(bench: Bench) -> None:
    """Where the queue is enabled; a blocking pull waits for one."""
    bench = Bench(message_queue=True)
    pull = node("PULL_WORKFLOW_MESSAGES", "p", input_parameters={"batchSize": 2})
    workflow_id = bench.run(node("WAIT", "x"), pull, pull.__class__(**{**_fields(pull), "task_reference_name": "q"}))
    for number in range(3):
        bench.engine.push_message(workflow_id, {"n": number})
    bench.engine.signal(workflow_id, "COMPLETED", None)
    assert [m["payload"]["n"] for m in bench.task(workflow_id, "p").output_data["messages"]] == [0, 1]
    assert bench.get(workflow_id).status == "COMPLETED"
    with pytest.raises(Conflict):
        bench.engine.push_message(workflow_id, {})


def _fields(task: Any) -> dict[str, Any]:
    return {name: getattr(task, name) for name in task.__struct_fields__}


def test_queues_are_shown(bench: Bench) -> None:
    """Sizes, pollers, pending tasks; pending ones can be queued again."""
    bench.workflow_def("w", simple("a"))
    for _ in range(3):
        bench.start("w")
    bench.poll("a")
    bench.engine.flush()
    engine = bench.engine
    assert (engine.queue_size("a"), engine.queue_sizes(["a", "b"])) == (2, {"a": 2, "b": 0})
    assert engine.all_queue_details()["a"] == {"a": {"size": 2, "uacked": 0}}
    (data,) = engine.get_poll_data("a")
    assert (data.queue_name, data.worker_id, data.last_poll_time) == ("a", "worker", bench.now)
    assert len(engine.get_pending_tasks("a")) == 3
    assert engine.requeue_pending_tasks("a") == 2
    assert len(bench.poll("a", 5)) == 2
