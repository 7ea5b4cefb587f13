"""Results that could not be delivered at once, on disk until the server has them.

One directory for a host and a handler, one subdirectory for each server, in it one file (more while there is a lot) for
each process. A file of a process that has died is taken over by the next process that looks. `_segment` has the format.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from conductor.client.automator._segment import Place, Segment

_SEGMENT_BYTES = 8 * 1024 * 1024
_SUFFIX = ".outbox"
_DEAD_LETTERS = "dead-letters.jsonl"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the outbox holds before the runner takes no more tasks, and how old a result may get in it."""

    max_bytes: int = 256 * 1024 * 1024
    max_age_seconds: float = 7 * 24 * 3600.0
    dead_letter_bytes: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, eq=False)
class Spooled:
    """A result on disk."""

    segment: Segment
    place: Place


class DeadLetter(msgspec.Struct):
    """A line of the dead-letter file: a result that the server will never take, and why."""

    time_ms: int
    reason: str
    result: msgspec.Raw


class Outbox:
    """The results of one process for one server that wait on disk. Safe to use from many threads.

    Args:
        directory: made when first needed, readable by this user only.
        server: base URL; results for another server are left alone.
        limits: how much and how long.
        now: seconds since the epoch.
    """

    def __init__(
        self, directory: Path, server: str, limits: Limits | None = None, now: Callable[[], float] = time.time
    ) -> None:
        self._directory = directory / _slug(server)
        self._limits = limits or Limits()
        self._now = now
        self._lock = threading.RLock()
        self._segments: list[Segment] = []
        self._made = 0

    def add(self, results: list[bytes]) -> list[Spooled]:
        """Write results; they are on the disk when this returns.

        Raises:
            OSError: the disk is full, not writable, or gone; none of the results counts as written.
        """
        with self._lock:
            spooled, touched = [], []
            for result in results:
                segment = self._segment()
                spooled.append(Spooled(segment, segment.append(result, int(self._now() * 1000))))
                if segment not in touched:
                    touched.append(segment)
            for segment in touched:
                segment.sync()
            return spooled

    def read(self, spooled: Spooled) -> bytes | None:
        """A result's bytes; None when the disk has damaged them."""
        with self._lock:
            return spooled.segment.read(spooled.place)

    def done(self, spooled: Spooled) -> None:
        """The result needs no sending any more."""
        with self._lock:
            segment = spooled.segment
            segment.done(spooled.place)
            if not segment.live and segment in self._segments:
                self._segments.remove(segment)
                segment.close(remove=True)

    def is_too_old(self, spooled: Spooled) -> bool:
        """Whether the result has waited so long that nobody can want it sent."""
        return self._now() - spooled.place.created_ms / 1000 > self._limits.max_age_seconds

    def adopt(self) -> list[Spooled]:
        """The results that dead processes left, oldest first; they belong to this process from now on."""
        adopted: list[Spooled] = []
        with self._lock, contextlib.suppress(FileNotFoundError):
            mine = {segment.path for segment in self._segments}
            for path in sorted(self._directory.iterdir()):
                if path.suffix != _SUFFIX or path in mine:
                    continue
                segment = Segment.adopt(path)
                if segment is None:
                    continue
                if not segment.live:
                    segment.close(remove=True)
                    continue
                self._segments.append(segment)
                adopted += [Spooled(segment, place) for place in segment.live.values()]
        return sorted(adopted, key=lambda spooled: spooled.place.created_ms)

    def is_full(self) -> bool:
        """Whether the results of all processes of this directory fill it."""
        return self.size() >= self._limits.max_bytes

    def size(self) -> int:
        """Bytes that the waiting results of all processes take."""
        try:
            with os.scandir(self._directory) as entries:
                return sum(entry.stat().st_size for entry in entries if entry.name.endswith(_SUFFIX))
        except FileNotFoundError:
            return 0

    def bury(self, result: bytes, reason: str) -> Path:
        """Keep for a person to look at a result that the server will never take; returns the file."""
        path = self._directory / _DEAD_LETTERS
        line = msgspec.json.encode(DeadLetter(int(self._now() * 1000), reason, msgspec.Raw(_one_line(result)))) + b"\n"
        with self._lock:
            self._make_directory()
            if path.exists() and path.stat().st_size + len(line) > self._limits.dead_letter_bytes:
                path.replace(path.with_suffix(".jsonl.1"))
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with open(descriptor, "wb") as file:
                file.write(line)
        return path

    def close(self) -> None:
        """Leave what waits to the next process."""
        with self._lock:
            for segment in self._segments:
                segment.close(remove=not segment.live)
            self._segments.clear()

    def _segment(self) -> Segment:
        if self._segments and self._made and self._segments[-1].size < _SEGMENT_BYTES:
            return self._segments[-1]
        self._make_directory()
        self._made += 1
        name = f"{int(self._now() * 1000):015d}-{os.getpid()}-{self._made}{_SUFFIX}"
        segment = Segment.create(self._directory / name)
        self._segments.append(segment)
        return segment

    def _make_directory(self) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)


def default_directory() -> Path:
    """Where results wait when nobody says where: in the user's state directory, else in a temporary one."""
    base = os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA")
    if base:
        return Path(base) / "conductor" / "outbox"
    try:
        return Path.home() / ".local" / "state" / "conductor" / "outbox"
    except RuntimeError:  # a user without a home, as in many containers
        user = os.getuid() if hasattr(os, "getuid") else "user"
        return Path(tempfile.gettempdir()) / f"conductor-outbox-{user}"


def _slug(server: str) -> str:
    """A directory's name for a server: readable, and different for different servers."""
    bare = re.sub(r"^(\w+://)[^/@]*@", r"\1", server)
    readable = re.sub(r"[^A-Za-z0-9.]+", "_", bare).strip("_.")[:60]
    return f"{readable}-{hashlib.sha256(bare.encode()).hexdigest()[:8]}"


def _one_line(result: bytes) -> bytes:
    """The result as valid JSON on one line; as a string of JSON where it is not JSON."""
    try:
        return msgspec.json.format(result, indent=-1)
    except msgspec.DecodeError:
        return msgspec.json.encode(result.decode("utf-8", "replace"))
