"""What a worker did, as the result that is sent: the one place that knows which outcome means which status.

The automator calls `completed` with what `execute` returned and `failed` with what it raised. Neither raises, and the
output of what they give is encoded already.
"""

from __future__ import annotations

import inspect
import socket
import time
import traceback
from pathlib import Path
from typing import Any, Final, cast

import msgspec

from conductor.client.context._log_lines import clean
from conductor.client.context.task_context import TaskContext
from conductor.client.context.task_in_progress import TaskInProgress
from conductor.client.http.models.task import Task
from conductor.client.http.models.task_exec_log import TaskExecLog
from conductor.client.http.models.task_result import TaskResult
from conductor.client.http.models.task_result_status import TaskResultStatus
from conductor.client.worker._output import encode_output
from conductor.client.worker.exception import InvalidInputError, InvalidResultError, NonRetryableException
from conductor.client.worker.worker_interface import WorkerInterface

#: Conductor cuts a longer reason.
MAX_REASON_CHARACTERS: Final = 500
_MAX_TRACEBACK_CHARACTERS: Final = 30_000
_COMPLETED: Final = TaskResultStatus.COMPLETED
_STATUSES: Final = frozenset(status.value for status in TaskResultStatus)
_SDK: Final = str(Path(__file__).parents[1])
_EXAMPLES: Final = str(Path(__file__).parents[1] / "example")


def completed(worker: WorkerInterface, task: Task, context: TaskContext, returned: Any) -> TaskResult:
    """The result to send for what `execute` returned; a failed one where that is no proper result.

    Args:
        worker: who executed the task.
        task: the task.
        context: its context; the logs and output given there are added.
        returned: a TaskResult, or a TaskInProgress.
    """
    try:
        result = _checked(worker, task, returned)
        if result.worker_id is None:
            result.worker_id = worker.get_identity()
        said = context.output
        output = {**said, **(result.output_data or {})} if said else result.output_data
        result.output_data = cast("Any", encode_output(output or {}, nan_as_null=worker.nan_as_null))
    except Exception as error:  # noqa: BLE001 - get_identity() and hooks of the output's types are the user's code
        return failed(worker, task, context, error)
    if result.status is not _COMPLETED and result.callback_after_seconds is None and result.status == "IN_PROGRESS":
        result.callback_after_seconds = context.get_callback_after_seconds() or None
    if result.logs:
        _stamp(result.logs, task)
    if logs := context.take_logs():
        result.logs = [*(result.logs or []), *logs]
    return result


def failed(worker: WorkerInterface, task: Task, context: TaskContext | None, error: BaseException) -> TaskResult:
    """The result to send for what `execute` raised, `SystemExit` and `KeyboardInterrupt` included.

    The reason is the error's class and message, the traceback is the last line of the task's log.
    """
    terminal = isinstance(error, NonRetryableException)
    status = TaskResultStatus.FAILED_WITH_TERMINAL_ERROR if terminal else TaskResultStatus.FAILED
    logs = context.take_logs() if context else []
    if not isinstance(error, InvalidInputError):
        created = TaskExecLog(log=traceback_of(error), task_id=task.task_id, created_time=_now())
        logs.append(created)
    return TaskResult(
        task_id=task.task_id,
        workflow_instance_id=task.workflow_instance_id,
        worker_id=_identity(worker),
        status=status,
        reason_for_incompletion=reason_of(error),
        output_data=_output_of_failed(worker, context),
        logs=logs or None,
    )


def reason_of(error: BaseException) -> str:
    """Class and message of an error, as text of bounded length."""
    message = clean(error, MAX_REASON_CHARACTERS)
    ours = isinstance(error, (NonRetryableException, InvalidResultError)) and type(error).__module__.startswith(
        __package__
    )
    if ours and message:
        return message
    name = type(error).__name__
    return clean(f"{name}: {message}" if message else name, MAX_REASON_CHARACTERS)


def traceback_of(error: BaseException) -> str:
    """The traceback as text of bounded length, from the first line that is the user's."""
    try:
        lines = traceback.format_exception(type(error), error, _users_part(error.__traceback__))
    except Exception as inner:  # noqa: BLE001 - formatting calls the user's __str__ and __repr__
        lines = [f"{type(error).__name__} (its traceback cannot be printed: {type(inner).__name__})"]
    return clean("".join(lines).rstrip(), _MAX_TRACEBACK_CHARACTERS)


def _users_part(trace: Any) -> Any:
    first = trace
    while first is not None:
        file = first.tb_frame.f_code.co_filename
        if not file.startswith(_SDK) or file.startswith(_EXAMPLES):
            return first
        first = first.tb_next
    return trace


def _checked(worker: WorkerInterface, task: Task, returned: Any) -> TaskResult:
    """The result, if it is one, has a status, and is for this task."""
    if isinstance(returned, TaskInProgress):
        return in_progress(worker, task, returned)
    if not isinstance(returned, TaskResult):
        if inspect.isawaitable(returned):
            raise awaitable_returned(f"{type(worker).__qualname__}.execute()", returned)
        raise _wrong(worker, f"a {type(returned).__name__}, expected a TaskResult")
    if returned.task_id != task.task_id:
        _fill_id(worker, task, returned, "task_id")
    if returned.workflow_instance_id != task.workflow_instance_id:
        _fill_id(worker, task, returned, "workflow_instance_id")
    if returned.status is not _COMPLETED:
        status = getattr(returned.status, "value", returned.status)
        if status not in _STATUSES:
            raise _wrong(worker, f"a result with status {status!r}, expected {' or '.join(sorted(_STATUSES))}")
    output: Any = returned.output_data
    if output is not None and not isinstance(output, (dict, msgspec.Raw)):
        kind = type(output).__name__
        raise _wrong(worker, f"a result whose output_data is a {kind}, expected a dict")
    return returned


def _fill_id(worker: WorkerInterface, task: Task, returned: TaskResult, field: str) -> None:
    """Give a result the id that it lacks; one with another id is for another task."""
    mine, theirs = getattr(task, field), getattr(returned, field)
    if theirs and mine:
        raise _wrong(worker, f"a result of another task: {field} is {theirs!r}, expected {mine!r}")
    setattr(returned, field, mine or theirs)


def _wrong(worker: WorkerInterface, what: str) -> InvalidResultError:
    return InvalidResultError(f"{type(worker).__qualname__}.execute() returned {what}")


def in_progress(worker: WorkerInterface, task: Task, returned: TaskInProgress) -> TaskResult:
    """The result for a worker that wants the task back later."""
    return TaskResult(
        task_id=task.task_id,
        workflow_instance_id=task.workflow_instance_id,
        worker_id=worker.get_identity(),
        status=TaskResultStatus.IN_PROGRESS,
        callback_after_seconds=returned.callback_after_seconds,
        output_data=returned.output,
    )


def _output_of_failed(worker: WorkerInterface, context: TaskContext | None) -> Any:
    """What the worker said before it failed, and how far it came."""
    if context is None:
        return None
    output = dict(context.output or {})
    if context.last_progress is not None:
        output.setdefault("progress", context.last_progress)
    try:
        return encode_output(output, nan_as_null=worker.nan_as_null) if output else None
    except Exception:  # noqa: BLE001 - the user's types; the failure itself is what must be reported
        return None


def _identity(worker: WorkerInterface) -> str:
    try:
        return worker.get_identity()
    except Exception:  # noqa: BLE001 - the user's code, and a failure must be reported all the same
        return socket.gethostname()


def _stamp(logs: list[TaskExecLog], task: Task) -> None:
    """Give lines from `TaskResult.log`, which knows neither, their task and time."""
    for line in logs:
        line.task_id = line.task_id or task.task_id
        line.created_time = line.created_time or _now()


def awaitable_returned(who: str, returned: Any) -> InvalidResultError:
    """The error for a coroutine that a plain function returned; it is closed, as nobody will await it."""
    if inspect.iscoroutine(returned):
        returned.close()
    return InvalidResultError(
        f"{who} returned a {type(returned).__name__}; what awaits must be defined with `async def`"
    )


def _now() -> int:
    return round(time.time() * 1000)
