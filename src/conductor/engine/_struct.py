"""How the engine's wire structs are declared: camelCase names, nulls left out, all other members always written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec import Struct, field

T = TypeVar("T", int, str)

# msgspec leaves out a member that equals its plain default, and an empty list or dict made by `list` or `dict`. The
# server writes every member that is not null, so members that always stand are given factories which msgspec does
# not compare with. All of them are C callables: making a struct stays cheap.
new_map: Callable[[], dict[str, Any]] = {}.copy
new_list: Callable[[], list[Any]] = [].copy


def flag(value: bool = False) -> bool:
    """A boolean member that is always written."""
    return field(default_factory=value.__bool__)


def always(value: T) -> T:
    """A number or string member that is always written."""
    make = value.__str__ if isinstance(value, str) else value.__int__
    return field(default_factory=make)


def mapping() -> dict[str, Any]:
    """A map member that is always written, empty by default; null values inside it are kept."""
    return field(default_factory=new_map)


def listing() -> list[Any]:
    """A list member that is always written, empty by default."""
    return field(default_factory=new_list)


class Wire(Struct, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """A JSON object of the API: members that are None are left out, unknown members of the input are ignored."""
