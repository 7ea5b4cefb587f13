"""One worker's loop in a process: poll, execute, report, until it is stopped; then drain."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Final

from conductor.client.automator._affinity import OneProcessor
from conductor.client.automator._api import UPDATE_SECONDS
from conductor.client.automator._chain import Chain
from conductor.client.automator._crew import LoopCrew, ThreadCrew
from conductor.client.automator._ledger import SlotTable
from conductor.client.automator._poll import Poller
from conductor.client.automator._services import Services
from conductor.client.automator._wake import Bell
from conductor.client.configuration.configuration import Configuration
from conductor.client.event.task_runner_events import ActiveWorkersChanged, TaskPaused
from conductor.client.worker.worker_interface import WorkerInterface

if TYPE_CHECKING:
    from conductor.client.configuration.settings.metrics_settings import MetricsSettings

logger = logging.getLogger(__name__)

#: At least so often the loop says that it is alive, and looks whether it may poll again.
_BEAT_SECONDS: Final = 0.5
#: Between two looks for results that other processes, now dead, have left on disk.
_ADOPT_SECONDS: Final = 60.0
#: For the results that wait when everything else has ended.
_FLUSH_SECONDS: Final = 1.0
_SHUTDOWN_REASON: Final = "the worker was shut down before it had finished the task"


class TaskRunner:
    """Runs one worker.

    Args:
        worker: what executes the tasks.
        configuration: the server; default from the environment.
        metrics_settings: where metrics go; None: nowhere.
        event_listeners: objects with ``on_...`` methods, called in this process.
        slots: the parent's table of tasks being executed.
        outbox_directory: where results wait for a server that is away; default in the user's state directory.
        shutdown_grace_seconds: how long running tasks may go on after `stop`.
        on_shutdown: what becomes of tasks that cannot be finished: "requeue" gives them to another worker at once,
            "fail" reports them as FAILED, which costs one of their retries.
        services: shared with other runners of this process; default its own, made of the arguments above.

    Raises:
        ValueError: `on_shutdown` is neither of the two.
    """

    def __init__(
        self,
        worker: WorkerInterface,
        configuration: Configuration | None = None,
        metrics_settings: MetricsSettings | None = None,
        event_listeners: Iterable[object] | None = None,
        *,
        slots: SlotTable | None = None,
        outbox_directory: str | None = None,
        shutdown_grace_seconds: float = 30.0,
        on_shutdown: str = "requeue",
        services: Services | None = None,
    ) -> None:
        if on_shutdown not in ("requeue", "fail"):
            raise ValueError(f"on_shutdown: {on_shutdown!r} is neither 'requeue' nor 'fail'")
        self.worker = worker
        self._services = services or Services(
            configuration,
            metrics_settings,
            event_listeners,
            slots=slots,
            rows=getattr(slots, "capacity", worker.thread_count),
            outbox_directory=outbox_directory,
        )
        self._owns_services = services is None
        self.configuration = self._services.configuration
        self.event_dispatcher = self._services.events
        self.metrics_collector = self._services.metrics
        self._grace = shutdown_grace_seconds
        self._clock = time.monotonic
        self._bell = Bell()
        self._poller = Poller(worker, self._services.api, self._services.events)
        reason = _SHUTDOWN_REASON if on_shutdown == "fail" else None
        self._chain = Chain(worker, self._services, self._poller.poll_one, reason)
        self._size = max(1, worker.thread_count)
        self._affinity = OneProcessor()
        self._crew = self._hire()
        self._stopped_at: float | None = None
        self._killed = self._has_run = False
        self._next_adoption = 0.0

    def run(self) -> None:
        """Poll, execute and report until `stop` is called, then drain and return."""
        self._has_run = True
        try:
            while self._stopped_at is None:
                self._turn()
        finally:
            self._drain()

    def run_once(self) -> None:
        """Poll once, then execute and report what came, in this thread."""
        for task in self._poller.poll(1):
            self._chain.work_alone(task)

    def stop(self) -> None:
        """Ask to drain; returns at once. May be called from a signal handler and from any thread."""
        if self._stopped_at is None:
            self._stopped_at = self._clock()
        self._chain.end()
        self._bell.ring()

    def kill(self) -> None:
        """Give up running work now: it is handed back, finished results are kept."""
        self._killed = True
        self.stop()

    def __enter__(self) -> TaskRunner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and where `run` was not called, end as it would have."""
        self.stop()
        if not self._has_run:
            self._drain()

    # The loop.

    def _turn(self) -> None:
        """One poll, or one wait for something that has to be before the next."""
        self._services.ledger.beat()
        self._affinity.rest()
        if wait := self._wait():
            self._bell.wait(min(wait, _BEAT_SECONDS))
            return
        for task in self._poller.poll(self._crew.free()):
            if self._stopped_at is None:
                self._crew.give(task)
                self._announce()
            else:  # the server gave it out while we were told to stop
                self._chain.hand_back(task)

    def _wait(self) -> float:
        """Seconds until there may be a reason to poll; 0: now."""
        if not self._crew.free():
            return _BEAT_SECONDS
        if wait := self._poller.wait():
            return wait
        self._adopt()
        if self.worker.is_paused():
            self._services.events.publish(TaskPaused(self.worker.task_definition_names[0]))
            return max(self.worker.get_polling_interval_in_seconds(), _BEAT_SECONDS)
        if obstacle := self._services.delivery.obstacle():
            self._poller.held_up(obstacle)
            return _BEAT_SECONDS / 2
        return 0.0

    def _adopt(self) -> None:
        """Look now and then for results of dead processes."""
        now = self._clock()
        if now >= self._next_adoption:
            self._next_adoption = now + _ADOPT_SECONDS
            self._services.delivery.adopt()

    def _hire(self) -> ThreadCrew | LoopCrew:
        name = f"conductor-{self.worker.task_definition_names[0]}"
        if self.worker.is_async:
            return LoopCrew(self._size, self._chain.work_async, self._released, name)
        return ThreadCrew(self._size, self._affinity.watch(self._chain.work), self._released, name)

    def _released(self) -> None:
        self._announce()
        self._bell.ring()

    def _announce(self) -> None:
        events = self._services.events
        if events.has_listeners(ActiveWorkersChanged):
            busy = self._size - self._crew.free()
            events.publish(ActiveWorkersChanged(self.worker.task_definition_names[0], busy))

    # The end.

    def _drain(self) -> None:
        """Let running tasks end within the grace period, hand back the others, deliver the results or keep them."""
        self.stop()
        for task in self._crew.dismiss():
            self._chain.hand_back(task)
        started = self._stopped_at or self._clock()
        while self._crew.free() < self._size and not self._killed and self._clock() < started + self._grace:
            self._services.ledger.beat()
            self._bell.wait(_BEAT_SECONDS / 10)
        for attempt in self._chain.give_up():
            logger.warning("task %s did not end in time and was handed back", attempt.task_id)
        # Results that are just being sent get their answer, or the time to find that there is none.
        deadline = self._clock() + (_FLUSH_SECONDS / 2 if self._killed else UPDATE_SECONDS)
        while self._chain.is_reporting() and self._clock() < deadline:
            self._bell.wait(_BEAT_SECONDS / 10)
        if isinstance(self._crew, LoopCrew):
            self._crew.cancel()
        if self._owns_services:
            left = started + self._grace - self._clock()
            self._services.close(_FLUSH_SECONDS / 2 if self._killed else max(left, _FLUSH_SECONDS))
