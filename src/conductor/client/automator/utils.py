"""Conversion of JSON to types, by the names that users know."""

from __future__ import annotations

from typing import Any

import msgspec

from conductor.client.worker._types import from_json, supported

simple_types = {int, float, bool, str, bytes, complex, list, dict, tuple, set, frozenset, object}
dict_types = {dict}
collection_types = {list, set, tuple, frozenset}


def convert_from_dict_or_list(cls: Any, data: Any) -> Any:
    """A value from JSON as a type: a dataclass, Struct, enum, list, anything that a worker's parameter may be.

    Raises:
        msgspec.ValidationError: it does not fit.
    """
    return None if data is None else msgspec.convert(data, supported(cls), dec_hook=from_json)


convert_from_dict = convert_from_dict_or_list


def get_value(typ: Any, val: Any) -> Any:
    """The same, by another name."""
    return convert_from_dict_or_list(typ, val)
