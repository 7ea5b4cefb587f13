"""INLINE and LAMBDA (scripts), JSON_JQ_TRANSFORM: tasks that compute."""

from __future__ import annotations

from typing import Any

from conductor.engine.evaluation import EVALUATORS, EvaluationFailed, NotEvaluatedYet
from conductor.engine.state import TaskRecord
from conductor.engine.tasks.base import TaskType
from conductor.engine.turn import Turn


class Computed(TaskType):
    """Done in the turn that schedules it, or later where computing takes long."""

    def start(self, turn: Turn, task: TaskRecord) -> None:
        self.execute(turn, task)

    def execute(self, turn: Turn, task: TaskRecord) -> bool:
        try:
            self.compute(turn, task)
        except NotEvaluatedYet:
            return False
        return True

    def compute(self, turn: Turn, task: TaskRecord) -> None:
        """End the task. Raises NotEvaluatedYet where its result is still to come."""
        raise NotImplementedError


class Inline(Computed):
    """Evaluates `expression`; the rest of its input is the scope."""

    name = "INLINE"

    def compute(self, turn: Turn, task: TaskRecord) -> None:
        scope = turn.revealed(task.input)
        kind, expression = scope.get("evaluatorType") or "javascript", scope.get("expression")
        if not isinstance(expression, str) or not expression.strip():
            problem = "Empty 'expression' in Inline task's input parameters. A non-empty String value must be provided."
            _fail(turn, task, "FAILED_WITH_TERMINAL_ERROR", problem)
        elif kind not in EVALUATORS:
            _fail(turn, task, "FAILED_WITH_TERMINAL_ERROR", f"Unknown evaluator '{kind}' in INLINE task.")
        else:
            self._evaluate(turn, task, kind, expression, scope)

    @staticmethod
    def _evaluate(turn: Turn, task: TaskRecord, kind: str, expression: str, scope: dict[str, Any]) -> None:
        try:
            result = turn.evaluate(kind, expression, scope)
        except EvaluationFailed as error:
            status = "FAILED" if error.took_too_long else "FAILED_WITH_TERMINAL_ERROR"
            _fail(turn, task, status, str(error))
        else:
            turn.finish(task, "COMPLETED", None, {"result": result})


class Lambda(Computed):
    """Evaluates `scriptExpression`, the body of a function."""

    name = "LAMBDA"

    def compute(self, turn: Turn, task: TaskRecord) -> None:
        scope = turn.revealed(task.input)
        script = scope.get("scriptExpression")
        if not isinstance(script, str) or not script.strip():
            problem = (
                "Empty 'scriptExpression' in Lambda task's input parameters. A non-empty String value must be provided."
            )
            _fail(turn, task, "FAILED", problem)
            return
        try:
            result = turn.evaluate("lambda", script, scope)
        except EvaluationFailed as error:
            _fail(turn, task, "FAILED", str(error))
        else:
            turn.finish(task, "COMPLETED", None, {"result": result})


class JsonJqTransform(Computed):
    """Runs the jq program `queryExpression` on its input."""

    name = "JSON_JQ_TRANSFORM"

    def compute(self, turn: Turn, task: TaskRecord) -> None:
        scope = turn.revealed(task.input)
        query = scope.get("queryExpression")
        if not isinstance(query, str):
            _fail(turn, task, "FAILED", "Missing 'queryExpression' in input parameters")
            return
        try:
            results = turn.evaluate("jq", query, scope)
        except EvaluationFailed as error:
            _fail(turn, task, "FAILED", str(error))
        else:
            first = results[0] if results else None
            turn.finish(task, "COMPLETED", None, {"result": first, "resultList": results})


def _fail(turn: Turn, task: TaskRecord, status: str, problem: str) -> None:
    turn.finish(task, status, problem, {"error": problem})
