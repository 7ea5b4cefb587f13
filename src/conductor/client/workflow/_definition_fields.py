"""What is wrong with the fields of a definition in JSON: unknown ones, wrong types, values that are not allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import msgspec.inspect as types

from conductor.client.http.models.task_def import TaskDef
from conductor.client.http.models.workflow_def import WorkflowDef
from conductor.client.workflow._json_lines import Path
from conductor.client.workflow.validate import near_miss

_ERROR: Final = re.compile(r"^(?P<what>.*?)(?: - at (?:`key` in )?`\$(?P<path>[^`]*)`)?$", re.DOTALL)
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[\.\.\.\]")
#: Fields that other versions of Conductor write and the server ignores.
_TOLERATED: Final = frozenset({"accessPolicy", "overwriteTags", "tags"})
#: The server's own bounds, by field of a task's definition.
_AT_LEAST: Final = {
    "retryCount": 0, "retryDelaySeconds": 0, "timeoutSeconds": 0, "responseTimeoutSeconds": 1, "pollTimeoutSeconds": 0,
    "backoffScaleFactor": 1, "maxRetryDelaySeconds": 0, "backoffJitterMs": 0, "totalTimeoutSeconds": 0,
    "concurrentExecLimit": 0, "rateLimitPerFrequency": 0, "rateLimitFrequencyInSeconds": 0,
}  # fmt: skip
#: What the server takes for a task's response timeout where the definition has none.
_DEFAULT_RESPONSE_TIMEOUT_SECONDS: Final = 3600


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and where in the definition."""

    path: Path
    message: str


def problems_in(value: dict[str, Any], kind: type[TaskDef] | type[WorkflowDef]) -> Iterator[Problem]:
    """All that is wrong with a definition's fields."""
    found = list(_unknown_and_disallowed(value, types.type_info(kind), ()))
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        found.append(_type_problem(error, value))
    yield from found
    name = value.get("name")
    if name is None or (isinstance(name, str) and not name.strip()):
        yield Problem(("name",), "a definition must have a name, expected a string")
    if not any(problem.path for problem in found):
        yield from _numbers(value) if kind is TaskDef else _workflow(value)


def _unknown_and_disallowed(value: Any, node: types.Type, path: Path) -> Iterator[Problem]:
    if isinstance(node, types.UnionType):
        for option in node.types:
            yield from _unknown_and_disallowed(value, option, path)
    elif isinstance(node, types.StructType) and isinstance(value, dict):
        fields = {known.encode_name: known for known in node.fields}
        allowed = {known: node.cls.allowed_values.get(fields[known].name) for known in fields}  # type: ignore[attr-defined]
        for key, item in value.items():
            if key not in fields and key not in _TOLERATED:
                yield Problem((*path, key), f"unknown field{near_miss(key, set(fields))}")
            elif key in fields:
                yield from _disallowed(item, allowed[key], (*path, key))
                yield from _unknown_and_disallowed(item, fields[key].type, (*path, key))
    elif isinstance(node, types.ListType) and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown_and_disallowed(item, node.item_type, (*path, index))
    elif isinstance(node, types.DictType) and isinstance(value, dict):
        for key, item in value.items():
            yield from _unknown_and_disallowed(item, node.value_type, (*path, key))


def _disallowed(value: Any, allowed: tuple[str, ...] | None, path: Path) -> Iterator[Problem]:
    if allowed and isinstance(value, str) and value not in allowed:
        yield Problem(path, f"expected {' or '.join(allowed)}, got {value!r}{near_miss(value, set(allowed))}")


def _type_problem(error: msgspec.ValidationError, value: Any) -> Problem:
    match = _ERROR.match(str(error))
    what, dotted = (match["what"], match["path"] or "") if match else (str(error), "")
    path: Path = ()
    for name, index in _STEP.findall(dotted):
        if not name and not index:
            break  # some key of an object: its line is near enough
        path = (*path, name or int(index))
    text = what.replace("`", "").replace(" | null", "")
    return Problem(path, text[:1].lower() + text[1:])


def _numbers(value: dict[str, Any]) -> Iterator[Problem]:
    for key, lowest in _AT_LEAST.items():
        number = value.get(key)
        if isinstance(number, int) and number < lowest:
            yield Problem((key,), f"expected a number of at least {lowest}, got {number}")
    timeout = value.get("timeoutSeconds") or 0
    response = value.get("responseTimeoutSeconds", _DEFAULT_RESPONSE_TIMEOUT_SECONDS)
    if isinstance(response, int) and 0 < timeout < response:
        said = "" if "responseTimeoutSeconds" in value else ", its default"
        message = f"{response}{said} must not be more than timeoutSeconds, {timeout}"
        yield Problem(
            ("responseTimeoutSeconds" if not said else "timeoutSeconds",), f"responseTimeoutSeconds {message}"
        )


def _workflow(value: dict[str, Any]) -> Iterator[Problem]:
    if not value.get("tasks"):
        yield Problem(("tasks",), "a workflow must have at least one task")
    if value.get("schemaVersion", 2) != 2:
        yield Problem(("schemaVersion",), f"expected 2, got {value['schemaVersion']!r}")
