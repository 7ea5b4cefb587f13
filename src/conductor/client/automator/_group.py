"""The workers of one process, each with its runner: started, run until stopped, and what they share closed."""

from __future__ import annotations

import logging
import threading
import time
from importlib import import_module
from typing import Final

from conductor.client.automator._plan import Member, RunnerSettings
from conductor.client.automator._services import Services
from conductor.client.automator._slots import SlotTable
from conductor.client.automator.task_runner import TaskRunner
from conductor.client.configuration.errors import ConfigurationError
from conductor.client.event.task_runner_events import WorkerRestarted
from conductor.client.http.api_client import ApiClient
from conductor.client.worker.exception import WorkerDefinitionError

#: After each attempt to register task definitions.
_REGISTRATION_WAITS_SECONDS: Final = (5.0, 30.0, 120.0, 0.0)
#: For the results that wait when all else has ended: after draining, and when told to end now.
_FLUSH_SECONDS: Final = 1.0
_KILL_FLUSH_SECONDS: Final = 0.3
#: What the standard library imports in the middle of a first request.
_USED_LATER: Final = ("encodings.idna", "stringprep", "urllib.request", "http.client", "email.parser")

logger = logging.getLogger(__name__)


class RunnerGroup:
    """One runner for each worker; they share connections, leases and the outbox.

    Args:
        member: the workers.
        settings: for their runners.
        slots: table of tasks being executed; None: nobody asks.
    """

    def __init__(self, member: Member, settings: RunnerSettings, slots: SlotTable | None = None) -> None:
        self._member = member
        self._settings = settings
        self._slots = slots
        self._runners: list[TaskRunner] = []
        self._services: Services | None = None
        self._stopped_at = 0.0
        self._is_killed = False

    def start(self, restarts: int) -> None:
        """Start the workers and make their runners.

        Args:
            restarts: how often this has been done before.

        Raises:
            Exception: whatever a worker's own start-up code raises.
        """
        for worker in self._member.workers:
            worker.on_start()
        self._runners = self._make_runners()
        if self._stopped_at:  # meanwhile
            self.stop()
        if any(worker.register_task_def for worker in self._member.workers):
            threading.Thread(target=self._register, name="conductor-registration", daemon=True).start()
        if restarts:
            for runner in self._runners:
                runner.event_dispatcher.publish(WorkerRestarted(runner.worker.task_definition_names[0]))

    def run(self) -> bool:
        """Run until stopped, the first runner in this thread; returns whether no runner failed."""
        failed: list[TaskRunner] = []

        def run(runner: TaskRunner) -> None:
            try:
                runner.run()
            except Exception:
                failed.append(runner)
                logger.exception("worker %s: the runner failed", runner.worker.task_definition_names[0])
                self.stop()

        threads = [threading.Thread(target=run, args=(runner,), daemon=True) for runner in self._runners[1:]]
        for thread in threads:
            thread.start()
        run(self._runners[0])
        for thread in threads:
            thread.join()
        assert self._services is not None
        self._services.close(_KILL_FLUSH_SECONDS if self._is_killed else self._grace_left())
        return not failed

    def stop(self) -> None:
        """Drain; said twice it means no more. May be called from a signal handler."""
        self._stopped_at = self._stopped_at or time.monotonic()
        for runner in self._runners:
            runner.stop()

    def kill(self) -> None:
        """End now."""
        self._stopped_at = self._stopped_at or time.monotonic()
        self._is_killed = True
        for runner in self._runners:
            runner.kill()

    def _make_runners(self) -> list[TaskRunner]:
        settings, rows = self._settings, self._slots.capacity if self._slots is not None else 0
        services = self._services = Services(
            settings.configuration,
            settings.metrics_settings,
            settings.event_listeners,
            slots=self._slots,
            rows=rows,
            outbox_directory=settings.outbox_directory,
        )
        grace, then = settings.shutdown_grace_seconds, settings.on_shutdown
        return [
            TaskRunner(worker, shutdown_grace_seconds=grace, on_shutdown=then, services=services)
            for worker in self._member.workers
        ]

    def _register(self) -> None:
        """Register task definitions, beside the work: a server that is away does not keep a worker from starting."""
        module = import_module("conductor.client.worker.registration")
        client = ApiClient(self._settings.configuration)
        left = [worker for worker in self._member.workers if worker.register_task_def]
        for wait_seconds in _REGISTRATION_WAITS_SECONDS:
            left = [worker for worker in left if not module.register_task_def(worker, client)]
            if not left or self._stopped_at:
                return
            time.sleep(wait_seconds)

    def _grace_left(self) -> float:
        """At least a moment: results may have waited for the tasks."""
        left = self._settings.shutdown_grace_seconds - (time.monotonic() - self._stopped_at)
        return max(left, _FLUSH_SECONDS)


def start_failure(member: Member, error: Exception) -> str:
    """One line that says which worker could not be started, and why."""
    text = " ".join(str(error).split())
    if not (isinstance(error, (ConfigurationError, WorkerDefinitionError)) and text):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return f"worker {member.name!r}: {text}"


def warm_up(settings: RunnerSettings) -> None:
    """Make in a process that will fork, once, what each runner would make for itself: modules, tables, caches.

    Nothing is opened and no thread is started. Each runner saves megabytes.
    """
    for module in _USED_LATER:
        import_module(module)
    Services(settings.configuration, outbox_directory=settings.outbox_directory)
