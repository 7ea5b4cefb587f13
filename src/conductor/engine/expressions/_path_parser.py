"""From the text of a path to its steps."""

from __future__ import annotations

import re

import msgspec

from conductor.engine.expressions._cursor import Cursor, InvalidPath
from conductor.engine.expressions._filter import parse_filter
from conductor.engine.expressions._path_steps import (
    Filter,
    Function,
    Index,
    Literal,
    PathArgument,
    Properties,
    Scan,
    Slice,
    Step,
    Wildcard,
)

__all__ = ["InvalidPath", "parse_path"]

_INDEXES = re.compile(r" *-?[0-9]{1,18} *(, *-?[0-9]{1,18} *)*")
_SLICE = re.compile(r" *((?:-?[0-9]{1,18})?):((?:-?[0-9]{1,18})?)(:-?[0-9]*)? *")
_MAX_LENGTH = 10_000


def parse_path(text: str) -> tuple[Step, ...]:
    """The steps of a path; `$.` is implied."""
    text = text.rstrip(" ")
    if len(text) > _MAX_LENGTH:
        raise InvalidPath(f"a path has at most {_MAX_LENGTH} characters")
    if not text.startswith(("$", "@")):
        text = "$." + text
    if text.endswith("."):
        raise InvalidPath(f"a path must not end with '.': '{text}'")
    cursor = Cursor(text, 1)
    if not cursor.ended and cursor.char not in ".[":
        raise cursor.fail("expected '.' or '['")
    steps = _parse_steps(cursor)
    for at, step in enumerate(steps):
        if isinstance(step, Function) and not step.arguments:
            return _ending_in_function(steps[:at], step)
    return steps


def _parse_steps(cursor: Cursor) -> tuple[Step, ...]:
    steps: list[Step] = []
    while not cursor.ended:
        if steps and cursor.at == len(cursor.text) - 1:
            break  # the server does not look at a single character behind a step
        scan = cursor.take("..")
        if not scan:
            cursor.take(".")
        if cursor.char in ("", "."):
            raise cursor.fail("expected a name")
        step = _parse_step(cursor)
        steps.append(Scan(step) if scan else step)
    if steps and isinstance(last := steps[-1], Properties):
        steps[-1] = Properties(last.names, last=True)
    elif steps and isinstance(last, Scan) and isinstance(last.step, Properties):
        steps[-1] = Scan(Properties(last.step.names, last=True))
    return tuple(steps)


def _parse_step(cursor: Cursor) -> Step:
    if cursor.char == "[":
        return _parse_bracket(cursor)
    if cursor.take("*"):
        return Wildcard()
    start = cursor.at
    while cursor.char not in ("", ".", "[", "(", " "):
        cursor.at += 1
    name = cursor.text[start : cursor.at]
    if cursor.char == " " or not (name or cursor.char == "("):
        raise cursor.fail("expected a name; one with blanks stands in brackets and quotes")
    if cursor.char != "(":
        return Properties((name,))
    return Function(name, tuple(_parse_arguments(cursor.enclosed())))


def _parse_bracket(cursor: Cursor) -> Step:
    cursor.at += 1
    cursor.skip_blanks()
    if cursor.char and cursor.char in "'\"":
        return Properties(tuple(_parse_names(cursor)))
    if cursor.char == "?":
        return _parse_filter_step(cursor)
    end = cursor.text.find("]", cursor.at)
    content = cursor.text[cursor.at : end] if end >= 0 else ""
    if content.strip(" ") == "*":
        step: Step = Wildcard()
    elif _INDEXES.fullmatch(content):
        step = Index(tuple(int(index) for index in content.split(",")))
    elif (match := _SLICE.fullmatch(content)) and (match[1] or match[2]):
        step = Slice(int(match[1]) if match[1] else None, int(match[2]) if match[2] else None)
    else:
        raise cursor.fail("expected an index, a slice, '*', a quoted name or a filter")
    cursor.at = end + 1
    return step


def _parse_names(cursor: Cursor) -> list[str]:
    names = [cursor.quoted()]
    cursor.skip_blanks()
    while cursor.take(","):
        cursor.skip_blanks()
        if cursor.char not in ("'", '"'):
            raise cursor.fail("expected a quoted name")
        names.append(cursor.quoted())
        cursor.skip_blanks()
    if not cursor.take("]"):
        raise cursor.fail("expected ']'")
    return names


def _parse_filter_step(cursor: Cursor) -> Step:
    cursor.at += 1
    cursor.skip_blanks()
    if cursor.char != "(":
        raise cursor.fail("expected '('")
    source = cursor.enclosed()
    cursor.skip_blanks()
    if not cursor.take("]"):
        raise cursor.fail("expected ']'")
    return Filter(parse_filter(source, parse_path))


def _parse_arguments(source: str) -> list[Literal | PathArgument]:
    """Paths and JSON values; whatever else stands there is ignored, as on the server."""
    arguments: list[Literal | PathArgument] = []
    for text in _split_arguments(source):
        if text.startswith(("$", "@")):
            arguments.append(PathArgument(parse_path(text)))
        elif text and (text[0] in '{"-' or text[0].isdigit()):
            try:
                arguments.append(Literal(msgspec.json.decode(text)))
            except msgspec.DecodeError:
                raise InvalidPath(f"'{text}' is no JSON value") from None
    return arguments


def _split_arguments(source: str) -> list[str]:
    cursor, start, parts = Cursor(source), 0, []
    while not cursor.ended:
        if cursor.char in "'\"":
            cursor.quoted()
        elif cursor.char in "([{":
            cursor.enclosed()
        else:
            if cursor.char == ",":
                parts.append(source[start : cursor.at])
                start = cursor.at + 1
            cursor.at += 1
    return [part.strip() for part in (*parts, source[start:])]


def _ending_in_function(steps: tuple[Step, ...], function: Function) -> tuple[Step, ...]:
    """What stands behind `f()` is ignored; `$..n.sum()` is the sum over all that the scan finds, not one of each."""
    if steps and isinstance(steps[0], Scan):
        return (Function(function.name, (PathArgument(steps),)),)
    return (*steps, function)
