"""Runs workers in processes of their own: the one thing that a worker program calls."""

from __future__ import annotations

import atexit
import logging
import multiprocessing
import os
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final

from conductor.client.automator._drain import ShutdownSignals
from conductor.client.automator._exporter import MetricsExporter
from conductor.client.automator._link import Link
from conductor.client.automator._logs import LogLevels
from conductor.client.automator._plan import (
    Plan,
    RunnerSettings,
    SupervisionSettings,
    WorkerStartError,
    choose_start_method,
    members_of,
)
from conductor.client.automator._process import signals_held
from conductor.client.automator._roster import gather
from conductor.client.automator._status import State, StatusTable
from conductor.client.automator._threads import ThreadLink
from conductor.client.automator.worker_isolation import ISOLATION_THREAD, isolation_mode
from conductor.client.configuration.configuration import Configuration
from conductor.client.configuration.settings.metrics_settings import MetricsSettings
from conductor.client.worker._registry import (
    get_registered_worker_names,
    get_registered_workers,
    register_decorated_fn,
)
from conductor.client.worker.worker_interface import WorkerInterface

__all__ = [
    "RunnerStatus",
    "TaskHandler",
    "WorkerStartError",
    "get_registered_worker_names",
    "get_registered_workers",
    "register_decorated_fn",
]

#: How long `start_processes` waits for workers that take long to start, before it leaves them to it.
START_SECONDS: Final = 60.0
_WAIT_SECONDS: Final = 0.5 if os.name == "nt" else None

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunnerStatus:
    """A runner process at one moment."""

    name: str
    pid: int | None
    state: State
    exitcode: int | None
    restart_count: int

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.state in (State.STARTING, State.RUNNING, State.STUCK)


class TaskHandler:
    """Starts worker processes, watches over them, and ends them.

    ::

        with TaskHandler([SimplePythonWorker("python_task_example")]) as handler:
            handler.start_processes()
            handler.join_processes()

    Each worker has a process of its own, or as many as its option `processes` says; workers in a group share one. A
    process that dies is started again, and the tasks that it was executing are reported to the server at once.
    SIGTERM and SIGINT let running tasks finish; a second one ends all now.

    Args:
        workers: the workers, or one worker. The list is not changed.
        configuration: the server; default from the environment.
        metrics_settings: where metrics go; None: nowhere.
        scan_for_annotated_workers: run the functions decorated with `worker_task`, too.
        import_modules: modules to import first, for the decorated functions in them.
        event_listeners: objects with ``on_...`` methods, called in the worker processes.
        monitor_processes: start processes again when they end; the same as `restart_on_failure`.
        restart_on_failure: start processes again when they end.
        monitor_interval_seconds: between two looks for processes that give no sign of life.
        restart_backoff_seconds: before a process is started again; doubles each time, until it was healthy for long.
        restart_backoff_max_seconds: the longest such time.
        restart_max_attempts: give up on a process after so many restarts; 0: never.
        groups: lists of workers that share a process.
        group: all workers that name no group of their own share a process, of this name.
        start_method: ``fork``, ``forkserver`` or ``spawn``; default: fork where that is safe, else spawn.
        shutdown_grace_seconds: how long running tasks may take to finish when the handler is told to end.
        on_shutdown: what becomes of tasks that do not: ``requeue`` gives them to another worker at once, ``fail``
            reports them as FAILED.
        on_crash: what becomes of tasks whose process died: ``fail`` reports them as FAILED, so that the server tries
            again as their definition says, ``requeue`` gives them to another worker, at most twice.
        heartbeat_timeout_seconds: replace a process that runs no Python code for so long; 0: never. A busy one does.
        outbox_directory: where results wait for a server that is away; default in the user's state directory.

    Raises:
        ConfigurationError: an argument is wrong; says which.
    """

    def __init__(
        self,
        workers: Sequence[WorkerInterface] | WorkerInterface | None = None,
        configuration: Configuration | None = None,
        metrics_settings: MetricsSettings | None = None,
        scan_for_annotated_workers: bool = True,
        import_modules: Sequence[str] | None = None,
        event_listeners: Sequence[object] | None = None,
        monitor_processes: bool = True,
        restart_on_failure: bool = True,
        monitor_interval_seconds: float = 5.0,
        restart_backoff_seconds: float = 1.0,
        restart_backoff_max_seconds: float = 60.0,
        restart_max_attempts: int = 0,
        *,
        groups: Iterable[Sequence[WorkerInterface]] = (),
        group: str | None = None,
        start_method: str | None = None,
        shutdown_grace_seconds: float = 30.0,
        on_shutdown: str = "requeue",
        on_crash: str = "fail",
        heartbeat_timeout_seconds: float = 30.0,
        outbox_directory: str | None = None,
    ) -> None:
        self.configuration = configuration or Configuration()
        self.event_listeners = list(event_listeners or ())
        self.workers = gather(workers, import_modules, scan=scan_for_annotated_workers)
        self._start_method = start_method
        self._members = members_of(self.workers, groups, group)
        self._runner = RunnerSettings(
            self.configuration, metrics_settings, tuple(self.event_listeners), outbox_directory,
            shutdown_grace_seconds, on_shutdown,
        )  # fmt: skip
        self._supervision = SupervisionSettings(
            monitor_processes and restart_on_failure, restart_backoff_seconds, restart_backoff_max_seconds,
            restart_max_attempts, heartbeat_timeout_seconds, monitor_interval_seconds, on_crash,
        )  # fmt: skip
        self._link: Link | ThreadLink | None = None
        self._exporter: MetricsExporter | None = None
        self._signals: ShutdownSignals | None = None

    def start_processes(self) -> None:
        """Start the worker processes, and wait until each worker is ready.

        From the main thread this also takes SIGTERM and SIGINT, until all has ended.

        Raises:
            WorkerStartError: a worker could not be started, such as for want of a library; none runs.
            ConfigurationError: a worker cannot be sent to another process, or metrics cannot be written.
        """
        if self._link is not None and not self._link.has_ended:
            return
        if not self._members:
            logger.warning("there are no workers to start")
            return
        with signals_held():  # a signal finds either nothing, or all that it is to end
            self._link = self._make_link()
            self._signals = ShutdownSignals(self._link)
            self._signals.install()
        try:
            _end_at_exit(self)
            if not self._link.wait_for_start(START_SECONDS):
                logger.warning("some workers take more than %.0f seconds to start", START_SECONDS)
        except BaseException:
            self.stop_processes()
            raise

    def _make_link(self) -> Link | ThreadLink:
        shipped: list[tuple[str, object]] = [(repr(worker), worker) for worker in self.workers]
        shipped += [(f"event listener {each!r}", each) for each in self.event_listeners]
        in_threads = isolation_mode() == ISOLATION_THREAD
        method, runner_method = choose_start_method(self._start_method, () if in_threads else shipped)
        plan = Plan(self._members, self._runner, self._supervision, runner_method, LogLevels.current())
        status = StatusTable(len(self._members), multiprocessing.get_context(method))
        if self._runner.metrics_settings is not None:
            self._exporter = MetricsExporter(self._runner.metrics_settings, method, status)
        try:
            return ThreadLink(plan, status) if in_threads else Link(plan, method, status)
        except BaseException:
            self._stop_exporter()
            raise

    def join_processes(self) -> None:
        """Wait until all worker processes have ended, by a signal or `stop_processes` in another thread."""
        link, signals = self._link, self._signals
        if link is None or signals is None:
            return
        signals.is_waited_for = True
        try:
            # Windows hears of Ctrl-C only between two waits.
            while not link.wait(_WAIT_SECONDS):
                pass
        finally:
            signals.is_waited_for = False
        signals.restore()
        self._stop_exporter()

    def stop_processes(self) -> None:
        """Let the workers finish what they do, and wait until all processes have ended."""
        if self._link is None:
            self._stop_exporter()  # it may have been started, and what comes after it interrupted
            return
        if not self._link.has_ended:
            self._link.drain()
        self.join_processes()

    def __enter__(self) -> TaskHandler:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_processes()

    @property
    def task_runner_processes(self) -> list[RunnerStatus]:
        """The runner processes as they are now."""
        return [self._status(row) for row in range(len(self._members))]

    def get_worker_process_status(self) -> list[dict[str, Any]]:
        """For each runner process: worker, pid, alive, exitcode, restart_count, and state."""
        return [
            {
                "worker": each.name,
                "pid": each.pid,
                "alive": each.is_alive(),
                "exitcode": each.exitcode,
                "restart_count": each.restart_count,
                "state": each.state.name.lower(),
            }
            for each in self.task_runner_processes
        ]

    def is_healthy(self) -> bool:
        """Whether all processes run and give signs of life."""
        if self._link is None or self._link.has_ended or self._link.pid is None:
            return False
        return all(each.state is State.RUNNING for each in self.task_runner_processes)

    def _stop_exporter(self) -> None:
        if self._exporter is not None:
            self._exporter.stop()
            self._exporter = None

    def _status(self, row: int) -> RunnerStatus:
        name = self._members[row].name
        if self._link is None:
            return RunnerStatus(name, None, State.WAITING, None, 0)
        table = self._link.status
        return RunnerStatus(name, table.pid(row), table.state(row), table.exitcode(row), table.restarts(row))


def _end_at_exit(handler: TaskHandler) -> None:
    """A program that ends without a word ends its workers first, not the other way round."""
    reference = weakref.ref(handler)

    def end() -> None:
        if (it := reference()) is not None:
            it.stop_processes()

    atexit.register(end)
