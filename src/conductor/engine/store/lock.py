"""One server a file: a lock beside it that the operating system lets go of when its holder dies."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from conductor.engine.errors import EngineError

if sys.platform != "win32":
    import fcntl


class FileInUse(EngineError):
    """Another server has the file; `pid` is its process, 0 where it is not known."""

    def __init__(self, path: Path, pid: int) -> None:
        who = f"process {pid}" if pid else "another process"
        super().__init__(f"The database is in use by {who} (lock {path})")
        self.pid = pid


class FileLock:
    """Held from its making until `release`, or the end of the process."""

    def __init__(self, path: Path) -> None:
        """Take the lock. Raises FileInUse."""
        self._descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        if not _try_lock(self._descriptor):
            holder = os.read(self._descriptor, 20).decode(errors="replace").strip()
            os.close(self._descriptor)
            raise FileInUse(path, int(holder) if holder.isdigit() else 0)
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let go of the lock."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _try_lock(descriptor: int) -> bool:
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
