"""An append-only file of results, each record with a checksum, locked by the process that writes it."""

from __future__ import annotations

import os
import struct
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_MARK = b"\xc5RES"
# mark, checksum of all that follows it, length of the payload, kind, number, time of creation in epoch milliseconds
_HEAD = struct.Struct(">4sIIBQQ")
_RESULT, _DONE = 1, 2
# A record's length field beyond this is damage, not a record.
_MAX_PAYLOAD_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Place:
    """Where a result lies in its segment."""

    number: int
    offset: int
    size: int
    created_ms: int


class Segment:
    """One file. Not for several threads at once: its outbox serialises the calls."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.size = os.fstat(descriptor).st_size
        self.live: dict[int, Place] = {}
        self._descriptor = descriptor
        self._number = 0

    @classmethod
    def create(cls, path: Path) -> Segment:
        """Make a new file that only this user can read, and lock it."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        if not _lock(descriptor):
            os.close(descriptor)
            raise BlockingIOError(f"{path} was locked by another process as it was made")
        _sync_directory(path.parent)
        return cls(path, descriptor)

    @classmethod
    def adopt(cls, path: Path) -> Segment | None:
        """Take over the file of a process that is no more; None while its process lives."""
        try:
            descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        except FileNotFoundError:
            return None
        if not _lock(descriptor) or not path.exists():
            os.close(descriptor)
            return None
        segment = cls(path, descriptor)
        segment._replay()
        return segment

    def append(self, payload: bytes, created_ms: int) -> Place:
        """Write a result at the end. It is safe only after `sync`."""
        self._number += 1
        place = Place(self._number, self.size, len(payload), created_ms)
        self._write(_record(_RESULT, place.number, created_ms, payload))
        self.live[place.number] = place
        return place

    def done(self, place: Place) -> None:
        """Note that a result needs no sending any more. Should the note be lost, it is sent twice: no harm."""
        if self.live.pop(place.number, None) is not None and self.live:
            self._write(_record(_DONE, place.number, 0, b""))

    def read(self, place: Place) -> bytes | None:
        """A result's bytes; None when they are damaged."""
        data = _read_at(self._descriptor, place.offset, _HEAD.size + place.size)
        return next((payload for _, payload in _parse(data, 0)), None)

    def sync(self) -> None:
        """Wait until all that was written is on the disk."""
        os.fsync(self._descriptor)

    def clear(self) -> None:
        """Empty the file."""
        os.ftruncate(self._descriptor, 0)
        self.size = 0
        self.live.clear()

    def close(self, *, remove: bool) -> None:
        """Unlock the file, and remove it if nothing in it is needed."""
        if remove:
            self.path.unlink(missing_ok=True)
        os.close(self._descriptor)

    def damaged_bytes(self) -> int:
        """Bytes of the file that are no valid record."""
        data = _read_at(self._descriptor, 0, self.size)
        return len(data) - sum(_HEAD.size + len(payload) for _, payload in _parse(data, 0))

    def _replay(self) -> None:
        data = _read_at(self._descriptor, 0, self.size)
        for (kind, number, created_ms, offset), payload in _parse(data, 0):
            self._number = max(self._number, number)
            if kind == _RESULT:
                self.live[number] = Place(number, offset, len(payload), created_ms)
            else:
                self.live.pop(number, None)

    def _write(self, record: bytes) -> None:
        view, start = memoryview(record), self.size
        try:
            while view:
                written = _write_at(self._descriptor, self.size, view)
                self.size += written
                view = view[written:]
        except OSError:
            # A full disk may have taken half a record.
            self.size = start
            os.ftruncate(self._descriptor, start)
            raise


def _record(kind: int, number: int, created_ms: int, payload: bytes) -> bytes:
    head = _HEAD.pack(_MARK, 0, len(payload), kind, number, created_ms)[8:]
    return _MARK + struct.pack(">I", zlib.crc32(payload, zlib.crc32(head))) + head + payload


def _parse(data: bytes, offset: int) -> Iterator[tuple[tuple[int, int, int, int], bytes]]:
    """The valid records; whatever is damaged between them is skipped."""
    while 0 <= offset <= len(data) - _HEAD.size:
        mark, checksum, size, kind, number, created_ms = _HEAD.unpack_from(data, offset)
        end = offset + _HEAD.size + size
        whole = mark == _MARK and size <= _MAX_PAYLOAD_BYTES and end <= len(data)
        if whole and zlib.crc32(memoryview(data)[offset + 8 : end]) == checksum:
            yield (kind, number, created_ms, offset), data[offset + _HEAD.size : end]
            offset = end
        else:
            offset = data.find(_MARK, offset + 1)


def _read_at(descriptor: int, offset: int, size: int) -> bytes:
    parts = []
    while size > 0:
        if hasattr(os, "pread"):
            part = os.pread(descriptor, size, offset)
        else:
            os.lseek(descriptor, offset, os.SEEK_SET)
            part = os.read(descriptor, size)
        if not part:
            break
        parts.append(part)
        offset, size = offset + len(part), size - len(part)
    return b"".join(parts)


def _write_at(descriptor: int, offset: int, data: memoryview) -> int:
    if hasattr(os, "pwrite"):
        return os.pwrite(descriptor, data, offset)
    os.lseek(descriptor, offset, os.SEEK_SET)
    return os.write(descriptor, data)


def _lock(descriptor: int) -> bool:
    """Lock the file for as long as it is open in this process; False when another process has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, _MAX_PAYLOAD_BYTES * 64, os.SEEK_SET)  # far behind the data, which stays readable
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _sync_directory(directory: Path) -> None:
    if os.name == "nt":  # a directory cannot be opened there
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
