"""Execute: a task in, a result to send out, whatever the worker's code does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from conductor.client.automator._attempt import Attempt
from conductor.client.context.task_context import TaskContext, bind_task_context, unbind_task_context
from conductor.client.event.sync_event_dispatcher import SyncEventDispatcher
from conductor.client.event.task_runner_events import (
    TaskExecutionCompleted,
    TaskExecutionFailure,
    TaskExecutionStarted,
)
from conductor.client.http.models.task_result import TaskResult
from conductor.client.worker._outcome import completed, failed
from conductor.client.worker.worker_interface import WorkerInterface


class Execution:
    """Calls one worker.

    Args:
        worker: whose `execute` is called.
        events: told what happens.
        clock: seconds, monotonic.
    """

    def __init__(
        self, worker: WorkerInterface, events: SyncEventDispatcher, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._worker = worker
        self._events = events
        self._clock = clock

    def run(self, attempt: Attempt) -> TaskResult:
        """Execute in this thread."""
        context = attempt.context
        started = self._begin(attempt)
        token = bind_task_context(context)
        try:
            returned = self._worker.execute(attempt.task)
        except BaseException as error:  # noqa: BLE001  the user's code: sys.exit() is to be reported, too
            return self._failed(attempt, context, error, started)
        finally:
            unbind_task_context(token)
        return self._completed(attempt, context, returned, started)

    async def run_async(self, attempt: Attempt) -> TaskResult:
        """Execute on this event loop.

        Raises:
            asyncio.CancelledError: the runner gives up the attempt; that is no failure of the task.
        """
        context = attempt.context
        started = self._begin(attempt)
        token = bind_task_context(context)
        try:
            returned: Any = self._worker.execute(attempt.task)
            if hasattr(returned, "__await__"):
                returned = await returned
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError) and attempt.given_up:
                raise
            return self._failed(attempt, context, error, started)
        finally:
            unbind_task_context(token)
        return self._completed(attempt, context, returned, started)

    def _begin(self, attempt: Attempt) -> float:
        if self._events.has_listeners(TaskExecutionStarted):
            names = attempt.task_type, attempt.task_id, attempt.worker_id, attempt.workflow_id
            self._events.tell(TaskExecutionStarted, *names, attempt.task)
        return self._clock()

    def _completed(self, attempt: Attempt, context: TaskContext, returned: object, started: float) -> TaskResult:
        result = completed(self._worker, attempt.task, context, returned)
        if self._events.has_listeners(TaskExecutionCompleted):
            names = attempt.task_type, attempt.task_id, attempt.worker_id, attempt.workflow_id
            # The output is encoded by now: its length is the size of the payload.
            size = len(result.output_data) if result.output_data is not None else 0
            self._events.tell(TaskExecutionCompleted, *names, (self._clock() - started) * 1000, size)
        return result

    def _failed(self, attempt: Attempt, context: TaskContext, error: BaseException, started: float) -> TaskResult:
        if self._events.has_listeners(TaskExecutionFailure):
            names = attempt.task_type, attempt.task_id, attempt.worker_id, attempt.workflow_id
            self._events.publish(TaskExecutionFailure(*names, error, (self._clock() - started) * 1000))
        return failed(self._worker, attempt.task, context, error)
