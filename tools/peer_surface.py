"""Writes down the public surface of an installed `conductor` package: modules, classes, members, parameters.

Run with a Python that has the package whose surface is wanted, e.g. conductor-python 2.0.0:

    python tools/peer_surface.py > src/tst/corpora/conductor-python-2.0.0.json

It records names only. A function is the list of its parameters: `name`, `name=` where it has a default, `*` or `**`
before the rest, `/` before what is keyword-only. An enum has its members' values; a class has its constructor's
parameters (`init`) and its members, functions or "attribute".
"""

from __future__ import annotations

import ast
import dataclasses
import enum
import importlib
import inspect
import json
import pkgutil
import sys
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

#: Written by a generator into the constructors of its dataclasses; nobody passes them.
NOT_PARAMETERS = {"self", "cls", "swagger_types", "attribute_map", "discriminator"}


def parameters(function: Any) -> list[str] | None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    marks = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    out: list[str] = []
    for p in signature.parameters.values():
        if p.name in NOT_PARAMETERS or (p.name.startswith("_") and p.kind == p.POSITIONAL_OR_KEYWORD):
            continue
        if p.kind == p.KEYWORD_ONLY and "/" not in out and not any(name.startswith("*") for name in out):
            out.append("/")
        out.append(marks.get(p.kind, "") + p.name + ("" if p.default is p.empty else "="))
    return out


def set_in_init(cls: type) -> set[str]:
    """The public attributes that a class's own constructor sets."""
    init = vars(cls).get("__init__")
    if not inspect.isfunction(init) or dataclasses.is_dataclass(cls):
        return set()
    tree = ast.parse(textwrap.dedent(inspect.getsource(init)))
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name) and node.value.id == "self" and not node.attr.startswith("_")
    }  # fmt: skip


def only_for_init(cls: type) -> set[str]:
    """Parameters of a dataclass that are no attributes."""
    fields = getattr(cls, "__dataclass_fields__", {})
    return {name for name, field in fields.items() if field._field_type is dataclasses._FIELD_INITVAR}  # type: ignore[attr-defined]


def of_class(cls: type) -> dict[str, Any]:
    if issubclass(cls, enum.Enum):
        return {"kind": "enum", "members": {name: str(m.value) for name, m in cls.__members__.items()}}
    members: dict[str, Any] = {}
    for base in reversed(cls.__mro__[:-1]):
        if not base.__module__.startswith("conductor"):
            continue
        members |= dict.fromkeys(set_in_init(base), "attribute")
        for name, value in vars(base).items():
            if name.startswith("_") or name in only_for_init(cls):
                continue
            if isinstance(value, (staticmethod, classmethod)):
                value = value.__func__
            members[name] = parameters(value) if inspect.isfunction(value) else "attribute"
    return {"kind": "class", "init": parameters(cls), "members": members}


def assigned(module: ModuleType) -> set[str]:
    """The names that a module gives a value to."""
    found: set[str] = set()
    for node in ast.parse(Path(module.__file__ or "").read_text()).body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def is_theirs(value: Any) -> bool:
    return str(getattr(value, "__module__", "")).startswith("conductor")


def of_module(module: ModuleType) -> dict[str, Any]:
    public, values = set(getattr(module, "__all__", ())), assigned(module)
    if hasattr(module, "__path__"):  # what a package gathers is meant to be imported from it
        public |= {name for name, value in vars(module).items() if inspect.isclass(value) or inspect.isfunction(value)}
    entries: dict[str, Any] = {}
    for name, value in vars(module).items():
        own = getattr(value, "__module__", None) == module.__name__
        if name.startswith("_") or name == "logger" or inspect.ismodule(value):
            continue
        if own and inspect.isclass(value):
            entries[name] = of_class(value)
        elif own and inspect.isfunction(value):
            entries[name] = {"kind": "function", "init": parameters(value)}
        elif name in values - {"T", "P", "R"} or (name in public and is_theirs(value)):
            entries[name] = {"kind": "name"}
    return entries


def main() -> None:
    import conductor.client

    surface = {}
    found = pkgutil.walk_packages(conductor.client.__path__, "conductor.client.", onerror=lambda _: None)
    for name in sorted(["conductor.client", *(module.name for module in found)]):
        try:
            module = importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 - an optional dependency of theirs
            print(f"left out {name}: {error!r}", file=sys.stderr)
            continue
        surface[name] = of_module(module)
    json.dump(surface, sys.stdout, indent=1, sort_keys=True)
    print()


if __name__ == "__main__":
    main()
