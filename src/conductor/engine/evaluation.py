"""How scripts in definitions are evaluated: at once where that is quick, by another thread where it is not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from conductor.engine.jq import JqError, transform
from conductor.engine.scripts import EVALUATORS, Limits, ScriptError, ScriptTimeout, lambda_source
from conductor.engine.scripts import evaluate as run_script

__all__ = ["EVALUATORS", "Evaluation", "EvaluationFailed", "Evaluations", "Jobs", "NotEvaluatedYet"]

#: what one evaluation may take of the engine's own thread
QUICK_SECONDS = 0.02
_JQ_TIMEOUT = "The jq program took longer than"
#: what it may take at all
MOST_SECONDS = 4.0


class EvaluationFailed(Exception):
    """A script could not be evaluated; the message says why."""

    def __init__(self, message: str, took_too_long: bool = False) -> None:
        super().__init__(message)
        self.took_too_long = took_too_long


class NotEvaluatedYet(Exception):
    """Another thread is at it."""


class Jobs(Protocol):
    """Runs what would block the engine's thread."""

    def submit(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Run `work` elsewhere, then call `done` with its result on the engine's thread."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What is to be evaluated.

    Args:
        kind: an evaluator type, `lambda` (the body of a function) or `jq` (whose value is the list of all results).
        script: its text.
        scope: what it sees as `$` (jq: as `.`).
        now: what it sees as the time, in epoch milliseconds.
    """

    kind: str
    script: str
    scope: dict[str, Any]
    now: int

    def value(self, seconds: float = MOST_SECONDS) -> Any:
        """Its value. Raises EvaluationFailed."""
        if self.kind == "value-param":
            return self.scope.get(self.script)
        kind, script = self.kind, self.script
        if kind == "lambda":
            kind, script = "javascript", lambda_source(script)
        if kind == "jq":
            return _jq(script, self.scope, seconds)
        try:
            return run_script(kind, script, self.scope, limits=Limits(seconds=seconds), now=self.now)
        except ScriptError as error:
            raise EvaluationFailed(str(error), isinstance(error, ScriptTimeout)) from error

    @property
    def digest(self) -> bytes:
        """What tells it from others."""
        return hashlib.blake2b(msgspec.json.encode((self.kind, self.script, self.scope)), digest_size=16).digest()


def _jq(program: str, document: dict[str, Any], seconds: float) -> list[Any]:
    try:
        return transform(program, document, seconds=seconds)
    except JqError as error:
        raise EvaluationFailed(str(error), str(error).startswith(_JQ_TIMEOUT)) from error


class Evaluations:
    """Evaluations of all workflows. What takes long is handed to another thread, once, and asked for again later."""

    def __init__(self, jobs: Callable[[], Jobs], on_done: Callable[[str], None]) -> None:
        """`on_done(workflow_id)` is called when a result has come that the workflow waits for."""
        self._jobs, self._on_done = jobs, on_done
        self._busy: dict[tuple[str, bytes], None] = {}
        self._results: dict[tuple[str, bytes], Any] = {}

    def value(self, workflow_id: str, wanted: Evaluation) -> Any:
        """A value. Raises EvaluationFailed, or NotEvaluatedYet where it takes long."""
        if self._busy or self._results:
            key = workflow_id, wanted.digest
            if key in self._busy:
                raise NotEvaluatedYet
            if key in self._results:
                return _unpack(self._results.pop(key))
        try:
            if not (wanted.kind == "jq" and self._busy):  # all jq programs share one process
                return wanted.value(QUICK_SECONDS)
        except EvaluationFailed as error:
            if not error.took_too_long:
                raise
        self._hand_over((workflow_id, wanted.digest), wanted)
        raise NotEvaluatedYet

    def is_busy(self, workflow_id: str) -> bool:
        """Whether a workflow waits for a result."""
        return any(owner == workflow_id for owner, _ in self._busy)

    def clear(self) -> None:
        """Forget all: results that are still to come are not waited for any more."""
        self._busy.clear()
        self._results.clear()

    def _hand_over(self, key: tuple[str, bytes], wanted: Evaluation) -> None:
        self._busy[key] = None

        def done(result: Any) -> None:
            if key in self._busy:
                del self._busy[key]
                self._results[key] = result
                self._on_done(key[0])

        self._jobs().submit(lambda: _packed(wanted), done)


def _packed(wanted: Evaluation) -> Any:
    try:
        return wanted.value()
    except EvaluationFailed as error:
        return error


def _unpack(result: Any) -> Any:
    if isinstance(result, EvaluationFailed):
        raise result
    return result
