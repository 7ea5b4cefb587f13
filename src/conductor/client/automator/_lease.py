"""Keeps the server informed of tasks that take long, and the tasks informed of what the server thinks of them.

One thread for all tasks of a process. For a worker with lease extension it tells the server, well within the response
timeout, that the task is alive. It also asks what the server says of the task: an update of a task that has timed out,
or whose workflow was terminated, is answered 200 like any other, so only asking shows that the work is for nothing.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec

from conductor.client.automator._api import TaskApi
from conductor.client.automator._attempt import Attempt
from conductor.client.http.models.task import Task
from conductor.client.http.rest import ApiException, NotFoundError

logger = logging.getLogger(__name__)

#: Part of the response timeout after which the lease is extended: two extensions may fail.
_LEASE_PART: Final = 1 / 3
#: The first question to the server, and the longest time between two of them, in seconds.
_FIRST_BEAT_SECONDS: Final = 10.0
_LONGEST_BEAT_SECONDS: Final = 60.0
_TICK_SECONDS: Final = 1.0
#: Lines of logs that wait for a server that is away; older ones are dropped.
_MOST_LINES: Final = 1000
TERMINAL: Final = frozenset(
    {"COMPLETED", "COMPLETED_WITH_ERRORS", "FAILED", "FAILED_WITH_TERMINAL_ERROR", "CANCELED", "TIMED_OUT", "SKIPPED"}
)


class _Extension(msgspec.Struct, rename="camel"):
    task_id: str
    workflow_instance_id: str
    worker_id: str
    status: str = "IN_PROGRESS"
    extend_lease: bool = True


class LeaseKeeper:
    """Watches attempts from their start until the server has their results.

    Args:
        api: the server.
        clock: seconds, monotonic.
        rng: spreads the beats of tasks that began together.
    """

    def __init__(
        self, api: TaskApi, clock: Callable[[], float] = time.monotonic, rng: random.Random | None = None
    ) -> None:
        self._api = api
        self._clock = clock
        self._rng = rng or random.Random()
        self._watched: dict[int, Attempt] = {}
        self._lines: deque[tuple[str, str]] = deque(maxlen=_MOST_LINES)
        self._wake = threading.Event()
        self._start_lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._asleep = True

    def watch(self, attempt: Attempt, *, extend: bool) -> None:
        """Begin to watch; `extend` to keep the task's lease as well. On the hot path: no lock, no system call."""
        timeout = attempt.task.response_timeout_seconds
        attempt.lease = timeout * _LEASE_PART if extend and timeout else 0.0
        attempt.next_beat = attempt.started + (min(attempt.lease, _FIRST_BEAT_SECONDS) or _FIRST_BEAT_SECONDS)
        self._watched[id(attempt)] = attempt
        if self._asleep or (attempt.lease and attempt.lease < _TICK_SECONDS):
            self._rouse()

    def release(self, attempt: Attempt) -> None:
        """Stop watching."""
        self._watched.pop(id(attempt), None)

    def resume(self, attempt: Attempt) -> None:
        """Watch again an attempt whose result the server has yet to take."""
        self._watched[id(attempt)] = attempt
        if self._asleep:
            self._rouse()

    def log(self, task: Task, line: str) -> None:
        """Send a line to the task's log soon, from the keeper's own thread."""
        if task.task_id:
            self._lines.append((task.task_id, line))
            self._rouse()

    def close(self) -> None:
        """End the thread, after the beat that is under way."""
        self._closed = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def tick(self) -> float:
        """Do what is due; returns the seconds until there is something to do again."""
        self._send_lines()
        now, nearest = self._clock(), self._clock() + _TICK_SECONDS
        for attempt in list(self._watched.values()):
            if attempt.next_beat <= now:
                self._beat(attempt)
            nearest = min(nearest, attempt.next_beat)
        return max(nearest - self._clock(), 0.01)

    def _rouse(self) -> None:
        self._wake.set()
        if self._thread is None and not self._closed:
            with self._start_lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="conductor-leases", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        while not self._closed:
            self._wake.clear()
            wait: float | None = self.tick()
            self._asleep = not self._watched and not self._lines
            if self._asleep and not self._watched and not self._lines:
                wait = None
            self._wake.wait(wait)
            self._asleep = False

    def _beat(self, attempt: Attempt) -> None:
        age = self._clock() - attempt.started
        period = min(max(_FIRST_BEAT_SECONDS, age / 5), _LONGEST_BEAT_SECONDS) * self._rng.uniform(0.8, 1.0)
        period = min(attempt.lease, period) if attempt.lease else period
        try:
            if self._is_wanted(attempt) and attempt.lease and id(attempt) in self._watched:
                extension = _Extension(attempt.task_id, attempt.workflow_id, attempt.worker_id)
                self._api.update(msgspec.json.encode(extension))
        except ApiException as error:
            logger.debug("task %s: could not reach the server to keep its lease: %s", attempt.task_id, error)
            period /= 4  # there is room for several tries within the lease
        attempt.next_beat = self._clock() + period

    def _is_wanted(self, attempt: Attempt) -> bool:
        """Ask the server; tell the worker's code when it works for nothing."""
        context = attempt.context
        if context.cancelled:
            return False
        try:
            state = self._api.get(attempt.task_id)
        except NotFoundError:
            context.cancel("the server does not know the task any more")
            return False
        if state.status not in TERMINAL:
            self._gather(attempt)
            return True
        reason = f": {state.reason_for_incompletion}" if state.reason_for_incompletion else ""
        context.cancel(f"the server has ended the task as {state.status}{reason}")
        return False

    def _gather(self, attempt: Attempt) -> None:
        """Have the lines that the task has logged so far sent, as one entry."""
        lines = attempt.context.take_logs()
        if lines:
            self._lines.append((attempt.task_id, "\n".join(line.log or "" for line in lines)))

    def _send_lines(self) -> None:
        while self._lines:
            task_id, line = self._lines[0]
            try:
                self._api.log(task_id, line)
            except ApiException as error:
                logger.debug("task %s: could not send a line of its log: %s", task_id, error)
                if error.transient:
                    return
            self._lines.popleft()
