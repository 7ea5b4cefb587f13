"""From what a worker returned to the JSON that is sent: encoded once, in C; what cannot be is named by its path."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import msgspec

from conductor.client.worker._paths import join, short
from conductor.client.worker.exception import InvalidOutputError

#: Containers inside each other; Conductor's own JSON parser refuses 1000.
MAX_DEPTH: Final = 500


def encode_output(value: Any, *, nan_as_null: bool = False) -> msgspec.Raw:
    """Encode an output; the result can stand in a `TaskResult` in place of the value and is not encoded again.

    Besides JSON's own types: dataclasses, Structs, enums, dates, Decimal, UUID, bytes (as base64), sets, paths,
    mappings and sequences of any kind, numpy scalars and arrays, pydantic models.

    Args:
        value: what to encode.
        nan_as_null: encode NaN and infinities as null and do not refuse them.

    Raises:
        InvalidOutputError: something in it is no JSON; the message has its path.
    """
    try:
        encoded = _encoder.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError) as error:
        raise InvalidOutputError(_locate(value, nan_as_null) or f"output: {error}") from None
    # msgspec writes NaN as null: only an output with a null in it needs a closer look.
    if not nan_as_null and b"null" in encoded and (problem := _find_nan(value)):
        raise InvalidOutputError(problem)
    return msgspec.Raw(encoded)


def as_output(value: Any) -> dict[str, Any]:
    """The output of a task for what a function returned: an object as it is, anything else as ``{"result": value}``.

    Raises:
        InvalidOutputError: an object that cannot be taken apart.
    """
    if type(value) is dict:
        return value
    if isinstance(value, Mapping):
        return dict(value)
    if not isinstance(value, type) and _is_record(value):
        try:
            fields = msgspec.to_builtins(value, enc_hook=to_json, str_keys=True)
        except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError) as error:
            raise InvalidOutputError(_locate(value, nan_as_null=True) or f"output: {error}") from None
        if isinstance(fields, dict):
            return fields
    return {"result": value}


def _is_record(value: Any) -> bool:
    return (
        isinstance(value, msgspec.Struct)
        or dataclasses.is_dataclass(value)
        or hasattr(value, "__pydantic_serializer__")
    )


def to_json(value: Any) -> Any:
    """msgspec's hook for what it does not know: something that it does."""
    kind = type(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, float):
        return float(value)
    if hasattr(value, "__pydantic_serializer__") and not isinstance(value, type):
        return value.__pydantic_serializer__.to_python(value, mode="json")
    if kind.__module__ == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return dict(value)
    # Builtin containers come here only as keys, where msgspec has no use for another container.
    if isinstance(value, Collection) and kind not in _BUILTIN and not isinstance(value, type):
        return list(value)
    raise TypeError(f"{kind.__qualname__} is unsupported")


_BUILTIN: Final = frozenset({list, tuple, dict, set, frozenset})


_encoder: Final = msgspec.json.Encoder(enc_hook=to_json)


def _find_nan(value: Any) -> str | None:
    """The path of a NaN or an infinity; the standard library looks first, in C."""
    try:
        json.dumps(value, allow_nan=False, check_circular=False)
    except (ValueError, TypeError, RecursionError):
        return _locate(value, nan_as_null=False)
    return None


def _locate(value: Any, nan_as_null: bool) -> str | None:
    """What is wrong in a value, and where: the first thing that cannot be encoded."""
    # A stack of our own: what is looked for may be nested too deeply for Python's.
    stack: list[tuple[list[Any], Iterator[tuple[Any, Any]]]] = [([], iter([((), value)]))]
    path: list[Any] = []
    above: list[int] = []
    while stack:
        base, items = stack[-1]
        step, item = next(items, (None, _DONE))
        if item is _DONE:
            stack.pop()
            if above and len(stack) <= len(above):
                above.pop()
            continue
        path = base if step == () else [*base, step]
        problem = _wrong_key(step) or _wrong_leaf(item, nan_as_null)
        children = None if problem else _children(item)
        if children is not None and (id(item) in above or len(above) >= MAX_DEPTH):
            cyclic = id(item) in above
            problem = "contains itself" if cyclic else f"nested more than {MAX_DEPTH} levels deep"
            path = path if cyclic else [*path[:3], ...]
        if problem:
            return f"{join('output', path)}: {problem}"
        if children is not None:
            stack.append((path, children))
            above.append(id(item))
    return None


_DONE: Final = object()


def _children(value: Any) -> Iterator[tuple[Any, Any]] | None:
    """The parts of a container with their keys; None for a leaf."""
    if isinstance(value, (dict, Mapping)):
        return iter(list(value.items()))
    if isinstance(value, (str, bytes, bytearray, memoryview, type)):
        return None
    if isinstance(value, msgspec.Struct):
        names = zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True)
        return iter([(encoded, getattr(value, name)) for name, encoded in names])
    if dataclasses.is_dataclass(value):
        return iter([(field.name, getattr(value, field.name)) for field in dataclasses.fields(value)])
    if isinstance(value, Collection):
        return enumerate(list(value))
    return None


def _wrong_key(key: Any) -> str | None:
    if isinstance(key, str):
        return _wrong_text(key, "the key ")
    if key == ():
        return None
    try:
        if key is not None and not isinstance(key, bool):
            _encoder.encode({key: None})
            return None
    except (TypeError, ValueError, OverflowError):
        pass
    return f"the key {short(key)} is a {type(key).__name__}; JSON has only strings as keys"


def _wrong_text(text: str, what: str = "") -> str | None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return f"{what}{short(text)} has half a surrogate pair; it is no valid text"
    return None


def _wrong_leaf(value: Any, nan_as_null: bool) -> str | None:
    if isinstance(value, str):
        return _wrong_text(value)
    if isinstance(value, float) and not nan_as_null and (value != value or value in (float("inf"), float("-inf"))):
        return f"{float(value)} is not JSON (the worker option nan_as_null sends it as null)"
    if _children(value) is not None:
        return None
    try:
        _encoder.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError) as error:
        if isinstance(value, int):
            return f"an integer of {value.bit_length()} bits is too large"
        if "unsupported" not in str(error):
            return f"{short(value)}: {error}"
    else:
        return None
    return f"an instance of {type(value).__qualname__} cannot be sent as JSON"
