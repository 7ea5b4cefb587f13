"""Where in a task's input or output something is wrong: ``input.order.lines[3].qty: expected int, got str``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from conductor.client.worker._choices import choices

_AT: Final = re.compile(r"^(?P<what>.*?)(?: - at (?P<key>`key` in )?`(?P<path>\$[^`]*)`)?$", re.DOTALL)
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[\.\.\.\]")
_MISSING: Final = re.compile(r"^Object missing required field `(.*)`$")
_PLAIN_KEY: Final = re.compile(r"[^\W\d][\w-]*")
_MAX_VALUE_CHARACTERS: Final = 60
_MAX_KEYS_SEARCHED: Final = 10_000

#: A path as msgspec has it: field names, indexes, and ... for "some key of this object".
Step = Any
Check = Callable[[Any], None]


class NestedError(ValueError):
    """An error found inside a hook of msgspec: carries its own path through msgspec's message."""


def nested(error: msgspec.ValidationError) -> NestedError:
    """An error of msgspec, to be raised in its hook."""
    match = _AT.match(str(error))
    path, what = (match["path"] or "$", match["what"]) if match else ("$", str(error))
    inner, _, text = what.rpartition("\x00")
    return NestedError(f"{path[1:]}{inner}\x00{text}")


def pydantic_error(error: Any) -> NestedError:
    """The first error of a pydantic ValidationError, to be raised in msgspec's hook."""
    found = error.errors(include_url=False)
    first = found[0]
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in first["loc"])
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    message = first["msg"][:1].lower() + first["msg"][1:]
    return NestedError(f"{path}\x00{message}{more}")


def split(error: msgspec.ValidationError) -> tuple[list[Step], str, bool]:
    """Path, message and whether a key is meant, of an error of msgspec."""
    match = _AT.match(str(error))
    if match is None:
        return [], str(error), False
    inner, _, what = match["what"].rpartition("\x00")
    steps: list[Step] = []
    for name, index in _STEP.findall((match["path"] or "$")[1:] + inner):
        steps.append(name or (int(index) if index else ...))
    return steps, what, bool(match["key"])


def explain(error: msgspec.ValidationError, value: Any, check: Check, wanted: Any, root: str = "input") -> str:
    """One line that names the wrong field, what is there, and what is expected.

    Args:
        error: what `check` raised for `value`.
        value: the input.
        check: converts a value to the wanted type, raising msgspec's error.
        wanted: the type.
        root: name of the whole.
    """
    steps, what, is_key = split(error)
    steps = name_keys(steps, value, check)
    if missing := _MISSING.match(what):
        return f"{join(root, [*steps, missing[1]])}: required, but missing"
    text = what[:1].lower() + what[1:] if not what[:2].isupper() else what
    text = text.replace("`", "")
    if text.startswith("invalid enum value") and (allowed := choices(wanted, steps)):
        text += f"; expected {' or '.join(map(repr, allowed))}"
    elif "got " not in text and (found := look_up(value, steps)) is not _NOWHERE:
        text += f", got {short(found)}"
    return f"{join(root, steps)}{' (a key)' if is_key else ''}: {text}"


_NOWHERE: Final = object()


def look_up(value: Any, steps: list[Step]) -> Any:
    """The value at a path."""
    for step in steps:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return _NOWHERE
    return value


def name_keys(steps: list[Step], value: Any, check: Check) -> list[Step]:
    """Replace each "some key" of a path by the key: the one whose entry alone is refused as well."""
    for position, step in enumerate(steps):
        if step is not ...:
            continue
        found = look_up(value, steps[:position])
        if not isinstance(found, dict) or len(found) > _MAX_KEYS_SEARCHED:
            return steps
        for key, entry in found.items():
            candidate = _replaced(value, steps[:position], {key: entry})
            try:
                check(candidate)
            except msgspec.ValidationError:
                steps = [*steps[:position], key, *steps[position + 1 :]]
                value = candidate
                break
    return steps


def _replaced(value: Any, steps: list[Step], by: Any) -> Any:
    """A copy of the value with the part at a path replaced; only what lies on the path is copied."""
    if not steps:
        return by
    copy = value.copy()
    copy[steps[0]] = _replaced(value[steps[0]], steps[1:], by)
    return copy


def join(root: str, steps: list[Step]) -> str:
    """A path as people write it."""
    text = root
    for step in steps:
        if step is ...:
            text += "[...]"
        elif isinstance(step, str) and _PLAIN_KEY.fullmatch(step):
            text += f".{step}"
        else:
            text += f"[{short(step)}]"
    return text


def short(value: Any) -> str:
    """A value for a message, not longer than a reader wants."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - repr() of a user's object is the user's code
        text = f"<{type(value).__name__}>"
    return text if len(text) <= _MAX_VALUE_CHARACTERS else text[: _MAX_VALUE_CHARACTERS - 3] + "..."
