"""JSON schemas of a worker's input and output, from its annotations."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from typing import Any, Final

import msgspec

from conductor.client.http.models.task_result import TaskResult
from conductor.client.worker import _types
from conductor.client.worker.exception import WorkerDefinitionError
from conductor.client.worker.worker import plan_of

#: The draft that Conductor's schema registry reads.
DRAFT: Final = "http://json-schema.org/draft-07/schema#"
_REFERENCE: Final = "#/definitions/{name}"


def generate_json_schema_from_function(
    func: Callable[..., Any], schema_name: str, strict_schema: bool = False
) -> dict[str, Any] | None:
    """The schemas of a function's input and output (JSON Schema, draft 7).

    Args:
        func: the function; its annotations say everything.
        schema_name: title of the schemas.
        strict_schema: refuse fields that are not declared.

    Returns:
        ``{"input": schema or None, "output": schema or None}``; None for what the annotations don't tell.
    """
    try:
        plan = plan_of(func)
    except WorkerDefinitionError:
        return None
    has_input = bool(plan.type.__struct_fields__) or not inspect.signature(func).parameters
    return {
        "input": _schema(plan.type, f"{schema_name}_input", strict_schema) if has_input else None,
        "output": _output_schema(func, schema_name, strict_schema),
    }


def _output_schema(function: Callable[..., Any], name: str, strict: bool) -> dict[str, Any] | None:
    try:
        hints = typing.get_type_hints(inspect.unwrap(function), include_extras=True)
    except (NameError, TypeError):
        return None
    returned = hints.get("return", Any)
    if returned in (Any, None, type(None)) or (isinstance(returned, type) and issubclass(returned, TaskResult)):
        return None
    schema = _schema(returned, f"{name}_output", strict)
    if schema is not None and schema.get("type") not in ("object", None):
        schema.pop("$schema")
        schema.pop("title", None)
        definitions = {"definitions": schema.pop("definitions")} if "definitions" in schema else {}
        wrapped = {"type": "object", "properties": {"result": schema}, "required": ["result"]}
        return {
            "$schema": DRAFT,
            "title": f"{name}_output",
            **wrapped,
            "additionalProperties": not strict,
            **definitions,
        }
    return schema


def _schema(wanted: Any, title: str, strict: bool) -> dict[str, Any] | None:
    try:
        (schema,), definitions = msgspec.json.schema_components(
            [_types.supported(wanted)], schema_hook=_any_schema, ref_template=_REFERENCE
        )
    except (TypeError, WorkerDefinitionError):
        return None
    definitions = dict(definitions)
    if "$ref" in schema:
        schema = definitions.pop(schema["$ref"].rpartition("/")[2])
    result = {"$schema": DRAFT, **schema, "title": title}
    for part in (result, *list(definitions.values())):
        _tidy(part, strict, definitions)
    return {**result, "definitions": definitions} if definitions else result


def _any_schema(kind: type) -> dict[str, Any]:
    """The schema of a type that msgspec does not know."""
    if hasattr(kind, "__pydantic_validator__"):
        schema: dict[str, Any] = kind.model_json_schema(ref_template=_REFERENCE.format(name="{model}"))  # type: ignore[attr-defined]
        return schema
    return {"description": kind.__name__}


def _tidy(schema: Any, strict: bool, definitions: dict[str, Any]) -> None:
    """Say of each object with declared fields whether it may have others, and gather pydantic's definitions."""
    if isinstance(schema, dict):
        for name, definition in schema.pop("$defs", {}).items():
            _tidy(definition, strict, definitions)
            definitions[name] = definition
        if "properties" in schema:
            schema.setdefault("additionalProperties", not strict)
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        _tidy(part, strict, definitions)
