"""jq programs (JSON_JQ_TRANSFORM), run in a child process that can be killed and knows nothing.

The library cannot be interrupted and reads variables and files; so it gets a process of its own, started at the first
program, without environment, with a limit of memory, and killed when a program takes too long.
"""

from __future__ import annotations

import atexit
import importlib.util
import json
import math
import os
import re
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any

import msgspec

from conductor.engine._jq_child import read_frame, write_frame

__all__ = ["MAX_RESULTS", "JqError", "close", "transform", "warm_up"]

#: A program gives at most so many results.
MAX_RESULTS = 100_000
DEFAULT_SECONDS = 1.0
#: Starting the child takes this long at most.
_START_SECONDS = 10.0
# What the server's jq does not have because it looks outside; their arities.
_REFUSED = {
    "env": 0, "input": 0, "inputs": 0, "input_filename": 0, "input_line_number": 0, "debug": 0, "stderr": 0, "halt": 0,
    "halt_error": 0, "now": 0, "get_search_list": 0, "modulemeta": 0, "localtime": 0,
}  # fmt: skip
_PRELUDE = (
    "{} as $ENV | "
    + " ".join(f'def {name}: error("Function {name}/{arity} does not exist");' for name, arity in _REFUSED.items())
    + ' def debug(f): error("Function debug/1 does not exist");'
    + ' def halt_error(f): error("Function halt_error/1 does not exist");'
    + " def leaf_paths: paths(scalars);"
    + " . as $__prog_args | "
)


class JqError(Exception):
    """A program failed; the text is for the task's reasonForIncompletion."""


def transform(program: str, document: Mapping[str, Any], *, seconds: float = DEFAULT_SECONDS) -> list[Any]:
    """All results of a program, in order.

    Args:
        program: the queryExpression.
        document: `.`
        seconds: how long it may take.

    Raises:
        JqError: the message is the server's where jq fails in the same way.
    """
    text = msgspec.json.encode(document).decode()
    try:
        # tojson keeps the digits of numbers that the program does not touch; the library's own conversion does not
        good, answer = _CHILD.ask([f"{_PRELUDE}limit({MAX_RESULTS + 1};(\n{program}\n))|tojson", text], seconds)
    except EOFError:
        raise JqError("The jq program needs too much memory") from None
    except TimeoutError:
        raise JqError(f"The jq program took longer than {seconds:g} seconds") from None
    if not good:
        raise JqError(_message(answer))
    results = [_decode(result) for result in answer]
    if len(results) > MAX_RESULTS:
        raise JqError(f"The jq program gives more than {MAX_RESULTS} results")
    return results


def warm_up() -> None:
    """Start the child, so that the first program is as fast as the others."""
    transform(".", {})


def close() -> None:
    """End the child; the next program starts a new one."""
    _CHILD.close()


def _decode(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:  # a number beyond a double
        return json.loads(text, parse_float=_double)


def _double(text: str) -> float | str:
    value = float(text)
    return value if math.isfinite(value) else "Infinity" if value > 0 else "-Infinity"


class _Child:
    """The process, started when first asked, replaced when it was killed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def ask(self, request: list[str], seconds: float) -> Any:
        """The answer to one request.

        Raises:
            TimeoutError: there was none in time; the process is gone.
            EOFError: the process died of it.
        """
        with self._lock:
            if self._process is None:
                self._process = _start()
                self._exchange(self._process, ["", "null"], _START_SECONDS)
            return self._exchange(self._process, request, seconds)

    def _exchange(self, process: subprocess.Popen[bytes], request: list[str], seconds: float) -> Any:
        timer = threading.Timer(seconds, process.kill)
        timer.start()
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            write_frame(process.stdin, request)
            return read_frame(process.stdout)
        except (EOFError, OSError):
            in_time = timer.is_alive()
            self._end(process)
            raise (EOFError if in_time else TimeoutError) from None
        finally:
            timer.cancel()

    def close(self) -> None:
        with self._lock:
            if self._process is not None:
                self._end(self._process)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        self._process = None
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    pass  # what was still to be written has nobody to go to
        process.wait()


def _start() -> subprocess.Popen[bytes]:
    if importlib.util.find_spec("jq") is None:
        raise JqError(
            "JSON_JQ_TRANSFORM is not available: the module 'jq' is missing. Install conductor-python[server]."
        )
    keep = {name: os.environ[name] for name in ("SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-s", "-c", _CODE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**keep, "PYTHONPATH": os.pathsep.join(os.path.abspath(path) for path in sys.path)},
    )


# The first entry of the path would be the working directory: nothing there should pose as a module.
_CODE = "import sys; del sys.path[0]; from conductor.engine._jq_child import main; main()"
_CHILD = _Child()
atexit.register(close)

_NOT_DEFINED = re.compile(r"jq: error: (\$?)([^ ]+) is not defined at ")
_SYNTAX = re.compile(r"jq: error: (?P<what>.*?) at <top-level>, line (?P<line>\d+), column (?P<column>\d+):")
# How the library words an error, and how the server does.
_WORDS = [
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (r"Cannot index (\w+) with string \((\".*\")\)", r"Cannot index \1 with string \2"),
        (r"Cannot index (\w+) with number \(.*\)", r"Cannot index \1 with number"),
        (r"Cannot iterate over (\w+) \(.*\)", r"Cannot iterate over \1"),
    )
]


def _message(text: str) -> str:
    if match := _NOT_DEFINED.match(text):
        return f"Undefined variable: ${match[2]}" if match[1] else f"Function {match[2]} does not exist"
    if match := _SYNTAX.match(text):
        return f"{match['what']} at line {int(match['line']) - 1}, column {match['column']}"
    for pattern, words in _WORDS:
        if match := pattern.fullmatch(text):
            return match.expand(words)
    return text.removeprefix("jq: error: ")
