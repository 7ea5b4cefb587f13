"""How long to wait before the next try: exponential, with full jitter, so that a thousand clients spread out."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from conductor.client.http.rest import ApiException, UnreachableError, retry_after_seconds


@dataclass(frozen=True, slots=True)
class Delays:
    """Seconds: the longest wait after the first failure, and the longest wait ever."""

    first: float = 0.05
    longest: float = 5.0

    def after(self, failures: int, rng: random.Random) -> float:
        """A wait, in seconds, after so many failures in a row (from 1)."""
        return rng.uniform(0.0, min(self.longest, self.first * 2.0 ** min(failures - 1, 32)))


def asked_wait(error: BaseException, rng: random.Random) -> float:
    """Seconds that the server's Retry-After asks for, and up to a fifth more; 0 where it asks for nothing."""
    asked = retry_after_seconds(error.headers) if isinstance(error, ApiException) else None
    return min(asked, 3600.0) * rng.uniform(1.0, 1.2) if asked else 0.0


class Breaker:
    """Knows whether the server takes results at all.

    Single failures among successes leave it closed: each result is then tried on its own. After many in a row, or when
    the server cannot be reached, it opens: one try at a time, further and further apart, until one succeeds.
    """

    #: Failures in a row that no healthy server produces: with three of ten calls failing, one in two hundred million.
    OPENS_AFTER = 16

    def __init__(
        self,
        delays: Delays | None = None,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        self._delays = delays or Delays()
        self._clock = clock
        self._rng = rng or random.Random()
        self._lock = threading.Lock()
        self._failures = 0
        self._tries = 0
        self._next_try = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the server seems to take nothing."""
        return self._tries > 0

    def succeeded(self) -> None:
        """A result was taken."""
        if self._failures or self._tries:  # without a lock, since this is said of each result
            with self._lock:
                self._failures = self._tries = 0
                self._next_try = 0.0

    def failed(self, error: BaseException) -> None:
        """A result was not taken, for a reason that passes."""
        with self._lock:
            self._failures += self.OPENS_AFTER if isinstance(error, UnreachableError) else 1
            wait = asked_wait(error, self._rng)
            if self._failures >= self.OPENS_AFTER or wait:
                self._tries += 1
                wait = wait or self._delays.after(self._tries, self._rng)
                self._next_try = self._clock() + wait

    def wait(self) -> float:
        """Seconds until a try is allowed; 0 means now, and takes the turn where there is one at a time."""
        if not self._tries:
            return 0.0
        with self._lock:
            now = self._clock()
            if now < self._next_try:
                return self._next_try - now
            # Others wait for what this try brings; should it bring nothing, such as a process stopped, until then.
            self._next_try = now + self._delays.longest
            return 0.0
