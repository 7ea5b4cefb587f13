"""Delivers the results that the server did not take at once, for as long as it takes, without holding a slot.

A result waits in memory for a moment, then on disk (see `_clerk`). Sender threads take what is due in the order in
which it was made. No thread exists before something fails.
"""

from __future__ import annotations

import heapq
import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from conductor.client.automator._api import TaskApi
from conductor.client.automator._attempt import Attempt
from conductor.client.automator._backoff import Breaker, Delays, asked_wait
from conductor.client.automator._clerk import MOMENT_SECONDS, Clerk
from conductor.client.automator._outbox import Outbox
from conductor.client.automator._parcel import Parcel, Verdict, verdict
from conductor.client.http.rest import ApiException

logger = logging.getLogger(__name__)

#: Between two lines in the log that say the same.
_QUIET_SECONDS: Final = 10.0


class Ledger(Protocol):
    """Is told what becomes of results."""

    def failed(self, parcel: Parcel, error: ApiException) -> None:
        """The server did not take a result this time."""

    def settled(self, attempt: Attempt) -> None:
        """The server has the result of an attempt, or will never take it."""

    def spooled(self, attempt: Attempt) -> None:
        """The result of an attempt is on disk."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How a result is retried: waits of one result, how many are sent at once, seconds in memory before the disk."""

    delays: Delays = field(default_factory=Delays)
    senders: int = 8
    moment_seconds: float = MOMENT_SECONDS


class Delivery:
    """The results on their way. Safe to use from many threads.

    Args:
        api: the server.
        outbox: the disk.
        breaker: whether the server takes results at all.
        ledger: told what becomes of them.
        policy: how they are retried.
        clock: seconds, monotonic.
        rng: for the jitter.
    """

    def __init__(
        self,
        api: TaskApi,
        outbox: Outbox,
        breaker: Breaker,
        ledger: Ledger,
        policy: Policy | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        self._api = api
        self._breaker = breaker
        self._ledger = ledger
        self._policy = policy or Policy()
        self._clock = clock
        self._rng = rng or random.Random()
        self._clerk = Clerk(outbox, self._saved, self._policy.moment_seconds, clock)
        self._changed = threading.Condition()
        self._waiting: list[tuple[float, int, Parcel]] = []
        self._ready: list[Parcel] = []
        self._count = 0
        self._under_way = 0
        self._threads: list[threading.Thread] = []
        self._closed = False
        self._next_complaint = 0.0

    def take(self, parcel: Parcel, error: ApiException | None = None) -> None:
        """Take charge of a result: one that the server did not take just now, or one that was never sent."""
        if error is None:
            self._queue(parcel, self._clock())
        else:
            self._dispose(parcel, parcel.body or b"", error)

    def adopt(self) -> int:
        """Take over what dead processes left on disk; returns how many results."""
        found = self._clerk.adopt()
        for parcel in found:
            self._queue(parcel, parcel.born)
        if found:
            logger.info("delivering %d results that an earlier process left on disk", len(found))
        return len(found)

    @property
    def pending(self) -> int:
        """How many results wait or are being sent."""
        return len(self._waiting) + len(self._ready) + self._under_way

    def obstacle(self) -> str | None:
        """Why no more tasks should be taken from the server now; None where nothing speaks against it."""
        if not self.pending:
            return None
        return "the server takes no results" if self._breaker.is_open else self._clerk.obstacle()

    def flush(self, seconds: float) -> bool:
        """Send all that waits, now; returns whether all is delivered. Gives up early when the server is away."""
        deadline = self._clock() + seconds
        with self._changed:
            for _, _, parcel in self._waiting:
                heapq.heappush(self._ready, parcel)
            self._waiting.clear()
            self._changed.notify_all()
            while self.pending and not self._breaker.is_open and (left := deadline - self._clock()) > 0:
                self._changed.wait(min(left, 0.05))
            return not self.pending

    def close(self) -> int:
        """Bring to the disk what is not delivered, and end the threads; returns how many results could not be saved."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(1.0)  # one may be waiting for an answer: what it sends is on disk all the same
        return self._clerk.close()

    # The queue.

    def _queue(self, parcel: Parcel, due: float) -> None:
        self._clerk.hold(parcel)
        with self._changed:
            if not parcel.number:
                self._count += 1
                parcel.number = self._count
            heapq.heappush(self._waiting, (due, parcel.number, parcel))
            self._changed.notify()
            self._staff()

    def _staff(self) -> None:
        """One sender, and one more for every few results that wait."""
        wanted = 0 if self._closed else min(self._policy.senders, 1 + self.pending // 16)
        while len(self._threads) < wanted:
            thread = threading.Thread(target=self._send_all, name="conductor-delivery", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _next(self) -> Parcel | None:
        with self._changed:
            while not self._closed:
                now = self._clock()
                while self._waiting and self._waiting[0][0] <= now:
                    heapq.heappush(self._ready, heapq.heappop(self._waiting)[2])
                wait = self._waiting[0][0] - now if self._waiting else None
                if self._ready:
                    wait = self._breaker.wait()
                    if not wait:
                        self._under_way += 1
                        self._changed.notify()  # let another one see whether there is more
                        return heapq.heappop(self._ready)
                self._changed.wait(wait)
        return None

    # The senders.

    def _send_all(self) -> None:
        while (parcel := self._next()) is not None:
            try:
                self._send(parcel)
            finally:
                with self._changed:
                    self._under_way -= 1

    def _send(self, parcel: Parcel) -> None:
        body = self._clerk.body(parcel)
        if body is not None and self._clerk.is_too_old(parcel):
            self._clerk.bury(body, "it waited for too long")
            body = None
        if body is None:
            self._settle(parcel)
            return
        try:
            self._api.update(body)
        except ApiException as error:
            self._dispose(parcel, body, error)
        else:
            self._answered()
            self._settle(parcel)

    def _dispose(self, parcel: Parcel, body: bytes, error: ApiException) -> None:
        """Decide by the server's answer what becomes of a result."""
        parcel.read_names(body)
        self._ledger.failed(parcel, error)
        what = verdict(error)
        if what is Verdict.RETRY:
            self._retry(parcel, error)
            return
        self._answered()
        if what is Verdict.GONE:
            logger.warning("task %s: nobody waits for its result any more: %s", parcel.task_id, error)
            self._clerk.bury(body, str(error))
            self._settle(parcel)
        elif parcel.last_word:
            logger.error("task %s: the server takes not even the report of its failure: %s", parcel.task_id, error)
            self._settle(parcel)
        else:
            reason = f"the server refused the result of {len(body)} bytes: {error.status} {error.message or ''}".strip()
            logger.error("task %s: %s", parcel.task_id, reason)
            self._clerk.bury(body, reason)
            self._queue(parcel.substitute(reason), self._clock())
            self._clerk.forget(parcel)

    def _retry(self, parcel: Parcel, error: ApiException) -> None:
        parcel.tries += 1
        if parcel.tries == 1 or error.status is None:  # one result that always fails says nothing of the server
            self._breaker.failed(error)
        if self._clock() >= self._next_complaint:
            self._next_complaint = self._clock() + _QUIET_SECONDS
            logger.warning("a result was not taken, %d wait and are sent again: %s", self.pending + 1, error)
        wait = max(self._policy.delays.after(parcel.tries, self._rng), asked_wait(error, self._rng))
        self._queue(parcel, self._clock() + wait)

    def _answered(self) -> None:
        was_open = self._breaker.is_open
        self._breaker.succeeded()
        if was_open:
            logger.info("the server takes results again; %d wait", self.pending)
            with self._changed:
                self._changed.notify_all()

    def _settle(self, parcel: Parcel) -> None:
        self._clerk.forget(parcel)
        if parcel.attempt is not None:
            self._ledger.settled(parcel.attempt)

    def _saved(self, parcel: Parcel) -> None:
        if parcel.attempt is not None:
            self._ledger.spooled(parcel.attempt)
