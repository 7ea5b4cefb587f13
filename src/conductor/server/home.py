"""Where the server keeps its files on this machine, and which servers run here.

CONDUCTOR_HOME, or the platform's folder for a program's data, holds `conductor.db` and, for each port with a server,
`servers/PORT.json` (address, process id, database) and, when detached, `servers/PORT.log`. A running server holds a
lock on its file: what a dead one leaves behind is told from what runs, whatever process has its id by now.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec


class Instance(msgspec.Struct):
    """A server that runs on this machine."""

    url: str
    pid: int
    database: str
    started: float


def home() -> Path:
    """The folder of the server's files; it may not exist yet."""
    if configured := os.environ.get("CONDUCTOR_HOME"):
        return Path(configured)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "conductor"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "conductor"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "conductor"


def default_database() -> Path:
    return home() / "conductor.db"


def private_folder(folder: Path) -> Path:
    """The folder, made where there is none, open to its owner only."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def log_file(port: int) -> Path:
    return private_folder(home() / "servers") / f"{port}.log"


@contextmanager
def registered(port: int, instance: Instance) -> Iterator[None]:
    """Say, while inside, that this process serves the port."""
    path = private_folder(home() / "servers") / f"{port}.json"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor)  # a second server on this port failed at binding it, so the lock is free or stale
        os.ftruncate(descriptor, 0)
        os.write(descriptor, msgspec.json.encode(instance))
        yield
        path.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def instances() -> dict[int, Instance]:
    """The servers that run on this machine under this home, by port."""
    found = {}
    for path in sorted((home() / "servers").glob("*.json")):
        instance = _read(path)
        if instance is not None and path.stem.isdigit():
            found[int(path.stem)] = instance
    return found


def _read(path: Path) -> Instance | None:
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return None
    try:
        if _lock(descriptor):
            return None  # nobody holds it: the server that wrote it is dead
        return msgspec.json.decode(os.read(descriptor, 1 << 16), type=Instance)
    except (OSError, msgspec.DecodeError):
        return None
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> bool:
        """Take the file's lock; False when another process has it."""
        try:
            os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # a byte behind the content, which others may read
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        """Take the file's lock; False when another process has it."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
