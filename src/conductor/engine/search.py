"""The query language of the search endpoints, as conditions that a store turns into SQL or applies to rows.

    query = clause *(" AND " clause)        clause = letters [" "] ("=" | ">" | "<" | "IN") [" "] values
    values = value *("," value)             quotes and parentheses are dropped; * in a single value stands for any text
    sort = field ":" ("ASC" | "DESC") *("|" ...)

As on the server there is no OR, unknown fields match everything, and a sort without a known field and order is ignored.
Nothing of a user's text becomes SQL: columns come from the tables below, values are parameters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from conductor.engine.errors import FieldError, InvalidInput, ValidationFailed
from conductor.engine.settings import SearchRequest

__all__ = ["TASKS", "WORKFLOWS", "Condition", "Field", "Query", "parse"]

MAX_SIZE = 5000
Row = TypeVar("Row")
Value = str | int
#: How deep a task's key holds its workflow's; the store lays tasks out beside each other.
_TASK_BITS = 23


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an index: the SQL that gives its value, and whether that is a time (epoch milliseconds, 0: none)."""

    sql: str
    time: bool = False


WORKFLOWS: Mapping[str, Field] = {
    "workflowId": Field("id"),
    "correlationId": Field("coalesce(correlation_id, '')"),
    "workflowType": Field("name"),
    "startTime": Field("created", time=True),
    "endTime": Field("ended", time=True),
    "updateTime": Field("updated", time=True),
    "status": Field("status"),
    "parentWorkflowId": Field("coalesce(parent_id, '')"),
    "classifier": Field("'workflow'"),
}
_WORKFLOW_OF_TASK = f"(SELECT {{}} FROM workflows WHERE workflows.key = tasks.key >> {_TASK_BITS})"
TASKS: Mapping[str, Field] = {
    "taskId": Field("id"),
    "taskType": Field("type"),
    "taskDefName": Field("def_name"),
    "status": Field("status"),
    "startTime": Field("started", time=True),
    "endTime": Field("ended", time=True),
    "updateTime": Field("updated", time=True),
    "workflowType": Field(_WORKFLOW_OF_TASK.format("name")),
    "workflowId": Field(_WORKFLOW_OF_TASK.format("id")),
    "correlationId": Field(_WORKFLOW_OF_TASK.format("coalesce(correlation_id, '')")),
}
#: What reads a field of a row, by the names above.
Reader = Callable[[Row, str], Value]


@dataclass(frozen=True, slots=True)
class Condition:
    """One clause that is to be heeded. LIKE takes one pattern, in which * stands for any text, whatever the case."""

    field: str
    operator: Literal["IN", ">", "<", "LIKE"]
    values: tuple[Value, ...]

    def sql(self, fields: Mapping[str, Field]) -> str:
        column = fields[self.field].sql
        if self.operator == "IN":
            return f"{column} IN ({', '.join('?' * len(self.values))})"
        if self.operator == "LIKE":
            return f"{column} LIKE ? ESCAPE '\\'"
        return f"{column} {self.operator} ?"

    def parameters(self) -> list[Value]:
        if self.operator == "LIKE":
            return ["%".join(_escape_like(part) for part in str(self.values[0]).split("*"))]
        return list(self.values)

    def matches(self, value: Value) -> bool:
        if self.operator == "IN":
            return value in self.values
        if self.operator == "LIKE":
            return _like(str(value), str(self.values[0]))
        bound = self.values[0]
        if isinstance(value, str) != isinstance(bound, str):
            return False
        return value > bound if self.operator == ">" else value < bound  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class Query:
    """A search: conditions that all hold, a text that the summary contains (lower case), an order, a page."""

    conditions: tuple[Condition, ...] = ()
    text: str = ""
    order: tuple[tuple[str, bool], ...] = ()
    start: int = 0
    size: int = 100

    def where(self, fields: Mapping[str, Field]) -> tuple[str, list[Value]]:
        """The WHERE part (without the word; `1` where all rows match) and its parameters; the text is not in it."""
        parameters = [value for condition in self.conditions for value in condition.parameters()]
        return " AND ".join(condition.sql(fields) for condition in self.conditions) or "1", parameters

    def order_by(self, fields: Mapping[str, Field], otherwise: str = "key") -> str:
        """The ORDER BY part (without the words); `otherwise` decides between equals."""
        columns = [f"{fields[field].sql} {'DESC' if down else 'ASC'}" for field, down in self.order]
        return ", ".join([*columns, otherwise])

    def holds_text(self, summary: str) -> bool:
        """Whether a summary's text contains what is searched for, whatever the case."""
        return self.text in summary.lower()

    def page(self, rows: Iterable[Row], read: Reader[Row], summary: Callable[[Row], str]) -> tuple[int, list[Row]]:
        """The number of rows that match, and those of the page, in order; for stores that hold rows in memory."""
        found = [
            row
            for row in rows
            if all(condition.matches(read(row, condition.field)) for condition in self.conditions)
            and (not self.text or self.holds_text(summary(row)))
        ]
        for field, down in reversed(self.order):
            found.sort(key=lambda row: read(row, field), reverse=down)
        return len(found), found[self.start : self.start + self.size]


def parse(request: SearchRequest, fields: Mapping[str, Field], *, where: str | None = None) -> Query:
    """What a search asks for.

    Args:
        request: the parameters of the endpoint.
        fields: WORKFLOWS or TASKS.
        where: the path of an error about the size (`searchWorkflows.arg1`); None: there is no largest size.

    Raises:
        InvalidInput: a clause is none, or a time is no number.
        ValidationFailed: the page is too large.
    """
    if where is not None and request.size > MAX_SIZE:
        message = f"Cannot return more than {MAX_SIZE} workflows. Please use pagination."
        raise ValidationFailed([FieldError(where, message, str(request.size))])
    conditions = list(_conditions(request.query or "", fields))
    if request.classifier and "classifier" in fields:
        conditions.append(Condition("classifier", "IN", tuple(request.classifier.split(","))))
    if request.top_level_only and "parentWorkflowId" in fields:
        conditions.append(Condition("parentWorkflowId", "IN", ("",)))
    text = request.free_text or "*"
    return Query(
        conditions=tuple(conditions),
        text="" if text == "*" else text.lower(),
        order=tuple(_order(request.sort or "", fields)),
        start=max(request.start, 0),
        size=request.size if request.size >= 0 else MAX_SIZE,
    )


_CLAUSE = re.compile(r"([a-zA-Z]+)\s?(=|>|<|IN)\s?(.*)", re.DOTALL)
_DROPPED = str.maketrans("", "", "\"'()")


def _conditions(query: str, fields: Mapping[str, Field]) -> Iterable[Condition]:
    if not query:
        return
    for clause in query.split(" AND "):
        if clause == "":
            continue
        match = _CLAUSE.search(clause)
        if not match:
            raise InvalidInput(f"Incorrectly formatted query string: {clause}")
        name = match[1][0].lower() + match[1][1:]
        if name in fields:
            yield _condition(name, match[2], match[3].translate(_DROPPED), fields[name])


def _condition(name: str, operator: str, text: str, field: Field) -> Condition:
    texts = tuple(value.strip() if "," in text else value for value in text.split(","))
    if operator in ("=", "IN") and not field.time and len(texts) == 1 and "*" in texts[0]:
        return Condition(name, "LIKE", texts)
    values: tuple[Value, ...] = tuple(_time(value, name) for value in texts) if field.time else texts
    if operator == ">":
        return Condition(name, ">", values[:1])
    if operator == "<":
        return Condition(name, "<", values[:1])
    return Condition(name, "IN", values)


_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")


def _time(text: str, name: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise InvalidInput(f"The value of {name} is a time in epoch milliseconds, not '{text}'")
    return int(text)


def _order(sort: str, fields: Mapping[str, Field]) -> Iterable[tuple[str, bool]]:
    for part in sort.split("|"):
        name, _, direction = part.partition(":")
        if name in fields and direction.upper() in ("ASC", "DESC"):
            yield name, direction.upper() == "DESC"


def _escape_like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


# SQLite's LIKE folds the case of ASCII letters alone.
_FOLD = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def _like(value: str, pattern: str) -> bool:
    """Whether a text matches a pattern with * in it; takes time in proportion to the text."""
    value = value.translate(_FOLD)
    first, *middle, last = pattern.translate(_FOLD).split("*")
    if not value.startswith(first):
        return False
    at = len(first)
    for part in middle:
        at = value.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return value.endswith(last) and len(value) - len(last) >= at
