"""Searches over a SQLite store: conditions, order and page in SQL; free text by a look at each row's summary."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from conductor.engine.errors import Unavailable
from conductor.engine.search import TASKS, WORKFLOWS, Field, Query
from conductor.engine.store.port import TASK_BITS, TaskRow, WorkflowRow

Row = TypeVar("Row")

#: a search that takes longer is given up, so that it cannot be used to keep the machine busy
MOST_SECONDS = 10.0
_STEPS_BETWEEN_LOOKS = 100_000


def find_workflows(
    connection: sqlite3.Connection, query: Query, text_of: Callable[[WorkflowRow], str]
) -> tuple[int, list[WorkflowRow]]:
    """How many workflows match, and those of the page."""
    source = f"SELECT {', '.join(WorkflowRow._fields)} FROM workflows"
    return _Search(connection, query, WORKFLOWS, "workflows").run(source, WorkflowRow._make, text_of)


def find_tasks(
    connection: sqlite3.Connection, query: Query, text_of: Callable[[tuple[TaskRow, WorkflowRow]], str]
) -> tuple[int, list[tuple[TaskRow, WorkflowRow]]]:
    """How many tasks match, and those of the page, each with its workflow."""
    task_columns = ", ".join(f"tasks.{name}" for name in TaskRow._fields)
    workflow_columns = ", ".join(f"w.{name}" for name in WorkflowRow._fields)
    columns, join = f"{task_columns}, {workflow_columns}", f"JOIN workflows w ON w.key = tasks.key >> {TASK_BITS}"
    width = len(TaskRow._fields)

    def made(row: tuple[object, ...]) -> tuple[TaskRow, WorkflowRow]:
        return TaskRow._make(row[:width]), WorkflowRow._make(row[width:])

    # The page is found in the tasks alone; only its rows are joined to their workflows.
    source = f"SELECT {columns} FROM (SELECT * FROM tasks{{}}) AS tasks {join}"
    return _Search(connection, query, TASKS, "tasks").run(source, made, text_of)


class _Search:
    """One search, with a limit on its time."""

    def __init__(self, connection: sqlite3.Connection, query: Query, fields: Mapping[str, Field], table: str) -> None:
        self._connection, self._query, self._table = connection, query, table
        where, self._parameters = query.where(fields)
        self._where, self._order = f" WHERE {where}", f" ORDER BY {query.order_by(fields)}"

    def run(
        self, source: str, made: Callable[[tuple[object, ...]], Row], text_of: Callable[[Row], str]
    ) -> tuple[int, list[Row]]:
        deadline = time.monotonic() + MOST_SECONDS
        self._connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_LOOKS)
        try:
            if self._query.text:
                return self._by_text(map(made, self._rows(source, "")), text_of, deadline)
            count = f"SELECT count(*) FROM {self._table}{self._where}"
            (total,) = self._connection.execute(count, self._parameters).fetchone()
            page = f" LIMIT {self._query.size} OFFSET {self._query.start}"
            return total, list(map(made, self._rows(source, page)))
        except sqlite3.OperationalError as error:
            raise _too_slow() from error
        finally:
            self._connection.set_progress_handler(None, 0)

    def _rows(self, source: str, page: str) -> Iterable[tuple[object, ...]]:
        wanted = f"{self._where}{self._order}{page}"
        statement = source.format(wanted) if "{}" in source else source + wanted
        return self._connection.execute(statement, self._parameters)

    def _by_text(self, rows: Iterable[Row], text_of: Callable[[Row], str], deadline: float) -> tuple[int, list[Row]]:
        first, last = self._query.start, self._query.start + self._query.size
        total, page = 0, []
        for row in _until(rows, deadline):
            if self._query.holds_text(text_of(row)):
                if first <= total < last:
                    page.append(row)
                total += 1
        return total, page


def _until(rows: Iterable[Row], deadline: float) -> Iterator[Row]:
    for row in rows:
        if time.monotonic() > deadline:
            raise _too_slow()
        yield row


def _too_slow() -> Unavailable:
    return Unavailable(f"The search took longer than {MOST_SECONDS:g} seconds; narrow it down by conditions")
