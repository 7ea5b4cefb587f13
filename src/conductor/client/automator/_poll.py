"""Poll: free slots in, tasks out; how many to ask for, how long to wait, and what to do about a server that is away.

The server holds a poll until it has as many tasks as were asked for, so that a long poll for several tasks would keep
the first of them waiting. While there is work, polls ask for every free slot and do not wait; when there is none, a
long poll asks for one task, and its arrival shows that there may be more.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import Final

from conductor.client.automator._api import TaskApi
from conductor.client.automator._backoff import Delays, asked_wait
from conductor.client.event.sync_event_dispatcher import SyncEventDispatcher
from conductor.client.event.task_runner_events import PollCompleted, PollFailure, PollStarted
from conductor.client.http.models.task import Task
from conductor.client.http.rest import ApiException, RequestError
from conductor.client.worker.worker_interface import DEFAULT_POLL_TIMEOUT, WorkerInterface

logger = logging.getLogger(__name__)

#: The server refuses a longer one.
LONGEST_POLL_MS: Final = 5000
#: Most tasks in one poll; more of them only make the answer large.
MOST_TASKS: Final = 100
#: A worker of several task types polls for one after the other, and none may wait long for its turn.
_SHARED_POLL_MS: Final = 1000
_PASSING: Final = Delays(first=0.1, longest=5.0)
#: For what only a person can mend: credentials, an address, a name.
_LASTING: Final = Delays(first=1.0, longest=60.0)
_QUIET_SECONDS: Final = 10.0


class Poller:
    """Polls for one worker, from one thread."""

    def __init__(
        self,
        worker: WorkerInterface,
        api: TaskApi,
        events: SyncEventDispatcher,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        self._worker = worker
        self._api = api
        self._events = events
        self._clock = clock
        self._rng = rng or random.Random()
        self._hungry = True  # there may be several tasks: ask for all that we can take
        self._failures = 0
        self._next_poll = 0.0
        self._next_complaint = 0.0

    def wait(self) -> float:
        """Seconds until the next poll may be made."""
        return max(self._next_poll - self._clock(), 0.0)

    def poll(self, free: int) -> list[Task]:
        """Ask for tasks for `free` slots; none when the server has none or cannot be asked."""
        count, timeout_ms = (min(free, MOST_TASKS), 0) if self._hungry else (1, self.timeout_ms())
        name = self._worker.get_task_definition_name()
        self._worker.clear_task_definition_name_cache()
        started = self._clock()
        try:
            tasks = self._ask(name, count, timeout_ms)
        except ApiException as error:
            self._failed(name, error)
            return []
        self._succeeded(name)
        # After an empty look at the queue comes a long poll, after an empty long poll the interval.
        if not tasks and not self._hungry:
            self._next_poll = started + self._worker.get_polling_interval_in_seconds() * self._rng.uniform(0.9, 1.0)
        self._hungry = bool(tasks)
        return tasks

    def held_up(self, obstacle: str) -> None:
        """No poll now, for a reason that is no fault of polling: say so, now and then."""
        if self._clock() >= self._next_complaint:
            self._next_complaint = self._clock() + _QUIET_SECONDS
            logger.error("not polling for %s: %s", self._worker.task_definition_names[0], obstacle)

    def poll_one(self, name: str) -> Task | None:
        """Look for one task for a slot that has just become free; gives up at the first trouble."""
        if self._failures:
            return None
        try:
            return next(iter(self._ask(name, 1, 0)), None)
        except ApiException as error:
            self._failed(name, error)
            return None

    def timeout_ms(self) -> int:
        """How long the server may hold a poll that finds nothing: the worker's own time, else the longest."""
        own = self._worker.poll_timeout
        if own is not None and own != DEFAULT_POLL_TIMEOUT:
            return max(0, min(int(own), LONGEST_POLL_MS))
        names = len(self._worker.task_definition_names)
        # Not all workers of a fleet that started together shall poll together for ever.
        longest = LONGEST_POLL_MS if names == 1 else max(_SHARED_POLL_MS // names, DEFAULT_POLL_TIMEOUT)
        return int(longest * self._rng.uniform(0.95, 1.0))

    def _ask(self, name: str, count: int, timeout_ms: int) -> list[Task]:
        worker_id, events, started = self._worker.get_identity(), self._events, self._clock()
        if events.has_listeners(PollStarted):
            events.publish(PollStarted(name, worker_id, count))
        try:
            tasks = self._api.poll(
                name, worker_id=worker_id, domain=self._worker.get_domain(), count=count, timeout_ms=timeout_ms
            )
        except ApiException as error:
            if events.has_listeners(PollFailure):
                events.publish(PollFailure(name, (self._clock() - started) * 1000, error))
            raise
        if events.has_listeners(PollCompleted):
            events.publish(PollCompleted(name, (self._clock() - started) * 1000, len(tasks)))
        return tasks

    def _failed(self, name: str, error: ApiException) -> None:
        self._failures += 1
        self._hungry = True
        delays = _PASSING if error.transient and not isinstance(error, RequestError) else _LASTING
        wait = max(delays.after(self._failures, self._rng), asked_wait(error, self._rng))
        now = self._clock()
        self._next_poll = now + wait
        if now >= self._next_complaint:
            self._next_complaint = now + _QUIET_SECONDS
            logger.warning("cannot poll for %s (%d times in a row): %s", name, self._failures, error)

    def _succeeded(self, name: str) -> None:
        if self._failures:
            logger.info("polling for %s again, after %d failures", name, self._failures)
            self._failures = 0
            self._next_complaint = 0.0
