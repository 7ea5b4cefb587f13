"""How scripts in definitions are evaluated."""

from __future__ import annotations

from typing import Any

EVALUATORS = frozenset({"value-param", "javascript", "graaljs", "python"})


class EvaluationFailed(Exception):
    """A script could not be evaluated; the message says why."""


def evaluate(kind: str, script: str, scope: dict[str, Any]) -> Any:
    """The value of a script, with `scope` as `$`. Raises EvaluationFailed."""
    if kind == "value-param":
        return scope.get(script)
    raise EvaluationFailed(f"No evaluator for {kind}")
