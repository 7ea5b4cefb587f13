"""The context of the task that the current thread or coroutine executes."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import Any, Final

from conductor.client.context._log_lines import LogLines, clean
from conductor.client.context.task_in_progress import TaskInProgress
from conductor.client.http.models.task import Task
from conductor.client.http.models.task_exec_log import TaskExecLog
from conductor.client.http.models.task_result import TaskResult

__all__ = [
    "TaskCancelled",
    "TaskContext",
    "TaskInProgress",
    "bind_task_context",
    "current_task_context",
    "get_task_context",
    "unbind_task_context",
]

#: `progress()` writes at most one line in this time, so that a worker may call it in its innermost loop.
PROGRESS_INTERVAL_SECONDS: Final = 1.0
_MAX_MESSAGE_CHARACTERS: Final = 1_000

#: Sends one line to the log of a task now; given by whoever runs the worker.
LogSink = Callable[[Task, str], None]
#: Reads a task from the server by its id; given by whoever runs the worker.
TaskReader = Callable[[str], "Task | None"]


class TaskCancelled(Exception):
    """The task is no longer wanted: it timed out, or its workflow was ended. Raised by `TaskContext.checkpoint`."""


class TaskContext:
    """What the code of a worker may ask and say while it executes a task. See `get_task_context`.

    Args:
        task: the task being executed.
        task_result: a result that was begun for it; default none.
        log_sink: takes a line that should be seen now; without it, such lines travel with the result.
        read_task: reads another task, for `previous_progress`.
    """

    __slots__ = (
        "_callback_after_seconds", "_cancelled", "_lines", "_log_sink", "_next_progress", "_output", "_progress",
        "_read_task", "_task", "_task_result",
    )  # fmt: skip

    def __init__(
        self,
        task: Task,
        task_result: TaskResult | None = None,
        *,
        log_sink: LogSink | None = None,
        read_task: TaskReader | None = None,
    ) -> None:
        self._task = task
        self._log_sink = log_sink
        self._read_task = read_task
        self._lines: LogLines | None = None
        self._output: dict[str, Any] | None = None
        self._task_result = task_result
        self._callback_after_seconds: int | None = None
        self._cancelled: str | None = None
        self._progress: dict[str, Any] | None = None
        self._next_progress = 0.0

    @staticmethod
    def get() -> TaskContext:
        """The context of the task being executed; see `get_task_context`."""
        return get_task_context()

    # What the worker may ask.

    @property
    def task(self) -> Task:
        """The task being executed."""
        return self._task

    @property
    def task_result(self) -> TaskResult:
        """A result for this task, whose output is merged into what the worker returns."""
        if self._task_result is None:
            task = self._task
            self._task_result = TaskResult(task_id=task.task_id, workflow_instance_id=task.workflow_instance_id)
        return self._task_result

    def get_task_id(self) -> str:
        """Id of the task; a retry of the task has another one."""
        return self._task.task_id or ""

    def get_workflow_instance_id(self) -> str:
        """Id of the workflow that the task belongs to."""
        return self._task.workflow_instance_id or ""

    def get_retry_count(self) -> int:
        """How many attempts failed before this one."""
        return self._task.retry_count or 0

    def get_poll_count(self) -> int:
        """How often this very task was handed to a worker; above 1 after a callback or a lost worker."""
        return self._task.poll_count or 0

    def get_input(self) -> dict[str, Any]:
        """The task's input."""
        return self._task.input_data or {}

    def get_task_def_name(self) -> str:
        """Name of the task's definition."""
        return self._task.task_def_name or ""

    def get_workflow_task_type(self) -> str:
        """Type of the task in the workflow's definition, such as SIMPLE."""
        workflow_task = self._task.workflow_task
        return (workflow_task.type if workflow_task else None) or self._task.task_type or ""

    @property
    def cancelled(self) -> bool:
        """Whether the server no longer waits for this task, so that finishing it is work for nothing."""
        return self._cancelled is not None

    def checkpoint(self) -> None:
        """Go on, or stop here where the task is no longer wanted.

        Raises:
            TaskCancelled: `cancelled` is true; the message says why.
        """
        if self._cancelled is not None:
            raise TaskCancelled(self._cancelled)

    def previous_progress(self) -> dict[str, Any] | None:
        """The last `progress` of the failed attempt that this task repeats: ``{"done", "total", "message"}``."""
        previous_id = self._task.retried_task_id
        previous = self._read_task(previous_id) if previous_id and self._read_task else None
        progress = (previous.output_data or {}).get("progress") if previous else None
        return progress if isinstance(progress, dict) else None

    # What the worker may say.

    def set_callback_after(self, seconds: int) -> None:
        """Have the task come back after so many seconds: what the worker returns is then stored as IN_PROGRESS."""
        self._callback_after_seconds = seconds

    def get_callback_after_seconds(self) -> int:
        """What `set_callback_after` was told; 0 without."""
        return self._callback_after_seconds or 0

    def add_log(self, log_message: object) -> None:
        """Add a line to the task's log on the server. Lines are sent in batches, at the latest with the result."""
        if self._lines is None:
            self._lines = LogLines()
        self._lines.add(log_message)

    log = add_log

    def set_output(self, output_data: dict[str, Any]) -> None:
        """Set output; what the worker returns is added to it, and wins where both have a key."""
        if not isinstance(output_data, dict):
            raise TypeError(f"set_output: expected a dict, got {type(output_data).__name__}")
        self._output = output_data

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        """Say how far the work is, as a line in the task's log; cheap enough to call in a loop.

        At most one line a second is written, and the last one always. A failed attempt leaves its last progress to the
        next one, see `previous_progress`.
        """
        message = clean(message, _MAX_MESSAGE_CHARACTERS)
        self._progress = {"done": done, "total": total, "message": message}
        now = time.monotonic()
        if now < self._next_progress and (total is None or done < total):
            return
        self._next_progress = now + PROGRESS_INTERVAL_SECONDS
        share = f" ({100 * done / total:.0f} %)" if total else ""
        line = f"progress {done:g}" + (f"/{total:g}" if total is not None else "") + share
        line += f": {message}" if message else ""
        if self._log_sink is not None:
            self._log_sink(self._task, line)
        else:
            self.add_log(line)

    # For whoever runs the worker.

    def cancel(self, reason: str) -> None:
        """Tell the worker that its task is no longer wanted."""
        self._cancelled = reason

    @property
    def last_progress(self) -> dict[str, Any] | None:
        """The last call of `progress`, written or not."""
        return self._progress

    @property
    def output(self) -> dict[str, Any] | None:
        """What the worker said with `set_output` and on `task_result`."""
        said = self._task_result.output_data if self._task_result else None
        return {**said, **(self._output or {})} if said else self._output

    def take_logs(self) -> list[TaskExecLog]:
        """Remove the lines that wait and return them; safe to call while the worker runs."""
        lines = self._lines.take(self._task.task_id) if self._lines else []
        said = self._task_result.logs if self._task_result else None
        if said and self._task_result:
            self._task_result.logs = None
            for line in said:  # `TaskResult.log` knows neither
                line.task_id = line.task_id or self._task.task_id
                line.created_time = line.created_time or round(time.time() * 1000)
            lines = [*said, *lines]
        return lines


_current: ContextVar[TaskContext | None] = ContextVar("conductor_task_context", default=None)


def get_task_context() -> TaskContext:
    """The context of the task that this thread or coroutine executes.

    Raises:
        RuntimeError: no task is being executed here.
    """
    context = _current.get()
    if context is None:
        raise RuntimeError("get_task_context(): no task is being executed here; call it inside a worker's function")
    return context


def current_task_context() -> TaskContext | None:
    """The context of the task being executed here, or None."""
    return _current.get()


def bind_task_context(context: TaskContext) -> Token[TaskContext | None]:
    """Make the context the current one of this thread or coroutine; give the token to `unbind_task_context`."""
    return _current.set(context)


def unbind_task_context(token: Token[TaskContext | None]) -> None:
    """Bring back the context from before `bind_task_context`."""
    _current.reset(token)
