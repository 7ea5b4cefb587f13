"""Typed references: what stands for a value that exists only when the workflow runs.

A checker takes a reference for the value itself (a task that returns `Price` gives a `Price`), so `price.total` is
checked as code always is. While the workflow is built it is a `Ref`, which knows the same type and refuses what the
type does not have: a typing error is an error at build time, not an expression that resolves to null in production.
"""

from __future__ import annotations

import dataclasses
import difflib
import typing
from typing import Any, NoReturn, get_args, get_origin

import msgspec

SCALARS = (str, int, float, bool, bytes, type(None))


class UnknownReference(AttributeError):
    """A reference to something that the value's type does not have."""


class Ref:
    """A reference to a value, e.g. `${price.output.total}`.

    Attribute and item access give references to parts. `str()` (and so an f-string) gives the expression.
    """

    __slots__ = ("_expression", "_type")

    def __init__(self, expression: str, annotation: Any = Any) -> None:
        self._expression = expression
        self._type = _strip(annotation)

    def __getattr__(self, name: str) -> Ref:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._part(name, f".{name}")

    def __getitem__(self, key: str | int) -> Ref:
        if isinstance(key, int):
            return Ref(f"{self._expression}[{key}]", _element(self._type))
        return self._part(key, f".{key}" if key.isidentifier() else f"['{key}']")

    def _part(self, name: str, path: str) -> Ref:
        fields = fields_of(self._type)
        if fields is None:
            if self._type in SCALARS:
                kind = self._type.__name__ if self._type is not None else "None"
                raise UnknownReference(f"{self} is a {kind}: it has no {name!r}")
            return Ref(self._expression + path, _element(self._type))
        if name not in fields:
            close = difflib.get_close_matches(name, list(fields), n=1)
            hint = f"; did you mean {close[0]!r}?" if close else f" (it has {', '.join(sorted(fields))})"
            raise UnknownReference(
                f"{self} is a {getattr(self._type, '__name__', self._type)}, which has no {name!r}{hint}"
            )
        wire, annotation = fields[name]
        return Ref(self._expression + path.replace(name, wire, 1), annotation)

    def __str__(self) -> str:
        return f"${{{self._expression}}}"

    def __repr__(self) -> str:
        return f"<reference {self}>"

    def __format__(self, spec: str) -> str:
        if spec:
            raise TypeError(f"{self} has no value yet: it cannot be formatted with {spec!r}")
        return str(self)

    def _no_value(self, what: str) -> NoReturn:
        message = f"{self} has no value while the workflow is built: it cannot be {what} here"
        raise TypeError(message + "; use switch() to choose by it, or a worker or inline() to calculate with it")

    def __bool__(self) -> NoReturn:  # noqa: PLE0304 - there is none to return
        self._no_value("tested")

    def __iter__(self) -> NoReturn:
        self._no_value("iterated over")

    def __len__(self) -> NoReturn:  # noqa: PLE0303 - there is none to return
        self._no_value("counted")

    def __add__(self, other: object) -> NoReturn:
        self._no_value("calculated with")

    __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __lt__ = __gt__ = __le__ = __ge__ = __add__


def _strip(annotation: Any) -> Any:
    """A type without `Annotated` and `Optional` around it."""
    while get_origin(annotation) is typing.Annotated:
        annotation = get_args(annotation)[0]
    arguments = [a for a in get_args(annotation) if a is not type(None)]
    if type(None) in get_args(annotation) and len(arguments) == 1:
        return _strip(arguments[0])
    return annotation


def _element(annotation: Any) -> Any:
    """The type of the elements of a list or of the values of a dict; Any where it is not known."""
    arguments = get_args(annotation)
    if get_origin(annotation) in (list, set, frozenset, tuple) and arguments:
        return arguments[0]
    if get_origin(annotation) is dict and len(arguments) == 2:
        return arguments[1]
    return Any


def fields_of(annotation: Any) -> dict[str, tuple[str, Any]] | None:
    """A record type's fields, as `{name: (name on the wire, type)}`; None for what is no record."""
    if not isinstance(annotation, type):
        return None
    if issubclass(annotation, msgspec.Struct):
        return {f.name: (f.encode_name, f.type) for f in msgspec.structs.fields(annotation)}
    if dataclasses.is_dataclass(annotation) or typing.is_typeddict(annotation):
        return {name: (name, hint) for name, hint in typing.get_type_hints(annotation).items()}
    return None


def expressions(value: Any) -> Any:
    """A value for a definition: references in it become their expressions, records become dicts."""
    if isinstance(value, Ref):
        return str(value)
    if isinstance(value, dict):
        return {key: expressions(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [expressions(item) for item in value]
    if isinstance(value, msgspec.Struct):
        fields = msgspec.structs.fields(value)
        return {f.encode_name: expressions(getattr(value, f.name)) for f in fields}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: expressions(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return msgspec.to_builtins(value)
