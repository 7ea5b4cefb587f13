"""Types that msgspec does not convert by itself, made into types that it does.

msgspec converts in C; what it refuses (a union of two dataclasses, a pydantic model, a class of the user's) stands in
its type tree as a class for which it calls `from_json`. So one odd type costs only where it is met.
"""

from __future__ import annotations

import dataclasses
import functools
import operator
import pathlib
import sys
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, Union, cast, get_args, get_origin

import msgspec

from conductor.client.worker._paths import NestedError, nested, pydantic_error
from conductor.client.worker.exception import WorkerDefinitionError

_CONSTRAINTS: Final = ("ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length", "pattern")
# Subscripted at run time, which is no business of a type checker's.
_annotated: Any = Annotated
_union: Any = Union


class _Stand(type):
    """Metaclass of classes that stand for a type; whatever they make passes as an instance."""

    make: Callable[[Any], Any]

    def __instancecheck__(cls, instance: object) -> bool:
        return True


def _stand_for(name: str, make: Callable[[Any], Any]) -> type:
    return _Stand(name, (), {"make": staticmethod(make), "__slots__": ()})


def supported(annotation: Any) -> Any:
    """The annotation itself where msgspec knows it, else one that it does and that converts to the same.

    Raises:
        WorkerDefinitionError: no value from JSON can have this type.
    """
    plain = with_constraints(annotation)
    if _is_known(plain):
        return plain
    adapted = _adapt(plain)
    if _is_known(adapted):
        return adapted
    raise WorkerDefinitionError(f"{describe(annotation)} cannot be converted from JSON")


def describe(annotation: Any) -> str:
    """The annotation as a user writes it."""
    return annotation.__name__ if isinstance(annotation, type) and not get_args(annotation) else str(annotation)


def _is_known(annotation: Any) -> bool:
    try:
        msgspec.json.Decoder(annotation)
    except (TypeError, ValueError, RecursionError):
        return False
    except NameError as error:
        raise WorkerDefinitionError(f"a field of {describe(annotation)} cannot be resolved: {error}") from None
    return True


def _adapt(annotation: Any) -> Any:
    """Replace the parts of an annotation that msgspec refuses."""
    if _is_known(annotation):
        return annotation
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        parts = (_adapt(arguments[0]), *annotation.__metadata__)
        return _annotated[parts]
    if origin in (Union, types.UnionType):
        return _adapt_union([_adapt(argument) for argument in arguments], annotation)
    if origin is Literal:
        return _stand_for(describe(annotation), functools.partial(_one_of_values, arguments))
    if origin is not None and arguments:
        return _rebuilt(annotation, [argument if argument in (..., ()) else _adapt(argument) for argument in arguments])
    if dataclasses.is_dataclass(annotation) or (
        isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)
    ):
        return _stand_for(describe(annotation), functools.partial(_construct, cast("type", annotation)))
    if typing.is_typeddict(annotation):
        hints = typing.get_type_hints(annotation, include_extras=True)
        adapted_hints = {name: _adapt(hint) for name, hint in hints.items()}
        return typing.TypedDict(annotation.__name__, adapted_hints, total=annotation.__total__)  # type: ignore[operator]
    return annotation


def _rebuilt(annotation: Any, arguments: list[Any]) -> Any:
    """The generic annotation with other arguments."""
    origin: Any = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return _union[tuple(arguments)]
    return origin[tuple(arguments) if len(arguments) > 1 else arguments[0]]


def _adapt_union(options: list[Any], annotation: Any) -> Any:
    union = _union[tuple(options)]
    if _is_known(union):
        return union
    converters = [functools.partial(msgspec.convert, type=option, dec_hook=from_json) for option in options]
    return _stand_for(describe(annotation), functools.partial(_first_that_fits, converters, describe(annotation)))


def _first_that_fits(converters: Sequence[Callable[[Any], Any]], name: str, value: Any) -> Any:
    for convert in converters:
        try:
            return convert(value)
        except msgspec.ValidationError:
            continue
    raise ValueError(f"Expected `{name}`, got `{json_type(value)}` that fits none of them")


def _one_of_values(values: tuple[Any, ...], value: Any) -> Any:
    for allowed in values:
        if value == getattr(allowed, "value", allowed) and isinstance(value, bool) == isinstance(allowed, bool):
            return allowed
    raise ValueError(f"Expected one of {', '.join(map(repr, values))}")


def from_json(wanted: Any, value: Any) -> Any:
    """msgspec's hook for types that it does not know: a value from JSON as an instance of `wanted`."""
    if isinstance(wanted, _Stand):
        return wanted.make(value)
    wanted = get_origin(wanted) or wanted
    if not isinstance(wanted, type):
        return value  # Callable, TypeVar: nothing to check against
    if isinstance(value, wanted):
        return value
    if hasattr(wanted, "__pydantic_validator__"):
        return _validated_by_pydantic(wanted, value)
    if issubclass(wanted, pathlib.PurePath) and isinstance(value, str):
        return wanted(value)
    if isinstance(value, dict):
        return _construct(wanted, value)
    raise ValueError(f"Expected `{wanted.__name__}`, got `{json_type(value)}`")


def _validated_by_pydantic(model: Any, value: Any) -> Any:
    try:
        return model.__pydantic_validator__.validate_python(value)
    except ValueError as error:  # pydantic.ValidationError is one
        raise pydantic_error(error) from None


def _construct(wanted: type, value: Any) -> Any:
    """An object of a user's class, by the parameters of its constructor."""
    if not isinstance(value, dict):
        raise ValueError(f"Expected `object`, got `{json_type(value)}`")
    try:
        arguments, keywords = _constructor(wanted).bind_input(value)
        return wanted(*arguments, **keywords)
    except msgspec.ValidationError as error:
        raise nested(error) from None
    except NestedError:
        raise
    except (TypeError, ValueError) as error:  # raised by the user's constructor
        raise ValueError(f"{wanted.__name__}: {error}") from None


@functools.lru_cache(maxsize=1024)
def _constructor(wanted: type) -> Any:
    from conductor.client.worker._arguments import ArgumentPlan

    return ArgumentPlan(wanted, for_task=False)


def json_type(value: Any) -> str:
    """The name of a value's type in the words of JSON, as msgspec's messages have it."""
    names: Mapping[type, str] = {
        type(None): "null", bool: "bool", int: "int", float: "float", str: "str", list: "array", dict: "object",
    }  # fmt: skip
    return names.get(type(value), type(value).__name__)


def with_constraints(annotation: Any) -> Any:
    """Turn constraints of `annotated_types` and pydantic in Annotated into msgspec's; keep everything else."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is None or origin is Literal or not arguments:
        return annotation
    if origin is not Annotated:
        changed = [with_constraints(argument) for argument in arguments]
        return annotation if all(map(operator.is_, changed, arguments)) else _rebuilt(annotation, changed)
    base, metadata = with_constraints(arguments[0]), annotation.__metadata__
    found: dict[str, Any] = {}
    for item in metadata:
        for part in getattr(item, "metadata", None) or [item]:
            if not isinstance(part, msgspec.Meta):
                found |= {name: getattr(part, name) for name in _CONSTRAINTS if getattr(part, name, None) is not None}
    kept = [item for item in metadata if isinstance(item, msgspec.Meta)]
    parts = (base, *kept, msgspec.Meta(**found)) if found else (base, *kept)
    return _annotated[parts] if len(parts) > 1 else base


def type_hints(function: Callable[..., Any], local_names: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The annotations of a function's parameters, strings resolved.

    Raises:
        WorkerDefinitionError: a string names something that does not exist at run time.
    """
    target: Any = function
    while isinstance(target, functools.partial):
        target = target.func
    if dataclasses.is_dataclass(target) or (isinstance(target, type) and issubclass(target, msgspec.Struct)):
        return typing.get_type_hints(target, include_extras=True)
    if isinstance(target, type):
        target = vars(target).get("__init__") or getattr(target, "__init__")  # noqa: B009 - a class's, not an instance's
    elif not isinstance(target, (types.FunctionType, types.MethodType)) and not hasattr(target, "__wrapped__"):
        target = type(target).__call__
    while hasattr(target, "__wrapped__"):
        target = target.__wrapped__
    try:
        written = {name: hint for name, hint in getattr(target, "__annotations__", {}).items() if name != "return"}
        names = {**getattr(target, "__globals__", {}), **_closure(target)}
        holder = types.SimpleNamespace(__annotations__=written)
        return typing.get_type_hints(holder, names, dict(local_names or {}), include_extras=True)
    except (NameError, TypeError, AttributeError, SyntaxError) as error:
        where = f"{getattr(target, '__module__', '?')}.{getattr(target, '__qualname__', target)}"
        raise WorkerDefinitionError(
            f"{where}: an annotation cannot be resolved: {error}; what it names must exist at run time"
            " (an import under `if TYPE_CHECKING:` does not)"
        ) from None


def _closure(function: Any) -> dict[str, Any]:
    cells = getattr(function, "__closure__", None) or ()
    names = function.__code__.co_freevars if cells else ()
    return {name: cell.cell_contents for name, cell in zip(names, cells, strict=True) if _is_filled(cell)}


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - reading an empty cell raises
    except ValueError:
        return False
    return True


def names_around(function: Callable[..., Any]) -> Mapping[str, Any]:
    """Local names of the function in which another one is being defined; annotations may refer to them."""
    parts = getattr(function, "__qualname__", "").split(".<locals>.")
    if len(parts) < 2:
        return {}
    enclosing = parts[-2].rpartition(".")[2]
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_name != enclosing:
        frame = frame.f_back
    return dict(frame.f_locals) if frame is not None else {}
