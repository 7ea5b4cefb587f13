"""Writes down the public surface of an installed `conductor` package: modules, classes, methods, parameters.

Run with a Python that has the package whose surface is wanted, e.g. conductor-python 2.0.0:

    python tools/peer_surface.py > src/tst/corpora/conductor-python-2.0.0.json
"""

import enum
import importlib
import inspect
import json
import pkgutil
import sys

LEFT_OUT = ("conductor.ai", "conductor.client.ai")


def parameters(function):
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    out = []
    for p in signature.parameters.values():
        mark = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        out.append(mark + p.name + ("" if p.default is p.empty else "="))
    return [name for name in out if name not in ("self", "cls")]


def of_class(cls):
    entry = {"kind": "class", "init": parameters(cls)}
    if issubclass(cls, enum.Enum):
        return {"kind": "enum", "members": {name: str(m.value) for name, m in cls.__members__.items()}}
    members = {}
    for base in reversed(cls.__mro__[:-1]):
        if not base.__module__.startswith("conductor"):
            continue
        for name, value in vars(base).items():
            if name.startswith("_"):
                continue
            if isinstance(value, (staticmethod, classmethod)):
                value = value.__func__
            members[name] = parameters(value) if inspect.isfunction(value) else "attribute"
    entry["members"] = members
    return entry


def main():
    import conductor.client

    surface = {}
    names = ["conductor.client"]
    found = pkgutil.walk_packages(conductor.client.__path__, "conductor.client.", onerror=lambda _: None)
    names += [module.name for module in found]
    for name in sorted(names):
        if name.startswith(LEFT_OUT):
            continue
        try:
            module = importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 - an optional dependency of theirs
            print(f"left out {name}: {error!r}", file=sys.stderr)
            continue
        public = getattr(module, "__all__", None)
        entries = {}
        for attribute, value in vars(module).items():
            ours = getattr(value, "__module__", None) == name
            if attribute.startswith("_") or not (ours or (public and attribute in public)):
                continue
            if inspect.isclass(value):
                entries[attribute] = of_class(value) if ours else {"kind": "name"}
            elif inspect.isfunction(value):
                entries[attribute] = {"kind": "function", "init": parameters(value)} if ours else {"kind": "name"}
        surface[name] = entries
    json.dump(surface, sys.stdout, indent=1, sort_keys=True)
    print()


if __name__ == "__main__":
    main()
