"""JSON to structs as the Conductor server reads it: null for a member that cannot be null means its default."""

from __future__ import annotations

from functools import lru_cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import msgspec

T = TypeVar("T")


@lru_cache(maxsize=256)
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def decode(body: bytes | str, kind: type[T]) -> T:
    """Read `body` as a `kind`.

    Raises msgspec.DecodeError (msgspec.ValidationError where the JSON is well formed but does not fit).
    """
    try:
        return _decoder(kind).decode(body)  # type: ignore[no-any-return, arg-type]
    except msgspec.ValidationError:
        return convert(msgspec.json.decode(body), kind)


def convert(value: Any, kind: type[T]) -> T:
    """Read plain data (dicts and lists) as a `kind`, coercing scalars as the server does."""
    return msgspec.convert(_relaxed(value, kind), kind)


def _relaxed(value: Any, kind: Any) -> Any:
    """The value with the nulls dropped that stand for defaults, and scalars coerced to the type asked for."""
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        if value is None:
            return None
        kind = next(a for a in get_args(kind) if a is not type(None))
        origin = get_origin(kind)
    if isinstance(value, dict):
        return _relaxed_dict(value, kind, origin)
    if isinstance(value, list) and origin is list:
        return [_relaxed(item, get_args(kind)[0]) for item in value]
    return _scalar(value, kind)


def _relaxed_dict(value: dict[str, Any], kind: Any, origin: Any) -> dict[str, Any]:
    if origin is dict:
        inner = get_args(kind)[1]
        return value if inner is Any else {k: _relaxed(v, inner) for k, v in value.items()}
    if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return value
    members = _members(kind)
    relaxed = {k: _relaxed(v, members[k]) for k, v in value.items() if k in members}
    return {k: v for k, v in relaxed.items() if v is not None}


@lru_cache(maxsize=256)
def _members(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {f.encode_name: f.type for f in msgspec.structs.fields(kind)}


def _scalar(value: Any, kind: Any) -> Any:
    if kind is str and isinstance(value, (int, float)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if kind is int and isinstance(value, float):
        return int(value)
    if kind is int and isinstance(value, str):
        return int(value) if value.strip().lstrip("+-").isdigit() else value
    if kind is bool and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value
