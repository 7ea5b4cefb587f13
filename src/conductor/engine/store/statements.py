"""The statements of `queries.sql` by name, and the migrations by number."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_NAME = re.compile(r"^-- (\w+) --$", re.MULTILINE)


@cache
def statements() -> dict[str, str]:
    """Name -> statement."""
    parts = _NAME.split(_read("queries.sql"))
    return {name: text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}


@cache
def migrations() -> list[str]:
    """Scripts in order: the first makes version 1 of an empty file."""
    folder = resources.files("conductor.engine.store") / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [(folder / name).read_text(encoding="utf-8") for name in names]


def _read(name: str) -> str:
    return (resources.files("conductor.engine.store") / name).read_text(encoding="utf-8")
