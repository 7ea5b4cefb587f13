"""What all events have in common."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, fields
from datetime import datetime, timezone
from typing import Any, TypeVar

C = TypeVar("C", bound=type)


def utc_now() -> datetime:
    """The time of an event."""
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class ConductorEvent:
    """A fact. `timestamp` is when it was told, in UTC."""

    timestamp: datetime = field(default_factory=utc_now, kw_only=True)


def made_often(cls: C) -> C:
    """A frozen dataclass that is quick to make from all of its fields in order, as one made for each task must be.

    The constructor that `dataclass` writes sets each field of a frozen class by a call.
    """
    slow: Any = cls.__init__  # type: ignore[misc]
    names = tuple(each.name for each in fields(cls) if not each.kw_only)
    count = len(names)

    @functools.wraps(slow)
    def __init__(self: Any, *values: Any, **named: Any) -> None:
        if named or len(values) != count:
            slow(self, *values, **named)
            return
        attributes = self.__dict__
        attributes.update(zip(names, values))  # noqa: B905 - the lengths were compared
        attributes["timestamp"] = utc_now()

    cls.__init__ = __init__  # type: ignore[misc]
    return cls
