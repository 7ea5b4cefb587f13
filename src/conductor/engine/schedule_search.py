"""The query grammar of searches over firings of schedules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from conductor.engine.model import ScheduleExecution

Test = Callable[[ScheduleExecution], bool]

_LIST = re.compile(r"(scheduleName|state|workflowName|executionId)\s*(?:IN\s*\((.*)\)|=\s*(.*))", re.DOTALL)
_TIME = re.compile(r"scheduledTime\s*([<>])\s*(\d+)")
_ATTRIBUTES = {
    "scheduleName": "schedule_name",
    "state": "state",
    "workflowName": "workflow_name",
    "executionId": "execution_id",
    "scheduledTime": "scheduled_time",
    "executionTime": "execution_time",
}


def matching(runs: Iterable[ScheduleExecution], query: str | None, sort: str | None) -> list[ScheduleExecution]:
    """The firings that match all clauses (joined by ` AND `), the latest first unless sorted otherwise."""
    tests = [_clause(clause.strip()) for clause in (query or "").split(" AND ") if clause.strip() not in ("", "*")]
    found = [run for run in runs if all(test(run) for test in tests)]
    field, _, order = (sort or "").partition(":")
    attribute = _ATTRIBUTES.get(field, "scheduled_time")
    descending = order.upper() != "ASC" if field in _ATTRIBUTES else True
    return sorted(found, key=lambda run: getattr(run, attribute) or "", reverse=descending)


def _clause(text: str) -> Test:
    """One clause; what is none is the name of a schedule."""
    if match := _TIME.fullmatch(text):
        time, later = int(match[2]), match[1] == ">"
        return lambda run: (run.scheduled_time or 0) > time if later else (run.scheduled_time or 0) < time
    if match := _LIST.fullmatch(text):
        attribute, listed = _ATTRIBUTES[match[1]], match[2] if match[2] is not None else match[3]
        wanted = {value.strip(" \"'") for value in listed.split(",")}
        return lambda run: getattr(run, attribute) in wanted
    return lambda run: run.schedule_name == text
