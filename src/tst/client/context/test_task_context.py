"""What a worker may ask and say while it executes a task."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

import pytest

from conductor.client.context import TaskCancelled, TaskContext, TaskInProgress, get_task_context
from conductor.client.context._log_lines import MAX_CHARACTERS, MAX_LINES
from conductor.client.context.log_handler import TaskLogHandler
from conductor.client.context.task_context import bind_task_context, unbind_task_context
from conductor.client.http.models.task import Task
from conductor.client.http.models.task_result import TaskResult
from conductor.client.http.models.task_result_status import TaskResultStatus
from conductor.client.http.models.workflow_task import WorkflowTask
from conductor.client.worker._outcome import completed, failed
from conductor.client.worker.worker import Worker

TASK = Task(
    task_id="t1", workflow_instance_id="w1", retry_count=2, poll_count=3, input_data={"a": 1}, task_def_name="pack",
    task_type="SIMPLE", workflow_task=WorkflowTask(type="SIMPLE"), retried_task_id="t0",
)  # fmt: skip


def execute(function: Any, task: Task = TASK, **options: Any) -> TaskResult:
    """One turn as a runner makes it."""
    worker, context = Worker("pack", function), TaskContext(task, **options)
    token = bind_task_context(context)
    try:
        return completed(worker, task, context, worker.execute(task))
    except BaseException as error:
        return failed(worker, task, context, error)
    finally:
        unbind_task_context(token)


def output(result: TaskResult) -> Any:
    import msgspec

    return msgspec.json.decode(result.output_data) if result.output_data is not None else None  # type: ignore[arg-type]


def lines(result: TaskResult) -> list[str]:
    return [entry.log or "" for entry in result.logs or []]


def test_outside_a_task_there_is_no_context() -> None:
    """The error says where it can be called."""
    with pytest.raises(RuntimeError, match="inside a worker's function"):
        get_task_context()
    with pytest.raises(RuntimeError):
        TaskContext.get()


def test_a_worker_may_ask_about_its_task() -> None:
    """Each of the task's facts, by the names that users know."""
    context = TaskContext(TASK)
    assert (context.get_task_id(), context.get_workflow_instance_id()) == ("t1", "w1")
    assert (context.get_retry_count(), context.get_poll_count()) == (2, 3)
    assert (context.get_input(), context.get_task_def_name()) == ({"a": 1}, "pack")
    assert context.get_workflow_task_type() == "SIMPLE"
    assert TaskContext(Task()).get_workflow_task_type() == ""
    assert context.task is TASK


@pytest.mark.parametrize(
    ("returned", "expected"),
    [({"b": 2}, {"a": 1, "b": 2}), ({"a": 3}, {"a": 3}), (None, {"a": 1}), (5, {"a": 1, "result": 5})],
)
def test_output_that_was_set_is_kept_whatever_is_returned(returned: Any, expected: dict[str, Any]) -> None:
    """What is returned is added, and wins."""

    def function() -> Any:
        get_task_context().set_output({"a": 1})
        return returned

    assert output(execute(function)) == expected


def test_output_that_was_set_is_kept_when_the_worker_fails() -> None:
    """Also what was put on the context's own result."""

    def function() -> None:
        get_task_context().set_output({"a": 1})
        get_task_context().task_result.add_output_data("b", 2).log("said")
        raise ValueError("no")

    result = execute(function)
    assert output(result) == {"a": 1, "b": 2}
    assert lines(result)[0] == "said"
    with pytest.raises(TypeError, match="expected a dict, got list"):
        TaskContext(TASK).set_output([])  # type: ignore[arg-type]


def test_a_callback_puts_the_task_back() -> None:
    """`set_callback_after` and `TaskInProgress` both give IN_PROGRESS with the time."""

    def by_context() -> dict[str, int]:
        get_task_context().set_callback_after(7)
        return {"n": 1}

    def by_return() -> TaskInProgress:
        return TaskInProgress(callback_after_seconds=8, output={"n": 2})

    first, second = execute(by_context), execute(by_return)
    assert (first.status, first.callback_after_seconds, output(first)) == (TaskResultStatus.IN_PROGRESS, 7, {"n": 1})
    assert (second.status, second.callback_after_seconds, output(second)) == (TaskResultStatus.IN_PROGRESS, 8, {"n": 2})


def test_log_lines_travel_with_the_result_with_their_time_in_milliseconds() -> None:
    """In order, and whether the worker succeeds or fails."""

    def function(fail: bool = False) -> None:
        get_task_context().add_log("one")
        get_task_context().add_log({"two": 2})
        if fail:
            raise ValueError("three")

    good, bad = execute(function), execute(function, Task(task_id="t", input_data={"fail": True}))
    assert lines(good) == ["one", "{'two': 2}"]
    assert lines(bad)[:2] == lines(good)
    assert "ValueError: three" in lines(bad)[2]
    assert all(entry.created_time > 1_600_000_000_000 and entry.task_id for entry in good.logs)  # type: ignore[operator,union-attr]


def test_log_lines_are_bounded_and_what_is_left_out_is_said() -> None:
    """Number and length; a lone surrogate or NUL harms nobody."""
    context = TaskContext(TASK)
    for index in range(MAX_LINES + 5):
        context.add_log(index)
    taken = context.take_logs()
    assert len(taken) == MAX_LINES + 1
    assert (taken[-1].log or "").startswith("5 further lines were dropped")
    assert context.take_logs() == []
    context.add_log("x" * MAX_CHARACTERS)
    context.add_log("\ud800\x00")
    long, odd = context.take_logs()
    assert len(long.log or "") < 50_000
    assert "characters left out" in (long.log or "")
    assert odd.log == "\\ud800\\x00"


def test_log_lines_from_many_threads_are_all_kept() -> None:
    """While others are taken away."""
    context, taken = TaskContext(TASK), []
    threads = [threading.Thread(target=lambda: [context.add_log("x") for _ in range(100)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        taken += context.take_logs()
    assert len(taken + context.take_logs()) == 800


def test_a_logging_handler_sends_records_of_a_task_to_its_log() -> None:
    """Records from outside a task are not its business."""
    logger, handler = logging.getLogger("shop"), TaskLogHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logger.addHandler(handler)
    try:
        logger.warning("outside")
        result = execute(lambda: logger.warning("packed %s", "tea"))
    finally:
        logger.removeHandler(handler)
    assert lines(result) == ["WARNING packed tea"]


def test_progress_is_throttled_and_its_end_is_always_told() -> None:
    """Through the sink at once, where there is one."""
    sent: list[tuple[str | None, str]] = []

    def function() -> None:
        for done in range(1, 1001):
            get_task_context().progress(done, 1000, "packing")

    result = execute(function, log_sink=lambda task, line: sent.append((task.task_id, line)))
    assert sent[0] == ("t1", "progress 1/1000 (0 %): packing")
    assert sent[-1] == ("t1", "progress 1000/1000 (100 %): packing")
    assert len(sent) < 10
    assert lines(result) == []
    assert lines(execute(lambda: get_task_context().progress(3))) == ["progress 3"]


def test_a_failed_attempt_leaves_its_progress_to_the_next() -> None:
    """In its output, which the retry can read."""

    def function() -> None:
        get_task_context().progress(1, 9)
        get_task_context().progress(4, 9, "lines")
        raise ValueError("no")

    first = output(execute(function))
    assert first == {"progress": {"done": 4, "total": 9, "message": "lines"}}
    asked: list[str] = []

    def read(task_id: str) -> Task:
        asked.append(task_id)
        return Task(task_id=task_id, output_data=first)

    assert TaskContext(TASK, read_task=read).previous_progress() == first["progress"]
    assert asked == ["t0"]
    assert TaskContext(TASK).previous_progress() is None
    assert TaskContext(Task(task_id="t"), read_task=read).previous_progress() is None


def test_a_cancelled_task_is_told_and_stops_where_it_asks() -> None:
    """`cancelled`, and an exception at the next checkpoint."""
    context = TaskContext(TASK)
    assert not context.cancelled
    context.checkpoint()
    context.cancel("the workflow was terminated")
    assert context.cancelled
    with pytest.raises(TaskCancelled, match="the workflow was terminated"):
        context.checkpoint()


def test_each_coroutine_and_thread_has_its_own_context() -> None:
    """Many tasks at once do not mix."""

    async def function(n: int) -> str:
        await asyncio.sleep(0)
        return get_task_context().get_task_id()

    async def all_of_them() -> list[TaskResult]:
        worker = Worker("x", function)
        tasks = [Task(task_id=f"t{n}", input_data={"n": n}) for n in range(20)]
        return await asyncio.gather(*(worker.execute(task) for task in tasks))

    assert [result.output_data for result in asyncio.run(all_of_them())] == [{"result": f"t{n}"} for n in range(20)]
