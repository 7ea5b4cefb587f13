"""A file of numbers in the format of prometheus-client's multiprocess mode, mapped into memory.

Importing that library costs as much memory as a runner of tasks; only the process that shows the numbers does so. The
format: how many bytes are used (4 bytes, 4 of padding), then for each number the length of its key (4 bytes), the key
padded with spaces to a multiple of 8, the value and a time (8 bytes each, doubles). All in the machine's byte order.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
from pathlib import Path

_LENGTH = struct.Struct("i")
_NUMBERS = struct.Struct("dd")
_HEAD = 8


def key_of(metric: str, sample: str, labels: dict[str, str], text: str) -> str:
    """The key of a time series."""
    return json.dumps([metric, sample, labels, text], sort_keys=True)


class MappedFile:
    """Keys and numbers, made anew. Its blocks are taken when it is made, so that on a full disk making it fails, and
    not a write to memory later on, which would end the process.

    Raises:
        OSError: it cannot be made, or made larger.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._file = open(path, "w+b")  # noqa: SIM115  open as long as it is mapped
        self._places: dict[str, int] = {}
        self._used = _HEAD
        self._map = self._mapped(max(size, mmap.PAGESIZE))
        self._map[:4] = _LENGTH.pack(self._used)

    def write(self, key: str, value: float, timestamp: float) -> None:
        """Set the number of a key."""
        place = self._places.get(key) or self._add(key)
        self._map[place : place + _NUMBERS.size] = _NUMBERS.pack(value, timestamp)

    def _add(self, key: str) -> int:
        encoded = key.encode()
        entry = _LENGTH.pack(len(encoded)) + encoded + b" " * (8 - (len(encoded) + 4) % 8)
        end = self._used + len(entry) + _NUMBERS.size
        if end > len(self._map):
            larger = self._mapped(end * 2)
            self._map.close()
            self._map = larger
        self._map[self._used : self._used + len(entry)] = entry
        self._map[:4] = _LENGTH.pack(end)  # last: a reader sees the whole entry or none of it
        self._places[key] = place = end - _NUMBERS.size
        self._used = end
        return place

    def _mapped(self, size: int) -> mmap.mmap:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(self._file.fileno(), 0, size)
        else:
            self._file.truncate(size)
        return mmap.mmap(self._file.fileno(), size)

    def close(self) -> None:
        """Unmap and close."""
        self._map.close()
        self._file.close()
