"""SWITCH and the older DECISION: one of several branches is taken."""

from __future__ import annotations

from typing import Any

from conductor.engine.evaluation import EVALUATORS, EvaluationFailed
from conductor.engine.expressions import java_str
from conductor.engine.model import WorkflowTask
from conductor.engine.state import TaskRecord
from conductor.engine.tasks.base import TaskType
from conductor.engine.turn import Terminate, Turn


class Switch(TaskType):
    """Takes the case that its expression names, else the default one; an empty case is taken and does nothing."""

    name = "SWITCH"

    def map(self, turn: Turn, node: WorkflowTask, iteration: int) -> list[TaskRecord]:
        task = turn.new_task(node, iteration, def_name="SWITCH")
        kind = node.evaluator_type or ""
        if kind not in EVALUATORS:
            raise Terminate(f"No evaluator registered for type: {kind}")
        task.started = turn.now
        try:
            result = turn.world.evaluate(kind, node.expression or "", turn.revealed(task.input))
        except EvaluationFailed as error:
            task.status, task.reason, task.ended = "FAILED", str(error), turn.now
            return [task]
        selected = java_str(result)
        branch = node.decision_cases.get(selected, node.default_case)
        return _taken(turn, task, selected, branch, {"evaluationResult": [selected], "selectedCase": selected})

    def execute(self, turn: Turn, task: TaskRecord) -> bool:
        turn.finish(task, "COMPLETED")
        return True


class Decision(TaskType):
    """Takes a case by a key of its input or by a script; an empty case falls through to the default one."""

    name = "DECISION"

    def map(self, turn: Turn, node: WorkflowTask, iteration: int) -> list[TaskRecord]:
        task = turn.new_task(node, iteration, def_name="DECISION")
        task.started = turn.now
        if node.case_expression:
            try:
                result = turn.world.evaluate("javascript", node.case_expression, turn.revealed(task.input))
            except EvaluationFailed as error:
                raise Terminate(f"Error while evaluating script: {node.case_expression}") from error
        else:
            result = task.input.get(node.case_value_param or "")
        selected = java_str(result)
        branch = node.decision_cases.get(selected) or node.default_case
        return _taken(turn, task, selected, branch, {"caseOutput": [selected]})

    def execute(self, turn: Turn, task: TaskRecord) -> bool:
        turn.finish(task, "COMPLETED")
        return True


def _taken(
    turn: Turn, task: TaskRecord, selected: str, branch: list[WorkflowTask], output: dict[str, Any]
) -> list[TaskRecord]:
    task.input = {**task.input, "case": selected}
    task.output = output
    if not branch:
        return [task]
    task.input["hasChildren"] = "true"
    return [task, *turn.map(branch[0], task.iteration)]
