"""Operators of filters, with Jayway's equality: a number equals the string of its digits, absent equals null."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from conductor.engine.expressions._path_steps import Budget, ReadError
from conductor.engine.expressions.java import java_str

_MAX_PATTERN = 1_000


class Pattern:
    """A regular expression `/source/flags`, matched against the whole text within the read's time budget.

    Raises:
        ValueError: the expression is malformed.
    """

    __slots__ = ("_compiled",)

    def __init__(self, source: str, flags: str) -> None:
        import regex  # here, because only paths that use one should pay for it

        if len(source) > _MAX_PATTERN:
            raise ValueError(f"a regular expression has at most {_MAX_PATTERN} characters")
        known = {"i": regex.I, "m": regex.M, "s": regex.S, "x": regex.X, "u": regex.U, "d": 0, "U": regex.U}
        bits = 0
        for flag in flags:
            if flag not in known:
                raise ValueError(f"'{flag}' is no flag of a regular expression")
            bits |= int(known[flag])
        try:
            self._compiled = regex.compile(source, bits | int(regex.V0))
        except (regex.error, RecursionError, OverflowError) as error:
            raise ValueError(f"malformed regular expression: {error}") from None

    def matches(self, text: str, budget: Budget) -> bool:
        """Whether the whole text matches; backtracking for ever is cut by the clock and counts as an error."""
        started = time.perf_counter()
        try:
            return self._compiled.fullmatch(text, timeout=max(budget.regex_seconds, 0.001)) is not None
        except TimeoutError:
            raise ReadError("a regular expression took too long") from None
        finally:
            budget.regex_seconds -= time.perf_counter() - started


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _equal(left: Any, right: Any, _: Budget) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if _is_number(left) and isinstance(right, str):
        try:
            return bool(left == float(right))
        except ValueError:
            return False
    if isinstance(left, str) and _is_number(right):
        return left == java_str(right)
    return bool(left == right)


def _identical(left: Any, right: Any, budget: Budget) -> bool:
    return (_is_number(left) == _is_number(right)) and _equal(left, right, budget)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any, Budget], bool]:
    def check(left: Any, right: Any, _: Budget) -> bool:
        comparable = (_is_number(left) and _is_number(right)) or (isinstance(left, str) and isinstance(right, str))
        return comparable and compare(left, right)

    return check


def _not(check: Callable[[Any, Any, Budget], bool]) -> Callable[[Any, Any, Budget], bool]:
    return lambda left, right, budget: not check(left, right, budget)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise ReadError("expected a list", empties=True)
    return list(value)


def _in(left: Any, right: Any, budget: Budget) -> bool:
    budget.spend(len(_list(right)))
    return any(_equal(element, left, budget) for element in right)


def _contains(left: Any, right: Any, budget: Budget) -> bool:
    if isinstance(left, str):
        return isinstance(right, str) and right in left
    return isinstance(left, (list, tuple)) and _in(right, left, budget)


def _subset(left: Any, right: Any, budget: Budget) -> bool:
    return isinstance(left, (list, tuple)) and all(_in(element, right, budget) for element in left)


def _any_of(left: Any, right: Any, budget: Budget) -> bool:
    return isinstance(left, (list, tuple)) and any(_in(element, right, budget) for element in left)


def _none_of(left: Any, right: Any, budget: Budget) -> bool:
    return isinstance(left, (list, tuple)) and not _any_of(left, right, budget)


def _size(left: Any, right: Any, _: Budget) -> bool:
    if not _is_number(right):
        raise ReadError("size takes a number", empties=True)
    return isinstance(left, (str, list, tuple)) and len(left) == right


def _empty(left: Any, right: Any, _: Budget) -> bool:
    if not isinstance(right, bool):
        raise ReadError("empty takes true or false", empties=True)
    return isinstance(left, (str, list, tuple, Mapping)) and (len(left) == 0) == right


def _matches(left: Any, right: Any, budget: Budget) -> bool:
    if isinstance(left, Pattern) == isinstance(right, Pattern):
        return False
    pattern, value = (left, right) if isinstance(left, Pattern) else (right, left)
    candidates = value if isinstance(value, (list, tuple)) else [value]
    return any(pattern.matches(_text(candidate), budget) for candidate in candidates)


def _text(value: Any) -> str:
    return java_str(value) if isinstance(value, (str, int, float, bool)) else ""


def _unsupported(left: Any, right: Any, _: Budget) -> bool:
    raise ReadError("the operator takes what cannot be written in a path", empties=True)


OPERATORS: dict[str, Callable[[Any, Any, Budget], bool]] = {
    "==": _equal,
    "!=": _not(_equal),
    "===": _identical,
    "!==": _not(_identical),
    "<": _ordered(lambda left, right: left < right),
    "<=": _ordered(lambda left, right: left <= right),
    ">": _ordered(lambda left, right: left > right),
    ">=": _ordered(lambda left, right: left >= right),
    "=~": _matches,
    "IN": _in,
    "NIN": _not(_in),
    "CONTAINS": _contains,
    "SUBSETOF": _subset,
    "ANYOF": _any_of,
    "NONEOF": _none_of,
    "SIZE": _size,
    "EMPTY": _empty,
    "ALL": _unsupported,
    "TYPE": _unsupported,
    "MATCHES": _unsupported,
}
