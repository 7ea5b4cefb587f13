"""The API classes against the server's own document: nothing is left out."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
from pathlib import Path

from conductor.client.http import api

OPENAPI = Path(__file__).resolve().parents[5] / "openapi"
DOCUMENT = json.loads((OPENAPI / "conductor-3.32.3.json").read_text())


def endpoints(prefix: str) -> set[tuple[str, str]]:
    """(verb, path) of every method of the classes whose module starts with the prefix or does not."""
    found = set()
    for info in pkgutil.iter_modules(api.__path__):
        if info.name.startswith("_") or info.name.startswith("async_") != (prefix == "async_"):
            continue
        module = importlib.import_module(f"{api.__name__}.{info.name}")
        for line in re.findall(r"^\s+((?:GET|PUT|POST|DELETE) /\S*)$", inspect.getsource(module), re.MULTILINE):
            verb, _, path = line.partition(" ")
            found.add((verb, path))
    return found


def documented() -> set[tuple[str, str]]:
    return {
        (verb.upper(), path.removeprefix("/api") if path.startswith("/api/") else f"/..{path}")
        for path, item in DOCUMENT["paths"].items()
        for verb in item
    }


def test_every_operation_of_the_servers_document_has_a_method() -> None:
    """All 154 operations can be called."""
    assert len(documented()) == 154
    assert not documented() - endpoints("")


def test_every_operation_can_be_awaited_too() -> None:
    """The async classes have the same endpoints."""
    assert endpoints("async_") == endpoints("")
