"""Brings to the disk the results that have waited in memory for too long, many with one wait for the disk."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from conductor.client.automator._outbox import Outbox, Spooled
from conductor.client.automator._parcel import Parcel

logger = logging.getLogger(__name__)

#: A result that has waited for longer goes to the disk.
MOMENT_SECONDS: Final = 0.25
#: More results than this do not wait for their moment.
_MOST_IN_MEMORY: Final = 1000
_DISK_RETRY_SECONDS: Final = 1.0


class Clerk:
    """Keeps the outbox in step with what is delivered. Its thread starts with the first result.

    Args:
        outbox: the disk.
        saved: called with each result that has reached it.
        moment_seconds: how long a result may be in memory alone.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        outbox: Outbox,
        saved: Callable[[Parcel], None],
        moment_seconds: float = MOMENT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outbox = outbox
        self._saved = saved
        self._moment = moment_seconds
        self._clock = clock
        self._changed = threading.Condition()
        self._in_memory: dict[int, Parcel] = {}
        self._thread: threading.Thread | None = None
        self._closed = False
        self._disk_error: OSError | None = None

    def hold(self, parcel: Parcel) -> None:
        """Take charge of a result that waits; one that is on disk already, or in charge, is left as it is."""
        with self._changed:
            if parcel.spooled is None:
                self._in_memory.setdefault(id(parcel), parcel)
                self._changed.notify()
                self._start()

    def body(self, parcel: Parcel) -> bytes | None:
        """The bytes of a result, from memory or from the disk; None when the disk has damaged them."""
        body, spooled = parcel.body, parcel.spooled
        if body is not None or spooled is None:
            return body
        body = self._outbox.read(spooled)
        if body is None:
            logger.error("a result on disk is damaged and cannot be delivered: %s", spooled.segment.path)
        return body

    def is_too_old(self, parcel: Parcel) -> bool:
        """Whether a result has been on disk for so long that nobody can want it sent."""
        return parcel.spooled is not None and self._outbox.is_too_old(parcel.spooled)

    def forget(self, parcel: Parcel) -> None:
        """A result needs no sending any more."""
        with self._changed:
            self._in_memory.pop(id(parcel), None)  # should it be written at this moment, that is noticed there
            spooled, parcel.spooled = parcel.spooled, None
        if spooled is not None:
            self._strike(spooled)

    def bury(self, body: bytes, reason: str) -> None:
        """Keep for a person to look at a result that the server will never take."""
        try:
            path: Path = self._outbox.bury(body, reason)
            logger.warning("the result is kept in %s", path)
        except OSError as error:
            logger.error("a result that the server does not take cannot be kept either: %s", error)

    def adopt(self) -> list[Parcel]:
        """The results that dead processes have left."""
        return [Parcel(None, None, spooled, self._clock()) for spooled in self._outbox.adopt()]

    def obstacle(self) -> str | None:
        """Why no more results should come; None where nothing speaks against it."""
        if self._disk_error is not None and self._in_memory:
            return f"results cannot be saved: {self._disk_error}"
        if self._outbox.is_full():
            return f"{self._outbox.size()} bytes of results wait for the server"
        return None

    def close(self) -> int:
        """Save what is in memory and end the thread; returns how many results could not be saved."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()
        self._save(list(self._in_memory.values()))
        return len(self._in_memory)

    def _start(self) -> None:
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._run, name="conductor-outbox", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while parcels := self._overdue():
            if not self._save(parcels):
                with self._changed:
                    self._changed.wait_for(lambda: self._closed, _DISK_RETRY_SECONDS)

    def _overdue(self) -> list[Parcel]:
        """Wait for results that have been in memory for too long; none once this is closed."""
        with self._changed:
            while not self._closed:
                oldest = next(iter(self._in_memory.values()), None)
                wait = oldest.born + self._moment - self._clock() if oldest else None
                if wait is not None and (wait <= 0 or len(self._in_memory) > _MOST_IN_MEMORY):
                    return list(self._in_memory.values())
                self._changed.wait(wait)
        return []

    def _save(self, parcels: list[Parcel]) -> bool:
        written = [(parcel, parcel.body) for parcel in parcels if parcel.body is not None]
        try:
            places = self._outbox.add([body for _, body in written if body is not None])
        except OSError as error:
            if self._disk_error is None:
                logger.error("results that wait for the server cannot be saved to the disk: %s", error)
            self._disk_error = error
            return False
        self._disk_error = None
        for (parcel, _), place in zip(written, places, strict=True):
            with self._changed:
                wanted = self._in_memory.pop(id(parcel), None) is not None
                if wanted:
                    parcel.spooled, parcel.body = place, None
            if wanted:
                self._saved(parcel)
            else:  # it was delivered meanwhile
                self._strike(place)
        return True

    def _strike(self, spooled: Spooled) -> None:
        try:
            self._outbox.done(spooled)
        except OSError as error:
            logger.warning("a delivered result stays on disk and may be sent again: %s", error)
