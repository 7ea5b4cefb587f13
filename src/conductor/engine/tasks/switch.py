"""SWITCH and the older DECISION: one of several branches is taken."""

from __future__ import annotations

from typing import Any

from conductor.engine.decide import schedule
from conductor.engine.evaluation import EVALUATORS, EvaluationFailed, NotEvaluatedYet
from conductor.engine.expressions import java_str
from conductor.engine.model import WorkflowTask
from conductor.engine.state import TaskRecord
from conductor.engine.tasks.base import TaskType
from conductor.engine.turn import Terminate, Turn


class Branching(TaskType):
    """Takes a branch when it is made; later where its expression takes long to evaluate."""

    def map(self, turn: Turn, node: WorkflowTask, iteration: int) -> list[TaskRecord]:
        task = turn.new_task(node, iteration, def_name=self.name)
        task.started = turn.now
        try:
            return [task, *self._take(turn, task, node)]
        except NotEvaluatedYet:
            return [task]
        except EvaluationFailed as error:
            task.status, task.reason, task.ended = "FAILED", str(error), turn.now
            return [task]

    def execute(self, turn: Turn, task: TaskRecord) -> bool:
        if "case" not in task.input:
            try:
                branch = self._take(turn, task, turn.execution.node(task))
            except NotEvaluatedYet:
                return False
            except EvaluationFailed as error:
                turn.finish(task, "FAILED", str(error))
                return True
            turn.finish(task, "COMPLETED")
            schedule(turn, branch)
        else:
            turn.finish(task, "COMPLETED")
        return True

    def _take(self, turn: Turn, task: TaskRecord, node: WorkflowTask) -> list[TaskRecord]:
        """Note the branch that is taken, and make its first tasks. Raises EvaluationFailed, NotEvaluatedYet."""
        selected, branch, task.output = self._choose(turn, task, node)
        task.input = {**task.input, "case": selected}
        if not branch:
            return []
        task.input["hasChildren"] = "true"
        return turn.map(branch[0], task.iteration)

    def _choose(
        self, turn: Turn, task: TaskRecord, node: WorkflowTask
    ) -> tuple[str, list[WorkflowTask], dict[str, Any]]:
        """The name of the case, its branch, and what the task shows as its output."""
        raise NotImplementedError


class Switch(Branching):
    """Takes the case that its expression names, else the default one; an empty case is taken and does nothing."""

    name = "SWITCH"

    def _choose(
        self, turn: Turn, task: TaskRecord, node: WorkflowTask
    ) -> tuple[str, list[WorkflowTask], dict[str, Any]]:
        kind = node.evaluator_type or ""
        if kind not in EVALUATORS:
            raise Terminate(f"No evaluator registered for type: {kind}")
        selected = java_str(turn.evaluate(kind, node.expression or "", turn.revealed(task.input)))
        branch = node.decision_cases.get(selected, node.default_case)
        return selected, branch, {"evaluationResult": [selected], "selectedCase": selected}


class Decision(Branching):
    """Takes a case by a key of its input or by a script; an empty case falls through to the default one."""

    name = "DECISION"

    def _choose(
        self, turn: Turn, task: TaskRecord, node: WorkflowTask
    ) -> tuple[str, list[WorkflowTask], dict[str, Any]]:
        if node.case_expression:
            try:
                value = turn.evaluate("javascript", node.case_expression, turn.revealed(task.input))
            except EvaluationFailed as error:
                raise Terminate(f"Error while evaluating script: {node.case_expression}") from error
        else:
            value = task.input.get(node.case_value_param or "")
        selected = java_str(value)
        branch = node.decision_cases.get(selected) or node.default_case
        return selected, branch, {"caseOutput": [selected]}
