"""Reading what a server stored although it makes no sense: nulls among the items of a list or the values of a map.

Conductor takes `"joinOn": [null]` in a definition and gives it back for ever. One such definition must not make a list
of all definitions, or a batch of tasks, unreadable.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.inspect import DictType, ListType, NoneType, StructType, Type, UnionType, type_info


def decode_without_nulls(data: bytes, expected: Any) -> Any:
    """Decode JSON, leaving out nulls among items that may not be null. Slower than msgspec alone: for a second try.

    Raises msgspec.ValidationError where that does not help.
    """
    value = msgspec.json.decode(data)
    return msgspec.convert(_cleaned(value, type_info(expected)), expected, strict=False)


def _cleaned(value: Any, kind: Type) -> Any:
    kind = _fitting(value, kind)
    if isinstance(value, list) and isinstance(kind, ListType):
        return [_cleaned(item, kind.item_type) for item in value if item is not None or _may_be_null(kind.item_type)]
    if isinstance(value, dict) and isinstance(kind, DictType):
        items = ((key, item) for key, item in value.items() if item is not None or _may_be_null(kind.value_type))
        return {key: _cleaned(item, kind.value_type) for key, item in items}
    if isinstance(value, dict) and isinstance(kind, StructType):
        kinds = {field.encode_name: field.type for field in kind.fields}
        return {key: _cleaned(item, kinds[key]) for key, item in value.items() if key in kinds}
    return value


def _fitting(value: Any, kind: Type) -> Type:
    """Of several types the one for this value; a list or an object fits one of them at most."""
    if not isinstance(kind, UnionType):
        return kind
    wanted = ListType if isinstance(value, list) else (StructType, DictType)
    return next((option for option in kind.types if isinstance(option, wanted)), kind)


def _may_be_null(kind: Type) -> bool:
    options = kind.types if isinstance(kind, UnionType) else (kind,)
    return any(isinstance(option, (NoneType, msgspec.inspect.AnyType)) for option in options)
