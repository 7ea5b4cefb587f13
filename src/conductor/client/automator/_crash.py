"""Reports the tasks that a process was executing when it died, so that the server need not wait for their timeout.

This is done in a process of its own: the supervisor makes no connection and starts no thread, for it may have to fork
again at any time, and must not wait for a server that does not answer.
"""

from __future__ import annotations

import logging
import signal
from contextlib import suppress
from functools import partial
from multiprocessing.process import BaseProcess
from typing import Any, Final

import msgspec

from conductor.client.automator._logs import LogLevels, redirect_logging
from conductor.client.automator._parcel import Parcel
from conductor.client.automator._plan import RunnerSettings
from conductor.client.automator._process import EXIT_OK, Ends, leave, signals_held, take_signals
from conductor.client.automator._services import Services
from conductor.client.automator._slots import HeldTask
from conductor.client.http.models.task_result import TaskResult
from conductor.client.http.models.task_result_status import TaskResultStatus

#: A task that is handed back each time may have killed each process that it met.
MOST_DELIVERIES: Final = 3
#: How long to try before the reports are left on disk for the next runner.
REPORT_SECONDS: Final = 10.0

logger = logging.getLogger(__name__)


def describe_exit(code: int) -> str:
    """An exit code in words; a signal is a negative number."""
    if code >= 0:
        return f"ended with exit code {code}"
    name = f"signal {-code}"
    with suppress(ValueError):
        name = f"{signal.Signals(-code).name} (signal {-code})"
    hint = ": killed by someone, or by the system for lack of memory" if code == -9 else ""
    return f"was ended by {name}{hint}"


def crash_result(task: HeldTask, reason: str, on_crash: str) -> TaskResult:
    """What the server is told of a task that lost its process."""
    result = TaskResult(
        task_id=task.task_id, workflow_instance_id=task.workflow_instance_id, worker_id=task.worker_id or None
    )
    if on_crash == "requeue" and task.poll_count < MOST_DELIVERIES:
        result.status, result.callback_after_seconds = TaskResultStatus.IN_PROGRESS, 0
    else:
        result.status, result.reason_for_incompletion = TaskResultStatus.FAILED, reason
    return result


def report_main(
    results: list[bytes], settings: RunnerSettings, ends: Ends, *, seconds: float, levels: LogLevels
) -> None:
    """Entry of the reporting process: delivers encoded results, or leaves them on disk."""
    ends.close_strangers()
    take_signals(lambda: None)  # it ends by itself, soon
    logs = redirect_logging(ends.logs, levels)
    services = Services(settings.configuration, outbox_directory=settings.outbox_directory)
    try:
        for result in results:
            services.delivery.take(Parcel(result, None, None, 0.0))
        services.close(seconds)
    except Exception:  # the server's answer times out instead
        logger.exception("the tasks of a dead process could not be reported")
    logs.flush()
    leave(EXIT_OK)


class Reports:
    """The reporting processes of a supervisor.

    Args:
        context: of their start method.
        settings: the server, and where reports wait for it.
        levels: of the program's loggers.
        on_crash: what becomes of the tasks.
    """

    def __init__(self, context: Any, settings: RunnerSettings, levels: LogLevels, on_crash: str) -> None:
        self._context = context
        self._settings = settings
        self._levels = levels
        self._on_crash = on_crash
        self._running: list[BaseProcess] = []

    def send(self, held: list[HeldTask], reason: str, ends: Ends, seconds: float) -> None:
        """Tell the server what became of tasks: begun at once, in a process that takes a few milliseconds to fork."""
        results = [msgspec.json.encode(crash_result(task, reason, self._on_crash)) for task in held]
        main = partial(report_main, seconds=seconds, levels=self._levels)
        with signals_held():
            process = self._context.Process(target=main, args=(results, self._settings, ends), name="conductor-report")
            process.start()
        self._running.append(process)

    def sentinels(self) -> list[int]:
        """Become readable when a process ends."""
        return [process.sentinel for process in self._running]

    def reap(self) -> None:
        """Forget the processes that have ended."""
        self._running = [process for process in self._running if process.exitcode is None]

    def __bool__(self) -> bool:
        return bool(self._running)
