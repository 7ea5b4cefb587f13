"""From a task's input to the arguments of a function: the signature is read once, a task costs one conversion in C."""

from __future__ import annotations

import enum
import inspect
import types
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Union, get_args, get_origin

import msgspec

from conductor.client.http.models.task import Task
from conductor.client.worker import _types
from conductor.client.worker._paths import explain
from conductor.client.worker.exception import InvalidInputError, WorkerDefinitionError

_EMPTY: Final = inspect.Parameter.empty
_POSITIONAL: Final = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_VARIADIC: Final = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_IMMUTABLE: Final = (str, int, float, bool, bytes, type(None), enum.Enum)

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


class ArgumentPlan:
    """How to call one function with the input of a task.

    Each parameter is taken from the input by its name and converted to its annotation. A parameter annotated `Task`
    receives the task, and so does the only parameter of a function if it has no annotation or `object`.
    ``*args`` takes a list of that name, ``**kwargs`` all of the input that no other parameter takes.

    Args:
        function: the function, or a class to be constructed.
        local_names: what annotations written as strings may refer to besides globals.
        for_task: whether parameters may receive the task.

    Raises:
        WorkerDefinitionError: an annotation cannot be resolved, or no JSON can become it.
    """

    def __init__(
        self, function: Callable[..., Any], local_names: Mapping[str, Any] | None = None, *, for_task: bool = True
    ) -> None:
        parameters = list(inspect.signature(function).parameters.values())
        hints = _types.type_hints(function, local_names)
        self._parameters = parameters
        self.annotations = {p.name: hints.get(p.name, p.annotation) for p in parameters}
        self._task_names = {p.name for p in parameters if for_task and self._takes_task(p)}
        self._variadic = {p.kind: p for p in parameters if p.kind in _VARIADIC}
        self.type = self._input_type(getattr(function, "__qualname__", type(function).__qualname__))
        self._is_simple = not self._task_names and all(p.kind in _POSITIONAL for p in parameters)
        self._only_task = len(parameters) == 1 and bool(self._task_names)

    def bind(self, task: Task) -> Arguments:
        """The arguments for a task.

        Raises:
            InvalidInputError: the input does not fit; the message names the wrong field.
        """
        if self._only_task:
            return ((task,), {}) if self._parameters[0].kind in _POSITIONAL else ((), {self._parameters[0].name: task})
        given = task.input_data or {}
        try:
            converted = msgspec.convert(given, self.type, dec_hook=_types.from_json)
        except msgspec.ValidationError:
            converted = self._convert_again(given)
        if self._is_simple:
            return msgspec.structs.astuple(converted), {}
        return self._arrange(converted, given, task)

    def bind_input(self, given: dict[str, Any]) -> Arguments:
        """The arguments for a plain input; msgspec's own error where it does not fit."""
        return self._arrange(msgspec.convert(given, self.type, dec_hook=_types.from_json), given, None)

    def _takes_task(self, parameter: inspect.Parameter) -> bool:
        annotation = self.annotations[parameter.name]
        if parameter.kind in _VARIADIC:
            return False
        if is_task(annotation):
            return True
        return len(self._parameters) == 1 and (annotation is _EMPTY or annotation is object)

    def _input_type(self, name: str) -> Any:
        fields: list[Any] = []
        for parameter in self._parameters:
            if parameter.name in self._task_names or parameter.kind == inspect.Parameter.VAR_KEYWORD:
                continue
            annotation = self.annotations[parameter.name]
            wanted = Any if annotation in (_EMPTY, object) else annotation
            if parameter.kind == inspect.Parameter.VAR_POSITIONAL:
                fields.append((parameter.name, _supported(name, parameter, list[wanted]), ()))  # type: ignore[valid-type]
                continue
            field = (parameter.name, _supported(name, parameter, wanted))
            fields.append(field if _default(parameter, wanted) is _EMPTY else (*field, _field(parameter, wanted)))
        try:
            return msgspec.defstruct("Input", fields, kw_only=True, gc=False)
        except (TypeError, ValueError) as error:
            raise WorkerDefinitionError(f"{name}: its parameters cannot be taken from JSON: {error}") from None

    def _convert_again(self, given: dict[str, Any]) -> Any:
        """Second look at an input that was refused, with what Conductor does to values on their way here in mind.

        An expression in a workflow definition that finds nothing becomes null: a parameter with a default takes the
        default. A number that went through a JavaScript or HTTP task may have become 5.0 for 5.
        """
        optional = {p.name for p in self._parameters if p.default is not _EMPTY}
        if any(type(key) is not str for key in given):
            given = {str(key): value for key, value in given.items()}
        candidate = {name: value for name, value in given.items() if value is not None or name not in optional}
        try:
            return self._convert(candidate)
        except msgspec.ValidationError as error:
            if "got `float`" not in str(error):
                raise InvalidInputError(explain(error, candidate, self._convert, self.type)) from None
        try:
            return self._convert(_with_integers(candidate))
        except msgspec.ValidationError as error:
            raise InvalidInputError(explain(error, candidate, self._convert, self.type)) from None

    def _convert(self, given: Any) -> Any:
        return msgspec.convert(given, self.type, dec_hook=_types.from_json)

    def _arrange(self, converted: Any, given: dict[str, Any], task: Task | None) -> Arguments:
        positional: list[Any] = []
        keywords: dict[str, Any] = {}
        for parameter in self._parameters:
            kind, name = parameter.kind, parameter.name
            if kind == inspect.Parameter.VAR_KEYWORD:
                keywords.update(self._rest(parameter, given))
                continue
            value: Any = task if name in self._task_names else getattr(converted, name)
            if kind == inspect.Parameter.VAR_POSITIONAL:
                positional.extend(value)
            elif kind in _POSITIONAL:
                positional.append(value)
            else:
                keywords[name] = value
        return tuple(positional), keywords

    def _rest(self, parameter: inspect.Parameter, given: dict[str, Any]) -> dict[str, Any]:
        """The part of the input for ``**kwargs``."""
        taken = {p.name for p in self._parameters}
        rest = {name: value for name, value in given.items() if name not in taken}
        annotation = self.annotations[parameter.name]
        if annotation is _EMPTY or annotation is Any or annotation is object:
            return rest
        wanted: Any = dict.__class_getitem__((str, _types.supported(annotation)))

        def convert(value: Any) -> Any:
            return msgspec.convert(value, wanted, dec_hook=_types.from_json)

        try:
            return convert(rest)  # type: ignore[no-any-return]
        except msgspec.ValidationError as error:
            raise InvalidInputError(explain(error, rest, convert, wanted)) from None


def is_task(annotation: Any) -> bool:
    """Whether a parameter with this annotation receives the task."""
    if isinstance(annotation, type):
        return issubclass(annotation, Task)
    if get_origin(annotation) in (Union, types.UnionType):
        return any(is_task(option) for option in get_args(annotation))
    return get_origin(annotation) is Annotated and is_task(get_args(annotation)[0])


def _supported(function: str, parameter: inspect.Parameter, annotation: Any) -> Any:
    try:
        return _types.supported(annotation)
    except WorkerDefinitionError as error:
        raise WorkerDefinitionError(f"{function}: parameter {parameter.name!r}: {error}") from None


def _default(parameter: inspect.Parameter, annotation: Any) -> Any:
    """The default; None for a parameter that may be None; `_EMPTY` for one that the input must have."""
    if parameter.default is not _EMPTY:
        return parameter.default
    is_union = get_origin(annotation) in (Union, types.UnionType)
    return None if is_union and type(None) in get_args(annotation) else _EMPTY


def _field(parameter: inspect.Parameter, annotation: Any) -> Any:
    default = _default(parameter, annotation)
    if isinstance(default, _IMMUTABLE):
        return default
    return msgspec.field(default_factory=lambda: default)  # the very object, as Python itself passes it


def _with_integers(value: Any) -> Any:
    """A copy in which each float without a fraction is an int."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _with_integers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_integers(item) for item in value]
    return value
