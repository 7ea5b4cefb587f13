"""Reading JSONPath in the dialect of the server (Jayway's), where errors are null and a lone name is a path.

Nearly every path in use is plain (`workflow.input.a[0].b`): it is compiled to a tuple of keys and indexes and read by a
loop. The rest (wildcards, deep scan, slices, filters, functions) is a list of steps over lists of nodes.
No library speaks this dialect: functions at the tail, `in`/`nin`/`subsetof`/`=~` in filters, what is definite.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from conductor.engine.expressions._path_parser import InvalidPath, parse_path
from conductor.engine.expressions._path_steps import Budget, Index, Properties, ReadError, Reading, Step

__all__ = ["InvalidPath", "Path", "compile_path", "read_json_text", "read_path"]

#: Nodes that one read may visit; a plain path of any length costs nothing.
NODE_BUDGET = 200_000
_CACHE_SIZE = 4096
_CACHED_LENGTH = 1024


@dataclass(frozen=True, slots=True)
class Path:
    """A compiled path. `plain` holds keys and indexes where the path is nothing else."""

    text: str
    steps: tuple[Step, ...]
    plain: tuple[str | int, ...] | None
    definite: bool

    def read(self, root: Any) -> Any:
        """The value at a definite path (null if absent), else the list of all matches."""
        if self.plain is None:
            return self._read_steps(root)
        node = root
        for key in self.plain:
            if isinstance(key, str):
                if type(node) is not dict and not isinstance(node, Mapping):  # the exact test is 3 times faster
                    return None
                node = node.get(key)
            else:
                if not isinstance(node, (list, tuple)) or not -len(node) <= key < len(node):
                    return None
                node = node[key]
        return node

    def _read_steps(self, root: Any) -> Any:
        reading = Reading(root, Budget(NODE_BUDGET))
        try:
            nodes = reading.select([root], self.steps)
        except (ReadError, RecursionError) as error:
            emptied = isinstance(error, ReadError) and error.empties and not self.definite
            return [] if emptied else None
        if not self.definite:
            return nodes
        return nodes[-1] if nodes else None


def read_path(text: str, root: Any) -> Any:
    """Read a path; an invalid one is null like an absent value."""
    path = _cached(text) if len(text) <= _CACHED_LENGTH else _compile_or_none(text)
    return None if path is None else path.read(root)


def compile_path(text: str) -> Path:
    """Compile a path.

    Raises:
        InvalidPath: the text is no path; the message says where.
    """
    steps = parse_path(text)
    definite = all(step.definite for step in steps)
    return Path(text, steps, _plain(steps), definite)


def read_json_text(values: Mapping[str, str], name_and_path: str) -> Any:
    """A named text (`NAME`), or a part of one that is JSON (`NAME.some.path`); null if there is no such thing."""
    name, dot, path = name_and_path.partition(".")
    text = values.get(name)
    if text is None or not dot:
        return text
    try:
        return read_path(path, msgspec.json.decode(text))
    except (msgspec.DecodeError, RecursionError):
        return None


def _plain(steps: tuple[Step, ...]) -> tuple[str | int, ...] | None:
    keys: list[str | int] = []
    for step in steps:
        if isinstance(step, Properties) and len(step.names) == 1:
            keys.append(step.names[0])
        elif isinstance(step, Index) and len(step.indexes) == 1:
            keys.append(step.indexes[0])
        else:
            return None
    return tuple(keys)


def _compile_or_none(text: str) -> Path | None:
    try:
        return compile_path(text)
    except (InvalidPath, RecursionError):
        return None


_cached = lru_cache(maxsize=_CACHE_SIZE)(_compile_or_none)
