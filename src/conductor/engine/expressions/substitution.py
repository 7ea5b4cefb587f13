"""Substitution of `${...}` in parameters: whole values keep their type, interpolated ones become Java's text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from conductor.engine.expressions.java import java_str
from conductor.engine.expressions.jsonpath import read_json_text, read_path

SECRET_PREFIX = "workflow.secrets."
VARIABLE_PREFIX = "workflow.env."
#: Names the server knows even where no such variable is set; CPEWF_TASK_ID is the id of the task being created.
TASK_ID = "CPEWF_TASK_ID"
SYSTEM_NAMES = frozenset({TASK_ID, "NETFLIX_ENV", "NETFLIX_STACK"})
#: Deeper nesting of `${` in `${` than this is left as text.
MAX_NESTING = 16
#: Templates longer than this are compiled anew each time, so that the cache stays small.
_CACHED_LENGTH = 4096
_CACHE_SIZE = 4096


@dataclass(frozen=True, slots=True)
class Environment:
    """What the outside lends to expressions.

    Args:
        system: the process's environment, read by `${NAME}`.
        variables: read by `${workflow.env.NAME}`.
        secrets: read by `${workflow.secrets.NAME}`, and by `resolve_secrets` alone.
    """

    system: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def from_variables(cls, variables: Mapping[str, str]) -> Environment:
        """Conductor's convention: `CONDUCTOR_ENV_<NAME>` and `CONDUCTOR_SECRET_<NAME>`; secrets have no other door."""
        secret, variable = "CONDUCTOR_SECRET_", "CONDUCTOR_ENV_"
        return cls(
            system={name: text for name, text in variables.items() if not name.startswith(secret)},
            variables={n.removeprefix(variable): text for n, text in variables.items() if n.startswith(variable)},
            secrets={n.removeprefix(secret): text for n, text in variables.items() if n.startswith(secret)},
        )


NO_ENVIRONMENT = Environment()


@dataclass(frozen=True, slots=True)
class _Expression:
    """One `${...}`: its source text and, where it holds further expressions, the template of its path."""

    source: str
    path: str
    nested: tuple[str | _Expression, ...] | None = None


_Template = tuple["str | _Expression", ...]


def evaluate_templates(
    templates: Mapping[str, Any],
    context: Mapping[str, Any],
    *,
    env: Environment = NO_ENVIRONMENT,
    task_id: str | None = None,
) -> dict[str, Any]:
    """Evaluate a map of parameters (inputParameters, outputParameters); an expression that cannot be read gives null.

    Args:
        templates: the map; keys are kept as they are, values substituted at any depth.
        context: `{"workflow": {...}, "<task reference>": {...}}`; any mapping, read only where an expression looks.
        task_id: the value of `${CPEWF_TASK_ID}`.
    """
    return {key: substitute(value, context, env=env, task_id=task_id) for key, value in templates.items()}


def substitute(
    value: Any, context: Mapping[str, Any], *, env: Environment = NO_ENVIRONMENT, task_id: str | None = None
) -> Any:
    """Evaluate one value: strings are templates, maps and lists are walked, everything else is itself."""
    if isinstance(value, str):
        return _render(_compile(value), context, env, task_id) if "${" in value else value
    if isinstance(value, Mapping):
        return {key: substitute(item, context, env=env, task_id=task_id) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [substitute(item, context, env=env, task_id=task_id) for item in value]
    return value


def expressions_in(text: str) -> Iterator[str]:
    """The paths of the outermost expressions of a template, as written: what registration checks."""
    if "${" in text:
        yield from (part.path for part in _compile(text) if not isinstance(part, str))


def _render(template: _Template, context: Mapping[str, Any], env: Environment, task_id: str | None) -> Any:
    if len(template) == 1 and not isinstance(template[0], str):
        value, known = _evaluate(template[0], context, env, task_id)
        return value if known else _unescape(template[0].source)
    return _interpolate(template, context, env, task_id)


def _interpolate(template: _Template, context: Mapping[str, Any], env: Environment, task_id: str | None) -> str:
    texts: list[str] = []
    for part in template:
        if isinstance(part, str):
            texts.append(part)
        else:
            value, known = _evaluate(part, context, env, task_id)
            texts.append(java_str(value) if known else part.source)
    return _unescape("".join(texts))


def _unescape(text: str) -> str:
    return text.replace("$${", "${")


def _evaluate(
    expression: _Expression, context: Mapping[str, Any], env: Environment, task_id: str | None
) -> tuple[Any, bool]:
    """The value, and whether there is one: False leaves the expression's text as it stands."""
    path = expression.path
    if expression.nested is not None:
        path = _interpolate(expression.nested, context, env, task_id)
    if not path.strip():
        return "", True
    if path.startswith(SECRET_PREFIX):
        return None, False
    if path.startswith(VARIABLE_PREFIX):
        return read_json_text(env.variables, path[len(VARIABLE_PREFIX) :]), True
    if path in SYSTEM_NAMES or path in env.system:
        text = task_id if path == TASK_ID else env.system.get(path)
        return text, text is not None
    return read_path(path, context), True


def _compile(text: str) -> _Template:
    return _compile_cached(text) if len(text) <= _CACHED_LENGTH else _parse(text)


@lru_cache(maxsize=_CACHE_SIZE)
def _compile_cached(text: str) -> _Template:
    return _parse(text)


def _parse(text: str) -> _Template:
    return _parse_span(text, 0, len(text), _closing_braces(text), 0)


def _closing_braces(text: str) -> dict[int, int]:
    """The position of the `}` that balances each `{`, in one pass."""
    closing: dict[int, int] = {}
    open_at: list[int] = []
    for position, character in enumerate(text):
        if character == "{":
            open_at.append(position)
        elif character == "}" and open_at:
            closing[open_at.pop()] = position
    return closing


def _parse_span(text: str, start: int, end: int, closing: Mapping[int, int], depth: int) -> _Template:
    parts: list[str | _Expression] = []
    literal_from = start
    at = text.find("${", start, end)
    while at >= 0:
        close = closing.get(at + 1, end)
        if at > start and text[at - 1] == "$":
            at = text.find("${", at + 2, end)
            continue
        if close >= end or depth > MAX_NESTING:
            break  # the server stops at the first one that is not closed
        if at > literal_from:
            parts.append(text[literal_from:at])
        parts.append(_expression(text, at, close, closing, depth))
        literal_from = close + 1
        at = text.find("${", literal_from, end)
    if literal_from < end:
        parts.append(text[literal_from:end])
    return tuple(parts)


def _expression(text: str, at: int, close: int, closing: Mapping[int, int], depth: int) -> _Expression:
    source, path = text[at : close + 1], text[at + 2 : close]
    nested = _parse_span(text, at + 2, close, closing, depth + 1) if "${" in path else None
    return _Expression(source, path, nested)
