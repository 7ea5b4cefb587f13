"""Functions at the tail of a path: `length()`, `sum()`, ... each takes the node and its arguments' values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any


def _elements(node: Any, arguments: list[Any]) -> Iterator[Any]:
    if isinstance(node, (list, tuple)):
        yield from node
    for argument in arguments:
        if isinstance(argument, (list, tuple)):
            yield from argument
        else:
            yield argument


def _numbers(node: Any, arguments: list[Any]) -> list[float]:
    numbers = [float(e) for e in _elements(node, arguments) if isinstance(e, (int, float)) and not isinstance(e, bool)]
    if not numbers:
        raise ValueError("there is no number to calculate with")
    return numbers


def _average(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers)


def _deviation(numbers: list[float]) -> float:
    mean = _average(numbers)
    return math.sqrt(sum(number * number for number in numbers) / len(numbers) - mean * mean)


def _over_numbers(calculate: Callable[[list[float]], float]) -> Callable[[Any, list[Any]], float]:
    return lambda node, arguments: calculate(_numbers(node, arguments))


def _length(node: Any, arguments: list[Any]) -> int | None:
    measured = arguments[0] if arguments and isinstance(arguments[0], (list, tuple)) else node
    return len(measured) if isinstance(measured, (list, tuple, Mapping)) else None


def _keys(node: Any, _: list[Any]) -> list[str] | None:
    return list(node) if isinstance(node, Mapping) else None


def _concat(node: Any, arguments: list[Any]) -> str:
    return "".join(element for element in _elements(node, arguments) if isinstance(element, str))


def _append(node: Any, arguments: list[Any]) -> Any:
    return [*node, *arguments] if isinstance(node, (list, tuple)) else node


def _at(node: Any, index: int) -> Any:
    if not isinstance(node, (list, tuple)):
        raise ValueError("only a list has elements")
    return node[index]


def _index(node: Any, arguments: list[Any]) -> Any:
    if not arguments or not isinstance(arguments[0], int):
        raise ValueError("index() takes a whole number")
    return _at(node, arguments[0])


FUNCTIONS: dict[str, Callable[[Any, list[Any]], Any]] = {
    "length": _length,
    "size": _length,
    "min": _over_numbers(min),
    "max": _over_numbers(max),
    "avg": _over_numbers(_average),
    "sum": _over_numbers(math.fsum),
    "stddev": _over_numbers(_deviation),
    "keys": _keys,
    "concat": _concat,
    "append": _append,
    "first": lambda node, _: _at(node, 0),
    "last": lambda node, _: _at(node, -1),
    "index": _index,
}
