"""The values that a type allows at a path, for the error that names a value it does not."""

from __future__ import annotations

from typing import Any

import msgspec.inspect as types


def choices(wanted: Any, path: list[Any]) -> list[Any]:
    """The values of the enum or Literal at a path of a type; empty where it is neither."""
    try:
        return _choices(types.type_info(wanted), path)
    except (TypeError, ValueError):  # a type that msgspec cannot describe
        return []


def _choices(node: types.Type, path: list[Any]) -> list[Any]:
    if isinstance(node, types.Metadata):
        return _choices(node.type, path)
    if isinstance(node, types.UnionType):
        return [choice for option in node.types for choice in _choices(option, path)]
    if path:
        part = _part(node, path[0])
        return _choices(part, path[1:]) if part is not None else []
    if isinstance(node, types.EnumType):
        return [member.value for member in node.cls]
    return list(node.values) if isinstance(node, types.LiteralType) else []


def _part(node: types.Type, step: Any) -> types.Type | None:
    """The type of one part of a container."""
    if isinstance(node, (types.StructType, types.DataclassType, types.TypedDictType)):
        return next((field.type for field in node.fields if field.encode_name == step), None)
    if isinstance(node, types.NamedTupleType) and isinstance(step, int):
        return node.fields[step].type if step < len(node.fields) else None
    if isinstance(node, types.TupleType) and isinstance(step, int):
        return node.item_types[step] if step < len(node.item_types) else None
    if isinstance(node, types.DictType):
        return node.value_type
    return getattr(node, "item_type", None)
