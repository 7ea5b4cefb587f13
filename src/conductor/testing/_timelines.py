"""Where a workflow test runs: in process with time that jumps, or on a server with time as it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from conductor.client.configuration.configuration import Configuration
    from conductor.client.http.models.task import Task

#: A limit that is none, in epoch milliseconds.
FOREVER = 1 << 60
#: How long a worker's poll may wait on a server, in milliseconds.
_POLL_MILLIS = 50
_PAUSE_SECONDS = 0.02
#: Without any progress for so long, a workflow on a server is helped over its timed WAITs.
_IDLE_SECONDS = 0.5


class Timeline(Protocol):
    """How time passes."""

    configuration: Configuration

    def now(self) -> int:
        """Epoch milliseconds."""
        ...

    def go(self, until: Callable[[], bool], seconds: float | None) -> bool:
        """Let workers work and time pass until something is true; False after `seconds`, or where it never will be."""
        ...

    def skip(self, seconds: float) -> None:
        """Let so much time pass, and what is due in it happen."""
        ...

    def answer_web(self, url: str, body: Any, status: int) -> None:
        """Answer HTTP tasks that ask for a URL."""
        ...

    def close(self) -> None: ...


class Simulated:
    """In process: time passes when nothing else is to be done, and only then."""

    def __init__(self, start: datetime, seed: int, work: Callable[[int], int]):
        from conductor.client.configuration.configuration import Configuration
        from conductor.testing._in_process import InProcessTransport, VirtualTime

        self._time = VirtualTime(int(start.timestamp() * 1000), seed)
        self._work = lambda: work(0)
        transport = InProcessTransport(self._time, self._work)
        self.configuration = Configuration(server_api_url="http://in-process/api", http_connection=transport)

    def now(self) -> int:
        return self._time.now

    def go(self, until: Callable[[], bool], seconds: float | None) -> bool:
        limit = FOREVER if seconds is None else self._time.now + int(seconds * 1000)
        return self._time.go(until, self._work, limit)

    def skip(self, seconds: float) -> None:
        moment = self._time.now + int(seconds * 1000)
        self._time.go(lambda: False, self._work, moment)
        self._time.pass_to(moment)
        self._time.go(lambda: False, self._work, moment)

    def answer_web(self, url: str, body: Any, status: int) -> None:
        self._time.web.add(url, body, status)

    def close(self) -> None:
        self._time.engine.close()


class Served:
    """On a server: time is real, but a WAIT that ends by itself is completed through the API when it is skipped."""

    def __init__(
        self,
        url: str,
        work: Callable[[int], int],
        end_waits: Callable[[float], int],
        patience_seconds: float,
    ):
        """`end_waits` completes the WAITs that end before a moment (epoch milliseconds) and gives how many."""
        from conductor.client.configuration.configuration import Configuration

        self.configuration = Configuration(server_api_url=url)
        self._work = work
        self._end_waits = end_waits
        self._patience = patience_seconds
        self._skipped = 0.0

    def now(self) -> int:
        return int((time.time() + self._skipped) * 1000)

    def go(self, until: Callable[[], bool], seconds: float | None) -> bool:
        latest = float("inf") if seconds is None else self.now() + seconds * 1000
        deadline = time.monotonic() + self._patience
        last_progress = time.monotonic()
        while not until():
            if time.monotonic() > deadline:
                return False
            idle = time.monotonic() - last_progress > _IDLE_SECONDS
            if self._work(_POLL_MILLIS) or (idle and self._end_waits(latest)):
                last_progress = time.monotonic()
            else:
                time.sleep(_PAUSE_SECONDS)
        return True

    def skip(self, seconds: float) -> None:
        self._skipped += seconds
        while self._work(_POLL_MILLIS) or self._end_waits(self.now()):
            pass

    def answer_web(self, url: str, body: Any, status: int) -> None:
        """A server asks the real web: a test that runs there as well asks for what is there."""

    def close(self) -> None:
        """The server stays."""


def wait_ends_at(task: Task) -> int | None:
    """When a WAIT ends by itself, in epoch milliseconds; None where it does not."""
    from conductor.engine.schedule import InvalidDuration, InvalidUntil, parse_duration, parse_until

    given = task.input_data or {}
    try:
        if given.get("duration"):
            return (task.start_time or task.scheduled_time or 0) + parse_duration(str(given["duration"])) * 1000
        if given.get("until"):
            return parse_until(str(given["until"]), timezone.utc)
    except (InvalidDuration, InvalidUntil):
        return None
    return None
