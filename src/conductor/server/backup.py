"""A copy of the database while it is in use."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path
from urllib.parse import quote


class BackupError(Exception):
    """The copy cannot be made; the message says why."""


def back_up(database: str, target: Path) -> int:
    """Copy a database file into a new one, checked and on disk when this returns; its size in bytes.

    Raises BackupError for a database in memory or not there, and for a target that exists or cannot be written.
    """
    if database == ":memory:":
        raise BackupError("the server keeps its data in memory: there is nothing to back up (start it with --db FILE)")
    if not Path(database).is_file():
        raise BackupError(f"there is no database {database}")
    if target.exists():
        raise BackupError(f"{target} exists: choose another name, or remove it first")
    partial = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        _copy(database, partial)
        os.replace(partial, target)
        return target.stat().st_size
    except (OSError, sqlite3.Error) as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise BackupError(f"cannot back up {database} to {target}: {error}") from None


def _copy(database: str, partial: Path) -> None:
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    source = sqlite3.connect(f"file:{quote(database)}?mode=ro", uri=True, timeout=30)
    with contextlib.closing(source), contextlib.closing(sqlite3.connect(partial)) as copy:
        source.backup(copy, pages=1000, sleep=0.005)
        result = copy.execute("PRAGMA integrity_check").fetchone()[0]
        if result != "ok":
            raise sqlite3.DatabaseError(f"the copy is damaged: {result}")
    with open(partial, "rb") as written:
        os.fsync(written.fileno())
