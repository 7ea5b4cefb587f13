"""When a failed call is made again: only where that is safe, and never sooner than the server asks."""

from __future__ import annotations

import random

import msgspec

from conductor.client.http.rest import (
    ApiException,
    ConnectionLostError,
    RequestTimeoutError,
    UnreachableError,
    retry_after_seconds,
)

#: Methods that may be sent twice: a second time changes nothing more.
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
#: Answers of a server or of a proxy before it that pass by themselves. 500 is not among them: Conductor says it of
#: malformed requests too.
_PASSING = frozenset({429, 502, 503, 504})


class RetryPolicy(msgspec.Struct, frozen=True):
    """At most `attempts` tries in all, with full jitter between them; waits are in seconds.

    A `Retry-After` above `longest_wait` is not waited for: the error, which carries it, goes to the caller.
    """

    attempts: int = 3
    first_wait: float = 0.2
    longest_wait: float = 30.0

    def wait_before_next(self, method: str, attempt: int, error: ApiException) -> float | None:
        """Seconds to wait after the `attempt`-th try (counted from 1) failed so; None: give up."""
        if attempt >= self.attempts or not self._may_repeat(method, error):
            return None
        asked = retry_after_seconds(error.headers)
        if asked is not None:
            return None if asked > self.longest_wait else asked * random.uniform(1.0, 1.2)
        if isinstance(error, ConnectionLostError) and attempt == 1:
            return 0.0  # most likely an idle connection that the server had closed: a new one will do
        return random.uniform(0, min(self.longest_wait, self.first_wait * 2 ** (attempt - 1)))

    @staticmethod
    def _may_repeat(method: str, error: ApiException) -> bool:
        if isinstance(error, UnreachableError) or error.status == 429:
            return True  # nothing was sent, or nothing was done
        if isinstance(error, RequestTimeoutError):
            return False  # the caller has waited for as long as it said it would
        return method in IDEMPOTENT and (isinstance(error, ConnectionLostError) or error.status in _PASSING)


NO_RETRY = RetryPolicy(attempts=1)
