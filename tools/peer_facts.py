"""Writes the names of conductor-python 2.0.0's models and API methods as JSON; tests compare ours with them.

Run it with a Python that has that package: `python tools/peer_facts.py src/tst/corpora`. It records names only.
"""

from __future__ import annotations

import enum
import importlib
import inspect
import json
import pkgutil
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

CALL_OPTIONS = {"async_req", "_return_http_data_only", "_preload_content", "_request_timeout"}


def classes(package: ModuleType) -> dict[str, type]:
    found = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        for name, cls in vars(module).items():
            if inspect.isclass(cls) and cls.__module__ == module.__name__:
                found[f"{info.name}.{name}"] = cls
    return found


def model(cls: type) -> dict[str, Any]:
    if issubclass(cls, enum.Enum):
        return {"members": {name: member.value for name, member in cls.__members__.items()}}
    attribute_map = cls.__dict__.get("attribute_map")
    arguments = [name for name in inspect.signature(cls).parameters if name in (attribute_map or {})]
    methods = [name for name, value in vars(cls).items() if not name.startswith("_") and callable_member(value)]
    return {"arguments": arguments, "attribute_map": dict(attribute_map or {}), "methods": sorted(methods)}


def callable_member(value: object) -> bool:
    return inspect.isfunction(value) or isinstance(value, (staticmethod, classmethod))


def api(cls: type) -> dict[str, Any]:
    methods = {}
    for name, function in inspect.getmembers(cls, inspect.isfunction):
        if name.startswith("_") or name.endswith("_with_http_info"):
            continue
        first = [p.name for p in inspect.signature(function).parameters.values() if p.kind == p.POSITIONAL_OR_KEYWORD]
        twin = getattr(cls, f"{name}_with_http_info", function)
        accepted = re.search(r"all_params = \[(.*?)\]", inspect.getsource(twin), re.DOTALL)
        names = re.findall(r"'(\w+)'", accepted.group(1)) if accepted else []
        keywords = sorted(set(names) - set(first) - CALL_OPTIONS)
        methods[name] = {"positional": first[1:], "keywords": keywords}
    return methods


def main() -> None:
    target = Path(sys.argv[1])
    models = importlib.import_module("conductor.client.http.models")
    facts = {name: model(cls) for name, cls in classes(models).items()}
    exported = sorted(name for name, value in vars(models).items() if inspect.isclass(value))
    write(target / "peer-models.json", {"exported": exported, "classes": facts})
    apis = classes(importlib.import_module("conductor.client.http.api"))
    apis |= classes(importlib.import_module("conductor.client.orkes.api"))
    write(target / "peer-apis.json", {name: api(cls) for name, cls in apis.items()})


def write(path: Path, facts: object) -> None:
    path.write_text(json.dumps(facts, indent=1, sort_keys=False) + "\n")


if __name__ == "__main__":
    main()
