"""The settings that a worker has: their names, their types, how they are read from text."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from conductor.client.configuration.errors import ConfigurationError

_TRUE: Final = frozenset({"true", "1", "yes", "on"})
_FALSE: Final = frozenset({"false", "0", "no", "off"})


@dataclass(frozen=True)
class Property:
    """One setting of a worker.

    Attributes:
        name: the attribute of the worker.
        expected: what a value must be, for errors.
        convert: makes the value of text or of a TOML value; raises ValueError.
        aliases: further names.
    """

    name: str
    expected: str
    convert: Callable[[Any], Any]
    aliases: tuple[str, ...] = ()

    def parse(self, value: Any, source: str) -> Any:
        """The value of a setting.

        Raises:
            ConfigurationError: it is malformed; the message names the source.
        """
        try:
            return self.convert(value)
        except (TypeError, ValueError):
            raise ConfigurationError(f"{source}: expected {self.expected}, got {value!r}") from None


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text not in _TRUE | _FALSE:
        raise ValueError
    return text in _TRUE


def _number(kind: type[int] | type[float], lowest: float) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        if isinstance(value, bool) or (kind is int and isinstance(value, float) and not value.is_integer()):
            raise ValueError
        number = kind(value)
        if not lowest <= number < float("inf"):
            raise ValueError
        return int(number) if number == int(number) else number

    return convert


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value.strip()


PROPERTIES: Final[dict[str, Property]] = {
    prop.name: prop
    for prop in (
        Property("poll_interval", "milliseconds, a number of at least 0", _number(float, 0), ("polling_interval",)),
        Property("domain", "the name of a task domain", _text),
        Property("worker_id", "a name", _text),
        Property("thread_count", "a whole number of at least 1", _number(int, 1)),
        Property("register_task_def", "true or false", _flag),
        Property("poll_timeout", "milliseconds, a whole number of at least 0", _number(int, 0)),
        Property("lease_extend_enabled", "true or false", _flag),
        Property("paused", "true or false", _flag),
        Property("overwrite_task_def", "true or false", _flag),
        Property("strict_schema", "true or false", _flag),
        Property("register_schema", "true or false", _flag),
        Property("processes", "a whole number of at least 1", _number(int, 1)),
        Property("group", "a name", _text),
        Property("nan_as_null", "true or false", _flag),
    )
}


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint at the known name that is close, or nothing."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.7)
    return f"; did you mean {close[0]!r}?" if close else ""
