"""Filters of a path, `[?(@.n > 1 && @.s in ['a'])]`: parsed into a tree of predicates."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from conductor.engine.expressions._cursor import Cursor, InvalidPath
from conductor.engine.expressions._filter_operators import OPERATORS, Pattern
from conductor.engine.expressions._path_steps import Literal, Predicate, Properties, Reading, Step

PathParser = Callable[[str], tuple[Step, ...]]

_NUMBER = re.compile(r"-?[0-9.]+(?:[eE][-+]?[0-9]+)?")
_SYMBOL = re.compile(r"[<>=~!]+")
_WORD = re.compile(r"[^ ]+")
_SINGLE_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'((?:[^'\\]|\\.)*)'")
_MAX_DEPTH = 50


@dataclass(frozen=True, slots=True)
class Current:
    """A path in a filter, from the node under test (`@`) or the root (`$`)."""

    steps: tuple[Step, ...]
    from_root: bool

    def value(self, node: Any, reading: Reading) -> Any:
        nodes = reading.select([reading.root if self.from_root else node], self.steps)
        if all(step.definite for step in self.steps):
            return nodes[-1] if nodes else None
        return nodes

    def exists(self, node: Any, reading: Reading) -> bool:
        """Whether a definite path leads somewhere; a path of many nodes does once its definite beginning does."""
        nodes = [reading.root if self.from_root else node]
        for step in self.steps:
            if not step.definite:
                break
            nodes = reading.select(nodes, (step,))
        return bool(nodes)


@dataclass(frozen=True, slots=True)
class Exists:
    path: Current

    def accepts(self, node: Any, reading: Reading) -> bool:
        return self.path.exists(node, reading)


@dataclass(frozen=True, slots=True)
class Not:
    predicate: Predicate

    def accepts(self, node: Any, reading: Reading) -> bool:
        return not self.predicate.accepts(node, reading)


@dataclass(frozen=True, slots=True)
class Every:
    predicates: tuple[Predicate, ...]

    def accepts(self, node: Any, reading: Reading) -> bool:
        return all(predicate.accepts(node, reading) for predicate in self.predicates)


@dataclass(frozen=True, slots=True)
class Some:
    predicates: tuple[Predicate, ...]

    def accepts(self, node: Any, reading: Reading) -> bool:
        return any(predicate.accepts(node, reading) for predicate in self.predicates)


@dataclass(frozen=True, slots=True)
class Comparison:
    left: Literal | Current
    operator: str
    right: Literal | Current

    def accepts(self, node: Any, reading: Reading) -> bool:
        left, right = _value(self.left, node, reading), _value(self.right, node, reading)
        return OPERATORS[self.operator](left, right, reading.budget)


def parse_filter(source: str, parse_path: PathParser) -> Predicate:
    """The predicate between `[?(` and `)]`.

    Raises:
        InvalidPath: it is none.
    """
    parser = _Parser(Cursor(source), parse_path)
    predicate = parser.any_of(0)
    parser.cursor.skip_blanks()
    if not parser.cursor.ended:
        raise parser.cursor.fail("expected the end of the filter")
    return predicate


def _value(operand: Literal | Current, node: Any, reading: Reading) -> Any:
    return operand.content if isinstance(operand, Literal) else operand.value(node, reading)


class _Parser:
    """Recursive descent: or, and, not, comparison or existence."""

    def __init__(self, cursor: Cursor, parse_path: PathParser) -> None:
        self.cursor = cursor
        self.parse_path = parse_path

    def any_of(self, depth: int) -> Predicate:
        if depth > _MAX_DEPTH:
            raise self.cursor.fail("the filter is nested too deeply")
        predicates = [self.all_of(depth)]
        while self._next("||"):
            predicates.append(self.all_of(depth))
        return predicates[0] if len(predicates) == 1 else Some(tuple(predicates))

    def all_of(self, depth: int) -> Predicate:
        predicates = [self.one(depth)]
        while self._next("&&"):
            predicates.append(self.one(depth))
        return predicates[0] if len(predicates) == 1 else Every(tuple(predicates))

    def one(self, depth: int) -> Predicate:
        if self._next("!"):
            return Not(self.one(depth + 1))
        if self._next("("):
            predicate = self.any_of(depth + 1)
            if not self._next(")"):
                raise self.cursor.fail("expected ')'")
            return predicate
        return self._comparison()

    def _next(self, expected: str) -> bool:
        self.cursor.skip_blanks()
        return self.cursor.take(expected)

    def _comparison(self) -> Predicate:
        left = self._operand()
        behind = self.cursor.at
        self.cursor.skip_blanks()
        match = _SYMBOL.match(self.cursor.text, self.cursor.at) or _WORD.match(self.cursor.text, self.cursor.at)
        operator = match[0].upper() if match else ""
        if match and operator in OPERATORS:
            self.cursor.at = match.end()
            return Comparison(left, operator, self._operand())
        if not isinstance(left, Current):
            raise self.cursor.fail("expected an operator")
        self.cursor.at = behind
        return Exists(left)

    def _operand(self) -> Literal | Current:
        self.cursor.skip_blanks()
        first = self.cursor.char
        if first in ("@", "$"):
            return self._path()
        if first in ("'", '"'):
            return Literal(self.cursor.quoted())
        if first == "/":
            return Literal(self._pattern())
        if first in ("[", "{"):
            return Literal(self._json())
        return Literal(self._number_or_word())

    def _path(self) -> Current:
        start, from_root = self.cursor.at, self.cursor.char == "$"
        self.cursor.at += 1
        while not self.cursor.ended and self.cursor.char not in "<>=~! )":
            if self.cursor.char in "([":
                self.cursor.enclosed()
            else:
                self.cursor.at += 1
        steps = self.parse_path(self.cursor.text[start : self.cursor.at])
        return Current(tuple(Properties(s.names) if isinstance(s, Properties) else s for s in steps), from_root)

    def _pattern(self) -> Pattern:
        source = self.cursor.regex_source()
        flags = re.compile("[a-zA-Z]*").match(self.cursor.text, self.cursor.at)
        if flags:
            self.cursor.at = flags.end()
        try:
            return Pattern(source, flags[0] if flags else "")
        except ValueError as error:
            raise self.cursor.fail(str(error)) from None

    def _json(self) -> Any:
        """A JSON value whose strings may stand in single quotes."""
        start = self.cursor.at
        self.cursor.enclosed()
        text = _SINGLE_QUOTED.sub(_double_quoted, self.cursor.text[start : self.cursor.at])
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError:
            raise InvalidPath(f"'{text}' is no JSON value") from None

    def _number_or_word(self) -> Any:
        for word, value in (("true", True), ("false", False), ("null", None)):
            if self.cursor.take(word):
                return value
        match = _NUMBER.match(self.cursor.text, self.cursor.at)
        if not match:
            raise self.cursor.fail("expected a value")
        self.cursor.at = match.end()
        try:
            return int(match[0])
        except ValueError:
            pass
        try:
            return float(match[0])
        except ValueError:
            raise self.cursor.fail(f"'{match[0]}' is no number") from None


def _double_quoted(match: re.Match[str]) -> str:
    if match[1] is None:
        return match[0]
    return msgspec.json.encode(match[1].replace("\\'", "'")).decode()
