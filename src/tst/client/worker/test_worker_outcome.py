"""Which outcome of a worker means which result."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from conductor.client.context.task_context import TaskContext
from conductor.client.http.models.task import Task
from conductor.client.http.models.task_result import TaskResult
from conductor.client.http.models.task_result_status import TaskResultStatus
from conductor.client.worker._outcome import completed, failed
from conductor.client.worker.exception import InvalidInputError, NonRetryableException
from conductor.client.worker.worker import Worker
from conductor.client.worker.worker_interface import WorkerInterface

TASK = Task(task_id="t1", workflow_instance_id="w1")


class Returns(WorkerInterface):
    """Returns what it was given."""

    def __init__(self, returned: Any) -> None:
        super().__init__("x")
        self.returned = returned

    def execute(self, task: Task) -> TaskResult:
        return self.returned() if callable(self.returned) else self.returned  # type: ignore[no-any-return]


def outcome(worker: WorkerInterface) -> TaskResult:
    context = TaskContext(TASK)
    try:
        return completed(worker, TASK, context, worker.execute(TASK))
    except BaseException as error:
        return failed(worker, TASK, context, error)


def outcome_of(function: Callable[..., Any]) -> TaskResult:
    return outcome(Worker("x", function))


def raising(error: BaseException) -> Callable[[], None]:
    def function() -> None:
        raise error

    return function


def test_a_proper_result_is_sent_with_its_output_encoded() -> None:
    """Ids that the worker left out are filled in."""
    result = outcome(Returns(TaskResult(status=TaskResultStatus.COMPLETED, output_data={"a": {1}})))
    assert (result.task_id, result.workflow_instance_id, result.status) == ("t1", "w1", "COMPLETED")
    assert result.worker_id
    assert msgspec.json.decode(msgspec.json.encode(result))["outputData"] == {"a": [1]}


@pytest.mark.parametrize(
    ("returned", "reason"),
    [
        (None, "Returns.execute() returned a NoneType, expected a TaskResult"),
        ({"a": 1}, "Returns.execute() returned a dict, expected a TaskResult"),
        (TaskResult(task_id="t2", status=TaskResultStatus.COMPLETED),
         "Returns.execute() returned a result of another task: task_id is 't2', expected 't1'"),
        (TaskResult(workflow_instance_id="w2", status=TaskResultStatus.COMPLETED),
         "Returns.execute() returned a result of another task: workflow_instance_id is 'w2', expected 'w1'"),
        (TaskResult(), "Returns.execute() returned a result with status None, expected "),
        (TaskResult(status="DONE"), "Returns.execute() returned a result with status 'DONE', expected "),
        (TaskResult(status=TaskResultStatus.COMPLETED, output_data=[1]),
         "Returns.execute() returned a result whose output_data is a list, expected a dict"),
    ],
)  # fmt: skip
def test_what_is_no_result_for_this_task_fails_it_and_says_so(returned: Any, reason: str) -> None:
    """Of the wrong type, without status, or for another task."""
    result = outcome(Returns(returned))
    assert (result.task_id, result.status) == ("t1", TaskResultStatus.FAILED)
    assert (result.reason_for_incompletion or "").startswith(reason)


def test_a_coroutine_from_a_plain_execute_is_told() -> None:
    """With the hint what to write."""

    async def later() -> None:
        """Never awaited."""

    for worker in (Returns(later), Worker("x", lambda: later())):
        reason = outcome(worker).reason_for_incompletion or ""
        assert reason.endswith("returned a coroutine; what awaits must be defined with `async def`")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("no tea"), "ValueError: no tea"),
        (ValueError(), "ValueError"),
        (FileNotFoundError(2, "No such file", "x"), "FileNotFoundError: [Errno 2] No such file: 'x'"),
        (ValueError({"a": 1}), "ValueError: {'a': 1}"),
        (SystemExit(3), "SystemExit: 3"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (MemoryError(), "MemoryError"),
        (ValueError("a\ud800\x00b"), "ValueError: a\\ud800\\x00b"),
    ],
)
def test_raising_fails_the_task_with_class_and_message(error: BaseException, reason: str) -> None:
    """Whatever is raised; the traceback is in the log, from the user's first line on."""
    result = outcome_of(raising(error))
    assert (result.status, result.reason_for_incompletion) == (TaskResultStatus.FAILED, reason)
    [entry] = result.logs or []
    assert entry.created_time is not None
    assert entry.created_time > 1_600_000_000_000
    first = (entry.log or "").splitlines()[1]
    assert "test_worker_outcome.py" in first
    assert (entry.log or "").splitlines()[-1].startswith(type(error).__name__)
    msgspec.json.encode(result)


def test_reason_and_traceback_have_a_bounded_length() -> None:
    """The server cuts the reason at 500 characters."""
    result = outcome_of(raising(ValueError("x" * 100_000)))
    assert len(result.reason_for_incompletion or "") <= 500
    assert len((result.logs or [])[0].log or "") <= 30_000


def test_an_error_that_cannot_be_printed_is_reported_all_the_same() -> None:
    """str() of a user's exception is the user's code."""

    class Odd(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    result = outcome_of(raising(Odd()))
    assert (result.reason_for_incompletion or "").startswith("Odd: <Odd whose str() raises RuntimeError>")


def test_endless_recursion_is_reported() -> None:
    """It does not reach the runner."""

    def function(depth: int = 0) -> int:
        return function(depth + 1) + 1

    result = outcome_of(function)
    assert (result.reason_for_incompletion or "").startswith("RecursionError: maximum recursion depth exceeded")


def test_a_non_retryable_exception_fails_for_good() -> None:
    """The reason is the message; a class of the user's own is named."""

    class OutOfStock(NonRetryableException):
        pass

    result = outcome_of(raising(NonRetryableException("no tea")))
    assert (result.status, result.reason_for_incompletion) == (TaskResultStatus.FAILED_WITH_TERMINAL_ERROR, "no tea")
    assert len(result.logs or []) == 1
    assert outcome_of(raising(OutOfStock("tea"))).reason_for_incompletion == "OutOfStock: tea"


def test_a_wrong_input_fails_for_good_without_a_traceback() -> None:
    """The reason has the field; no line of the user's code was run."""

    def function(n: int) -> int:
        return n

    result = outcome_of(function)
    assert result.status == TaskResultStatus.FAILED_WITH_TERMINAL_ERROR
    assert result.reason_for_incompletion == "input.n: required, but missing"
    assert result.logs is None
    assert issubclass(InvalidInputError, NonRetryableException)


@pytest.mark.parametrize("output", [{"a": [object()]}, {"a": {(1,): 2}}, {"a": float("nan")}, {"a": "\ud800"}])
def test_an_output_that_cannot_be_sent_fails_for_good(output: dict[str, Any]) -> None:
    """At once, by its path; the function has done its work and would do it again."""
    for worker in (Worker("x", lambda: output), Returns(TaskResult(status="COMPLETED", output_data=output))):  # type: ignore[arg-type]
        result = outcome(worker)
        assert result.status == TaskResultStatus.FAILED_WITH_TERMINAL_ERROR
        assert (result.reason_for_incompletion or "").startswith("output.a")


def test_nan_is_sent_as_null_where_the_worker_says_so() -> None:
    """The option of the worker."""
    result = outcome(Worker("x", lambda: {"a": float("nan")}, nan_as_null=True))
    assert result.status == TaskResultStatus.COMPLETED
    assert bytes(result.output_data) == b'{"a":null}'  # type: ignore[arg-type]


def test_an_identity_that_raises_harms_no_result() -> None:
    """get_identity() is the user's code."""

    class Nameless(Returns):
        def get_identity(self) -> str:
            raise OSError("no name")

    result = outcome(Nameless(TaskResult(status=TaskResultStatus.COMPLETED)))
    assert (result.status, result.reason_for_incompletion) == (TaskResultStatus.FAILED, "OSError: no name")


def test_the_result_of_a_function_may_be_a_task_result() -> None:
    """As it is, for those who want to say more."""

    def function() -> TaskResult:
        return TaskResult(status=TaskResultStatus.FAILED, reason_for_incompletion="later")

    result = outcome_of(function)
    assert (result.task_id, result.status, result.reason_for_incompletion) == ("t1", TaskResultStatus.FAILED, "later")


def test_log_lines_added_to_a_result_get_their_time() -> None:
    """`TaskResult.log` knows neither task nor time."""
    made = TaskResult(status=TaskResultStatus.COMPLETED)
    made.log("said")
    [entry] = outcome(Returns(made)).logs or []
    assert entry.task_id == "t1"
    assert (entry.created_time or 0) > 1_600_000_000_000


def test_recursion_in_an_output_never_escapes() -> None:
    """Deeper than Python's own limit."""
    deep: Any = []
    for _ in range(sys.getrecursionlimit() * 20):
        deep = [deep]
    result = outcome_of(lambda: {"a": deep})
    assert "levels deep" in (result.reason_for_incompletion or "")
