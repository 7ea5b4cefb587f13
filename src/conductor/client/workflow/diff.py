"""What differs between two definitions, for instance ours and the registered one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from conductor.client.http.models.workflow_def import WorkflowDef

# What a server writes into a definition: no difference that anybody made.
SERVERS_OWN = frozenset({"createTime", "updateTime", "createdBy", "updatedBy", "ownerApp"})


@dataclass(frozen=True)
class Change:
    """A place at which two definitions differ; None stands for absent. `str()` is a line for a reader."""

    path: str
    ours: Any
    theirs: Any

    def __str__(self) -> str:
        return f"{self.path}: {_short(self.theirs)} -> {_short(self.ours)}"


def diff(ours: WorkflowDef, theirs: WorkflowDef | None) -> list[Change]:
    """The changes that registering `ours` would make to `theirs`.

    What the server adds by itself (times, empty lists and objects, its defaults for what was left out) is no change.
    """
    return list(_compare("", _plain(ours), _plain(theirs) if theirs is not None else None))


def _plain(definition: WorkflowDef) -> Any:
    return msgspec.to_builtins(definition)


def _compare(path: str, ours: Any, theirs: Any) -> Iterator[Change]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys()):
            if key not in SERVERS_OWN and not _servers_default(key, ours.get(key), theirs.get(key)):
                yield from _compare(f"{path}.{key}" if path else key, ours.get(key), theirs.get(key))
    elif isinstance(ours, list) and isinstance(theirs, list):
        for index in range(max(len(ours), len(theirs))):
            mine = ours[index] if index < len(ours) else None
            other = theirs[index] if index < len(theirs) else None
            yield from _compare(f"{path}[{index}]", mine, other)
    elif ours != theirs:
        yield Change(path, ours, theirs)


DEFAULTS: dict[str, Any] = {
    "version": 1,
    "schemaVersion": 2,
    "restartable": True,
    "timeoutPolicy": "ALERT_ONLY",
    "enforceSchema": True,
    "type": "SIMPLE",
}


def _servers_default(key: str, ours: Any, theirs: Any) -> bool:
    """True where we left something out and the server filled in what means the same."""
    return ours is None and (theirs in (None, False, 0, "", [], {}) or theirs == DEFAULTS.get(key, theirs is None))


def _short(value: Any) -> str:
    text = "nothing" if value is None else msgspec.json.encode(value).decode()
    return text if len(text) <= 60 else text[:57] + "..."
