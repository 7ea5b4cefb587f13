"""The server's document, mended: overlays applied, schemas made plain enough for the generator."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonpath
import yaml

Json = dict[str, Any]
REF = "#/components/schemas/"
VERBS = ("get", "put", "post", "delete", "patch", "head", "options")
#: What a newer server may change without breaking a client: a model does not check it.
CONSTRAINTS = (
    "minimum", "maximum", "minLength", "maxLength", "minItems", "uniqueItems", "deprecated", "writeOnly", "enum",
    "format", "x-default",
)  # fmt: skip


def snake(name: str) -> str:
    """`reRunFromWorkflowId` -> `re_run_from_workflow_id`; `X-Conductor-A2A-Token` -> `x_conductor_a2a_token`."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", name)
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])|(\d)([A-Z][a-z])", r"\1\3_\2\4", name).lower().strip("_")


def load(folder: Path) -> Json:
    """Read the document that the overlays extend, and apply them in the order of their names."""
    overlays = {path: yaml.safe_load(path.read_text()) for path in sorted(folder.glob("overlay*.yaml"))}
    (extends,) = {overlay["extends"] for overlay in overlays.values()}
    document: Json = json.loads((folder / extends).read_text())
    for path, overlay in overlays.items():
        for action in overlay["actions"]:
            apply(document, action, path.name)
    return mend(document)


def apply(document: Json, action: Json, where: str) -> None:
    """One action of the OpenAPI Overlay Specification 1.0. A target that is not there is an error."""
    targets = list(jsonpath.finditer(action["target"], document))
    if not targets:
        raise SystemExit(f"{where}: nothing in the document matches {action['target']}")
    for target in targets:
        if action.get("remove"):
            assert target.parent is not None, f"{where}: cannot remove the whole document"
            container: Any = target.parent.obj
            del container[target.parts[-1]]
        else:
            merge(target.obj, action["update"])


def merge(target: Any, update: Any) -> None:
    """Objects are merged, lists appended to, anything else replaced."""
    if isinstance(target, list):
        target.append(update)
        return
    for key, value in update.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            merge(target[key], value)
        elif isinstance(value, list) and isinstance(target.get(key), list):
            target[key].extend(value)
        else:
            target[key] = value


def mend(document: Json) -> Json:
    """What holds for the whole document, so that no overlay has to say it 800 times."""
    schemas: Json = document["components"]["schemas"]
    same = {name: schema["x-same-as"] for name, schema in schemas.items() if "x-same-as" in schema}
    for name in same:
        del schemas[name]
    for holder in (document["paths"], schemas):
        redirect(holder, same)
    used = reachable(document["paths"], schemas) | {name for name, schema in schemas.items() if schema.get("x-keep")}
    used |= reachable({name: schemas[name] for name in used}, schemas)
    document["components"]["schemas"] = {name: plain(schemas[name]) for name in sorted(used)}
    return document


def redirect(node: Any, same: dict[str, str]) -> None:
    for item in walk(node):
        name = str(item.get("$ref", "")).removeprefix(REF)
        if same.get(name) == "any":
            item.clear()
        elif name in same:
            item["$ref"] = REF + same[name]


def walk(node: Any) -> Iterator[Json]:
    """Every object inside a node."""
    if isinstance(node, dict):
        yield node
    for item in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from walk(item)


def reachable(node: Any, schemas: Json) -> set[str]:
    """Names of the schemas that a node leads to."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        names = {item["$ref"].removeprefix(REF) for item in walk(waiting.pop()) if "$ref" in item} - found
        found |= names
        waiting += [schemas[name] for name in sorted(names)]
    return found


def plain(schema: Json) -> Json:
    """A schema with its properties in order and each of them as plain as `plain_property` makes it."""
    if "enum" in schema:
        return schema
    properties: Json = schema.get("properties", {})
    first = schema.get("x-order", [])
    if unknown := set(first) - properties.keys():
        raise SystemExit(f"x-order names properties that are not there: {sorted(unknown)}")
    names = [*first, *(name for name in properties if name not in first)]
    kept = {key: value for key, value in schema.items() if key not in ("required", "x-order")}
    return kept | {
        "type": "object",
        "properties": {name: plain_property(properties[name]) for name in names},
        "x-values": {name: item["enum"] for name, item in properties.items() if "enum" in item and "$ref" not in item},
        "x-defaults": {name: item["x-default"] for name, item in properties.items() if "x-default" in item},
    }


def plain_property(schema: Json) -> Json:
    """Without constraints; a reference alone; an inline enum as text; an object that says nothing as any value."""
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}
    result = {key: value for key, value in schema.items() if key not in CONSTRAINTS}
    if "items" in result:
        result["items"] = plain_property(result["items"])
    if "oneOf" in result:
        result["oneOf"] = [plain_property(option) for option in result["oneOf"]]
    if isinstance(result.get("additionalProperties"), dict):
        result["additionalProperties"] = plain_property(result["additionalProperties"])
    elif result.get("type") == "object" and "properties" not in result and "additionalProperties" not in result:
        del result["type"]
    return result


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """(path, verb, operation), in the document's order."""
    for path, item in document["paths"].items():
        for verb in VERBS:
            if verb in item:
                yield path, verb, item[verb]
