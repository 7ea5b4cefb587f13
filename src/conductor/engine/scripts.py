"""Expressions in JavaScript (INLINE, LAMBDA, SWITCH, DECISION, DO_WHILE), run where they can do no harm.

The engine is QuickJS compiled to WebAssembly, run by wasmtime in this process. Each evaluation gets a new instance with
its own memory, so no expression sees another's data; a flaw in QuickJS stays inside that memory; the only functions of
the host in reach are a clock and refusals. Fuel counts instructions and stops native loops too, which no interrupt
handler of V8 or QuickJS does; memory has a hard end. The same expression with the same input stops at the same step on
every machine.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from conductor.engine._sandbox import Sandbox

__all__ = [
    "EVALUATORS",
    "Limits",
    "ScriptError",
    "ScriptTimeout",
    "check_syntax",
    "evaluate",
    "is_true",
    "lambda_source",
    "warm_up",
]

#: The evaluator types that INLINE and SWITCH accept.
EVALUATORS = frozenset({"javascript", "graaljs", "value-param", "python"})


class ScriptError(Exception):
    """An expression failed; the text is for the task's reasonForIncompletion."""


class ScriptTimeout(ScriptError):
    """An expression took longer than it may."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one evaluation may cost.

    Args:
        seconds: of computing on a current machine; counted in steps, so that the same expression stops at the same step
            everywhere (a machine half as fast takes twice as long).
        memory: bytes of its heap, on top of eight times its input.
        result: bytes of its result as JSON.
    """

    seconds: float = 1.0
    memory: int = 32 * 1024 * 1024
    result: int = 10 * 1024 * 1024


DEFAULT_LIMITS = Limits()


def evaluate(
    kind: str, expression: str, scope: Mapping[str, Any], *, limits: Limits = DEFAULT_LIMITS, now: int | None = None
) -> Any:
    """The value of an expression, as JSON data; NaN and the infinities as strings, as the server writes them.

    Args:
        kind: one of EVALUATORS.
        expression: a program whose last statement gives the value, or a key of the scope for `value-param`.
        scope: `$`.
        now: what the expression sees as the time, in epoch milliseconds; None: the wall clock.

    Raises:
        ScriptError: the message is the server's, but for the parts that its JavaScript engine words itself.
    """
    if kind == "value-param":
        return scope.get(expression)
    if kind == "python":
        raise ScriptError(
            "The 'python' evaluator is not supported: Python cannot be run safely here. Use 'javascript' instead."
        )
    if kind not in EVALUATORS:
        raise ScriptError(f"No evaluator registered for type: {kind}")
    return _run(expression, scope, limits, now)


def check_syntax(expression: str) -> str | None:
    """What is wrong with an expression's syntax (`SyntaxError: ...`); None if nothing is."""
    answer = _answer(f"throw null;\n{expression}", {}, DEFAULT_LIMITS, 0)  # compiled, never run
    error = msgspec.json.decode(answer[1:], type=_Error)
    return None if error.thrown else error.text(expression, lines_before=1)


def is_true(value: Any) -> bool:
    """Whether a condition holds: true itself, or a number above zero; nothing else."""
    return value if isinstance(value, bool) else isinstance(value, (int, float)) and value > 0


def lambda_source(script: str) -> str:
    """A LAMBDA's scriptExpression as a program: it is the body of a function, so that it may return."""
    return f"function scriptFun(){{{script}\n}} scriptFun();"


def warm_up() -> None:
    """Make the first evaluation as fast as the others: about a second the first time on a machine, later 50 ms."""
    _run("1", {}, DEFAULT_LIMITS, None)


def _run(expression: str, scope: Mapping[str, Any], limits: Limits, now: int | None) -> Any:
    answer = _answer(expression, scope, limits, now)
    if answer[0] == "v":
        if len(answer) > limits.result:
            raise ScriptError(f"The result of the script is longer than {limits.result} bytes")
        return msgspec.json.decode(answer[1:])
    if answer[0] == "c":
        raise ScriptError(msgspec.json.decode(answer[1:], type=str))
    error = msgspec.json.decode(answer[1:], type=_Error)
    if (error.name, error.message) == ("InternalError", "out of memory"):
        raise _out_of_memory(limits)
    raise ScriptError(f"Error evaluating the script `{error.text(expression)}`{error.place()}")


def _answer(expression: str, scope: Mapping[str, Any], limits: Limits, now: int | None) -> str:
    """What scripts.js says of an expression."""
    from conductor.engine import _sandbox

    text = msgspec.json.encode(scope)
    arguments = [msgspec.json.encode(argument).decode() for argument in (text.decode(), expression)]
    program = f"runExpression({arguments[0]},{arguments[1]},{_exact_integers(scope, text)})"
    try:
        return _sandbox_of_process().run(program, seconds=limits.seconds, memory=limits.memory + 8 * len(text), now=now)
    except _sandbox.OutOfFuel:
        raise ScriptTimeout(f"Script not evaluated within {limits.seconds:g} seconds, interrupted.") from None
    except _sandbox.OutOfMemory:
        raise _out_of_memory(limits) from None
    except _sandbox.GuestFailure as error:
        raise ScriptError(f"Error evaluating the script `{error}`") from None
    except _sandbox.OutOfStack:
        raise ScriptError(
            "Error evaluating the script `RangeError: Maximum call stack size exceeded` at line 1"
        ) from None


def _out_of_memory(limits: Limits) -> ScriptError:
    return ScriptError(f"Script not evaluated within {limits.memory >> 20} MB of memory, interrupted.")


@cache
def _sandbox_of_process() -> Sandbox:
    try:
        from conductor.engine._sandbox import Sandbox

        return Sandbox(Path(__file__).with_suffix(".js").read_text(encoding="utf-8"))
    except ImportError as error:
        python = " (it needs Python 3.11 or later)" if sys.version_info < (3, 11) else ""
        raise ScriptError(
            f"JavaScript is not available: the module '{error.name}' is missing{python}. "
            "Install conductor-python[server]."
        ) from None


# --- integers that doubles cannot hold -----------------------------------------------------------------------------

_MANY_DIGITS = re.compile(rb"[0-9]{16}")
_EXACT = 2**53


def _exact_integers(scope: Mapping[str, Any], text: bytes) -> str:
    """A JSON map from the double to the integer, for integers of the input that a double cannot hold.

    The server passes such integers (ids, mostly) through expressions unharmed; with this, so do we.
    """
    if not _MANY_DIGITS.search(text):
        return "{}"
    found: dict[str, str] = {}
    _collect(scope, found)
    return msgspec.json.encode(found).decode()


def _collect(value: Any, found: dict[str, str]) -> None:
    if isinstance(value, int):
        if abs(value) > _EXACT and int(float(value)) != value:
            found[_js_number(float(value))] = str(value)
    elif isinstance(value, Mapping):
        for item in value.values():
            _collect(item, found)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _collect(item, found)


def _js_number(value: float) -> str:
    """A large whole double as JavaScript writes it: the shortest digits, filled up with zeros below 10^21."""
    digits, _, exponent = repr(value).partition("e")
    if not exponent or abs(value) >= 1e21:
        return digits.removesuffix(".0") if not exponent else f"{digits}e{exponent}"
    whole, _, fraction = digits.partition(".")
    return whole + fraction.ljust(int(exponent), "0")


# --- errors --------------------------------------------------------------------------------------------------------


class _Error(msgspec.Struct):
    """What an expression threw: an Error object, or (`thrown`) something else."""

    name: str
    message: str
    stack: str
    thrown: bool

    def text(self, source: str, *, lines_before: int = 0) -> str:
        """`ReferenceError: x is not defined`, in the server's words where they are known."""
        if not self.name:
            return self.message
        message = self._translated() or self.message
        if self.name == "SyntaxError" and self._position() and not _NATIVE.search(self.stack.partition("at eval")[0]):
            line, column = self._position() or (1, 1)
            lines = source.split("\n")
            line = min(max(line - lines_before, 1), len(lines))
            if message.endswith(("eof", "close quote")):
                line, column = len(lines), len(lines[-1]) + 1
            return f"SyntaxError: inline:{line}:{column - 1} {message}\n{lines[line - 1]}\n{' ' * (column - 1)}^\n"
        return f"{self.name}: {message}" if message else self.name

    def place(self) -> str:
        """` at line N`, where the server tells: not for errors that the script made itself or that a function threw."""
        if not self.name:
            return " at line 1"
        position = self._position()
        return f" at line {position[0]}" if position and self._translated() else ""

    def _position(self) -> tuple[int, int] | None:
        match = _POSITION.search(self.stack)
        return (int(match[1]), int(match[2])) if match else None

    def _translated(self) -> str | None:
        for pattern, words in _WORDS:
            match = pattern.fullmatch(self.message)
            if match:
                return match.expand(words)
        return None


_NATIVE = re.compile(r"\(native\)")
_POSITION = re.compile(r"<input>:([0-9]+):([0-9]+)")
# How QuickJS words the commonest errors of the interpreter, and how the server's engine does.
_WORDS = [
    (re.compile(pattern), words)
    for pattern, words in (
        (r"(.*) is not (?:defined|initialized)", r"\1 is not defined"),
        (r"cannot read property 'Symbol\.(.*)' of (undefined|null)", r"Cannot read property 'Symbol(Symbol.\1)' of \2"),
        (r"cannot read property '(.*)' of (undefined|null)", r"Cannot read property '\1' of \2"),
        (r"cannot set property '(.*)' of (undefined|null)", r"Cannot set property '\1' of \2"),
        (r"'(.*)' is read-only", r'Assignment to constant "\1"'),
        (r"invalid array length", "Invalid array length"),
        (r"(Maximum call stack size exceeded)", r"\1"),
        (r"(not a function|value is not iterable|not a constructor)", r"\1"),
        (r"unexpected token in expression: ''", "Expected an operand but found eof"),
        (r"unexpected token in expression: '(.*)'", r"Expected an operand but found \1"),
        (r"expecting '(.*)'", r"Expected \1"),
        (r"return not in a function", "Invalid return statement"),
        (r"unexpected end of string", "Missing close quote"),
        (r"Unexpected end of input", "Expected comma but found eof"),
        (r"invalid redefinition of lexical identifier", "Variable has already been declared"),
        (r"invalid number literal", "Missing space after numeric literal"),
    )
]
