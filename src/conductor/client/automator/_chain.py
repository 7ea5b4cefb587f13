"""What happens to one task after the other in a slot: execute, report, and on with the task that the answer brought."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial

from conductor.client.automator._api import NOT_ASKED, NotAsked
from conductor.client.automator._attempt import Attempt
from conductor.client.automator._execute import Execution
from conductor.client.automator._report import Reporter
from conductor.client.automator._services import Services
from conductor.client.context.task_context import TaskContext
from conductor.client.event.task_runner_events import ThreadUncaughtException
from conductor.client.http.models.task import Task
from conductor.client.http.models.task_result import TaskResult
from conductor.client.http.models.task_result_status import TaskResultStatus
from conductor.client.worker.worker_interface import WorkerInterface

logger = logging.getLogger(__name__)


class Chain:
    """Executes and reports tasks of one worker; used by all its slots at once.

    Args:
        worker: executes.
        services: those of the process.
        look: asks the server for one task, by the name of its definition.
        hand_back_reason: given to the server with tasks handed back as FAILED; None: they go back to the queue.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        worker: WorkerInterface,
        services: Services,
        look: Callable[[str], Task | None],
        hand_back_reason: str | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._worker = worker
        self._services = services
        self._look = look
        self._reason = hand_back_reason
        self._clock = clock
        self._worker_id = worker.get_identity()
        self._execution = Execution(worker, services.events, clock)
        self._reporter = Reporter(services, clock)
        self._running: dict[int, Attempt] = {}
        self._reporting: dict[int, Attempt] = {}
        self._ending = False

    def work(self, task: Task) -> Task | None:
        """Execute and report a task in this thread; returns the next one, if the server has one."""
        try:
            attempt = self._begin(task)
            return self._finish(attempt, self._execution.run(attempt))
        except Exception as error:  # noqa: BLE001  a bug of ours must not take the slot with it
            self._broken(task, error)
            return None

    def work_alone(self, task: Task) -> None:
        """Execute and report a task in this thread, and take no next one."""
        attempt = self._begin(task)
        self._report(attempt, self._execution.run(attempt), want_next=False)

    async def work_async(self, task: Task) -> Callable[[], Task | None]:
        """Execute a task on this event loop; returns what reports it, to be called in a thread, as `work` returns."""
        attempt = self._begin(task)
        try:
            result = await self._execution.run_async(attempt)
        except asyncio.CancelledError:
            return lambda: None
        return partial(self._finish_safely, attempt, result)

    def end(self) -> None:
        """From now on take no further tasks from the server."""
        self._ending = True

    def is_reporting(self) -> bool:
        """Whether a result is just being sent for the first time."""
        return bool(self._reporting)

    def give_up(self) -> list[Attempt]:
        """Hand back the tasks that are still being executed; what their code returns is not reported any more."""
        abandoned = []
        for key in list(self._running):
            attempt = self._running.pop(key, None)  # the slot may finish it at this very moment
            if attempt is not None:
                attempt.given_up = True
                attempt.context.cancel("the worker is shut down")
                self._reporter.hand_back(attempt, reason=self._reason)
                abandoned.append(attempt)
        return abandoned

    def hand_back(self, task: Task) -> None:
        """Give back a task that was never begun."""
        logger.info("handing back task %s: the worker is shut down", task.task_id)
        attempt = self._attempt(task)
        self._services.ledger.opened(attempt, keep_lease=False)
        self._reporter.hand_back(attempt, reason=self._reason)

    def _attempt(self, task: Task) -> Attempt:
        services = self._services
        return Attempt(
            task,
            TaskContext(task, log_sink=services.leases.log, read_task=services.api.get_task),
            task_type=task.task_def_name or task.task_type or "",
            worker_id=self._worker_id,
            started=self._clock(),
        )

    def _begin(self, task: Task) -> Attempt:
        attempt = self._attempt(task)
        self._running[id(attempt)] = attempt
        self._services.ledger.opened(attempt, keep_lease=self._worker.lease_extend_enabled)
        return attempt

    def _finish(self, attempt: Attempt, result: TaskResult) -> Task | None:
        answer = self._report(attempt, result, want_next=not self._is_ending())
        if answer is None and result.status == TaskResultStatus.IN_PROGRESS:
            answer = NOT_ASKED  # the server gives no next task for a task that has not ended
        if answer is NOT_ASKED:
            answer = None if self._is_ending() or self._services.delivery.obstacle() else self._look(attempt.task_type)
        if answer is not None and self._ending:
            self.hand_back(answer)
            return None
        return answer

    def _report(self, attempt: Attempt, result: TaskResult, *, want_next: bool) -> Task | NotAsked | None:
        key = id(attempt)
        self._reporting[key] = attempt
        try:
            if self._running.pop(key, None) is None:
                return None  # it was handed back meanwhile
            return self._reporter.report(attempt, result, want_next=want_next)
        finally:
            del self._reporting[key]

    def _finish_safely(self, attempt: Attempt, result: TaskResult) -> Task | None:
        try:
            return self._finish(attempt, result)
        except Exception as error:  # noqa: BLE001  as in `work`
            self._broken(attempt.task, error)
            return None

    def _is_ending(self) -> bool:
        return self._ending or self._worker.is_paused()

    def _broken(self, task: Task, error: Exception) -> None:
        logger.critical("task %s: the runner failed; this is a bug", task.task_id, exc_info=error)
        self._services.events.publish(ThreadUncaughtException(task.task_def_name or "", error))
