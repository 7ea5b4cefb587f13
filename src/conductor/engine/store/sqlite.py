"""A store in one SQLite file, in WAL mode: one connection writes (by the writer thread), one reads (by the loop)."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from conductor.engine.errors import EngineError, Unavailable
from conductor.engine.search import Query
from conductor.engine.store.finding import find_tasks, find_workflows
from conductor.engine.store.lock import FileLock
from conductor.engine.store.port import TASK_BITS, LogRow, OpenTask, TaskRow, WorkflowRow, Writes
from conductor.engine.store.statements import migrations, statements

#: marks a file as ours ("cond")
APPLICATION_ID = 0x636F6E64
_CACHE_KIB = 16 * 1024


class SqliteStore:
    """Executions and definitions in a file that one server at a time has."""

    slow = True

    def __init__(self, path: str | os.PathLike[str], *, durability: str = "full") -> None:
        """Open a file, made where it is missing.

        Raises EngineError where another server has it (its pid is named), where it is not ours, or of a newer version.
        """
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(self.path.with_name(self.path.name + ".lock"))
        self._sql = statements()
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        try:
            self._prepare("FULL" if durability == "full" else "NORMAL")
        except sqlite3.DatabaseError as error:
            self._lock.release()
            raise EngineError(f"{self.path} is not a database of this engine: {error}") from error
        except BaseException:
            self._lock.release()
            raise

    def _connect(self) -> sqlite3.Connection:
        created = not self.path.exists()
        if created:
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=15)
        try:
            for pragma in ("trusted_schema = OFF", f"cache_size = -{_CACHE_KIB}", "temp_store = MEMORY"):
                connection.execute(f"PRAGMA {pragma}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, synchronous: str) -> None:
        self._writer = self._connect()
        try:
            scripts = self._missing_migrations()
            self._writer.execute("PRAGMA journal_mode = WAL")
            self._writer.execute(f"PRAGMA synchronous = {synchronous}")
            for number, script in scripts:
                self._writer.executescript(
                    f"BEGIN; {script} PRAGMA user_version = {number}; PRAGMA application_id = {APPLICATION_ID}; COMMIT;"
                )
        except BaseException:
            self._writer.close()
            raise

    def _missing_migrations(self) -> list[tuple[int, str]]:
        (version,) = self._writer.execute("PRAGMA user_version").fetchone()
        (mark,) = self._writer.execute("PRAGMA application_id").fetchone()
        if mark not in (0, APPLICATION_ID) or (mark == 0 and self._has_tables()):
            raise EngineError(f"{self.path} is a database of another program")
        scripts = migrations()
        if version > len(scripts):
            raise EngineError(
                f"{self.path} was written by a newer version of this program (format {version}, this one knows "
                f"{len(scripts)})"
            )
        return list(enumerate(scripts[version:], version + 1))

    def _has_tables(self) -> bool:
        return self._writer.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone() is not None

    # -- writing ----------------------------------------------------------------------------------------------------

    def write(self, writes: Writes) -> None:
        connection = self._writer
        try:
            connection.execute("BEGIN IMMEDIATE")
            self._write(writes)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise Unavailable(f"The store could not write: {error}") from error

    def _write(self, writes: Writes) -> None:
        many, sql = self._writer.executemany, self._sql
        if writes.drop_workflows:
            spans = [(key << TASK_BITS, (key + 1 << TASK_BITS) - 1) for key in writes.drop_workflows]
            many(sql["drop_workflow_logs"], spans)
            many(sql["drop_workflow_tasks"], spans)
            many(sql["drop_workflow"], [(key,) for key in writes.drop_workflows])
        if writes.drop_tasks:
            many(sql["drop_task"], [(key,) for key in writes.drop_tasks])
        if writes.workflows:
            many(sql["put_workflow"], writes.workflows)
        if writes.tasks:
            many(sql["put_task"], writes.tasks)
        for kind, key, body in writes.documents:
            if body is None:
                self._writer.execute(sql["drop_document"], (kind, key))
            else:
                self._writer.execute(sql["put_document"], (kind, key, body))
        if writes.logs:
            many(sql["put_log"], writes.logs)

    def backup(self, path: str | os.PathLike[str]) -> None:
        """Copy all that is committed into another file, while this one is in use."""
        source, target = self._connect(), sqlite3.connect(path)
        try:
            source.backup(target, pages=1000, sleep=0.001)
        finally:
            target.close()
            source.close()

    # -- reading ----------------------------------------------------------------------------------------------------

    @property
    def reader(self) -> sqlite3.Connection:
        """This thread's connection for reading."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
            connection.execute("PRAGMA query_only = ON")
            self._readers.append(connection)
        return connection

    def _rows(self, name: str, *parameters: Any) -> sqlite3.Cursor:
        return self.reader.execute(self._sql[name], parameters)

    def last_key(self) -> int:
        return int(self._rows("last_key").fetchone()[0])

    def open_workflows(self) -> Iterator[tuple[str, int | None]]:
        return self._rows("open_workflows")

    def open_tasks(self) -> Iterator[OpenTask]:
        return map(OpenTask._make, self._rows("open_tasks"))

    def open_task_ids(self, def_name: str) -> list[tuple[str, str]]:
        return self._rows("open_task_ids", def_name).fetchall()

    def workflow(self, workflow_id: str) -> WorkflowRow | None:
        row = self._rows("workflow", workflow_id).fetchone()
        return WorkflowRow._make(row) if row else None

    def tasks(self, workflow_key: int) -> list[TaskRow]:
        span = (workflow_key << TASK_BITS, (workflow_key + 1 << TASK_BITS) - 1)
        return [TaskRow._make(row) for row in self._rows("workflow_tasks", *span)]

    def task(self, task_id: str) -> tuple[TaskRow, str] | None:
        row = self._rows("task", task_id).fetchone()
        return (TaskRow._make(row[:-1]), row[-1]) if row else None

    def documents(self, kind: str) -> list[tuple[str, bytes]]:
        return self._rows("documents", kind).fetchall()

    def document(self, kind: str, key: str) -> bytes | None:
        row = self._rows("document", kind, key).fetchone()
        return row[0] if row else None

    def logs(self, task_id: str) -> list[LogRow]:
        return [LogRow._make(row) for row in self._rows("logs", task_id)]

    def workflow_ids(self, *, name: str, open_only: bool, created: tuple[int, int] | None = None) -> list[str]:
        if created is not None:
            return [row[0] for row in self._rows("created_workflow_ids", name, *created)]
        return [row[0] for row in self._rows("open_workflow_ids", name)]

    def correlated(self, name: str, correlation_ids: Sequence[str], open_only: bool) -> Iterable[WorkflowRow]:
        for correlation_id in dict.fromkeys(correlation_ids):
            for row in map(WorkflowRow._make, self._rows("correlated", correlation_id, name)):
                if not (open_only and row.ended):
                    yield row

    def search_workflows(self, query: Query, text_of: Callable[[WorkflowRow], str]) -> tuple[int, list[WorkflowRow]]:
        return find_workflows(self.reader, query, text_of)

    def search_tasks(
        self, query: Query, text_of: Callable[[tuple[TaskRow, WorkflowRow]], str]
    ) -> tuple[int, list[tuple[TaskRow, WorkflowRow]]]:
        return find_tasks(self.reader, query, text_of)

    def ended_before(self, time: int, limit: int) -> list[tuple[int, str]]:
        return self._rows("ended_before", time, limit).fetchall()

    def close(self) -> None:
        for connection in self._readers:
            connection.close()
        self._readers.clear()
        self._local = threading.local()
        try:
            self._writer.execute("PRAGMA optimize")
        except sqlite3.Error:  # a full disk must not keep the file from being let go
            pass
        self._writer.close()
        self._lock.release()
