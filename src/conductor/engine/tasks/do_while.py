"""DO_WHILE: runs its tasks again and again, while a condition holds or there are items left."""

from __future__ import annotations

from typing import Any

from conductor.engine.decide import schedule
from conductor.engine.evaluation import EvaluationFailed, NotEvaluatedYet
from conductor.engine.model import WorkflowTask
from conductor.engine.scripts import is_true
from conductor.engine.state import TaskRecord
from conductor.engine.tasks.base import TaskType
from conductor.engine.turn import Turn


class DoWhile(TaskType):
    """Its output holds the outputs of each iteration by number, and `iteration`, the number of the current one."""

    name = "DO_WHILE"

    def map(self, turn: Turn, node: WorkflowTask, iteration: int) -> list[TaskRecord]:
        return [turn.new_task(node, 0)]

    def execute(self, turn: Turn, task: TaskRecord) -> bool:
        node = turn.execution.node(task)
        if task.iteration == 0:
            return self._begin(turn, task, node)
        body = list(_body(turn, task).values())
        changed = _collect(turn, task, body)
        if not body or not all(t.terminal and t.executed for t in body):
            return changed
        failed = [t for t in body if t.unsuccessful and not turn.execution.node(t).permissive]
        if failed:
            turn.finish(task, "FAILED", failed[0].reason or "")
            return True
        _forget_old_iterations(turn, task, node)
        self._go_on_or_end(turn, task, node, body)
        return True

    def _begin(self, turn: Turn, task: TaskRecord, node: WorkflowTask) -> bool:
        items = _items(turn, task, node)
        if items is not None and not items:
            turn.finish(task, "COMPLETED", None, {"iteration": 0})
        else:
            self._next_iteration(turn, task, node, items)
        return True

    def _go_on_or_end(self, turn: Turn, task: TaskRecord, node: WorkflowTask, body: list[TaskRecord]) -> None:
        items = _items(turn, task, node)
        try:
            more = _goes_on(turn, task, node, body, items)
        except NotEvaluatedYet:
            return
        except EvaluationFailed as error:
            problem = f"Unable to evaluate condition {node.loop_condition}, exception {error}"
            turn.finish(task, "FAILED_WITH_TERMINAL_ERROR", problem)
            return
        most = turn.world.settings.max_loop_iterations
        if not more:
            turn.finish(task, "COMPLETED")
        elif task.iteration >= most:
            turn.finish(task, "FAILED_WITH_TERMINAL_ERROR", f"The loop made {most} iterations, which is the limit")
        else:
            self._next_iteration(turn, task, node, items)

    def _next_iteration(self, turn: Turn, task: TaskRecord, node: WorkflowTask, items: list[Any] | None) -> None:
        task.iteration += 1
        output = {**task.output, "iteration": task.iteration}
        if items is not None:
            index = task.iteration - 1
            output["loopIndex"], output["loopItem"] = index, items[index] if index < len(items) else None
        task.output, task.updated = output, turn.now
        turn.touch(task)
        if node.loop_over:
            schedule(turn, turn.map(node.loop_over[0], task.iteration))


def _body(turn: Turn, loop: TaskRecord) -> dict[str, TaskRecord]:
    """The last attempts of the tasks of the current iteration."""
    tasks = turn.execution.loops.get(loop.base_ref, {}).get(loop.iteration, ())
    return {task.base_ref: task for task in tasks}


def _collect(turn: Turn, loop: TaskRecord, body: list[TaskRecord]) -> bool:
    """Bring the outputs of the current iteration into the loop's output; whether that changes it."""
    key = str(loop.iteration)
    known, outputs = loop.output.get(key), {task.base_ref: task.output for task in body}
    if (
        isinstance(known, dict)
        and known.keys() == outputs.keys()
        and all(known.get(ref) is output for ref, output in outputs.items())
    ):
        return False
    loop.output = {**loop.output, key: outputs}
    turn.touch(loop)
    return False


def _forget_old_iterations(turn: Turn, loop: TaskRecord, node: WorkflowTask) -> None:
    keep = node.input_parameters.get("keepLastN")
    if not isinstance(keep, int) or isinstance(keep, bool) or keep <= 0 or loop.iteration <= keep:
        return
    last = loop.iteration - keep
    loop.output = {k: v for k, v in loop.output.items() if not (k.isdigit() and int(k) <= last)}
    iterations = turn.execution.loops.get(loop.base_ref, {})
    turn.drop([task for number in list(iterations) if number <= last for task in iterations[number]])


def _items(turn: Turn, task: TaskRecord, node: WorkflowTask) -> list[Any] | None:
    """What a loop over a list runs over; None: the loop is not over a list."""
    source = node.items if node.items is not None else node.input_parameters.get("_items")
    if source is None:
        return None
    value = turn.substitute(source, task.task_id)
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _goes_on(turn: Turn, task: TaskRecord, node: WorkflowTask, body: list[TaskRecord], items: list[Any] | None) -> bool:
    if items is not None:
        if task.iteration >= len(items):
            return False
        if not (node.loop_condition or "").strip():
            return True
    scope = {**turn.inputs(node, task.task_id), task.base_ref: task.output}
    scope.update({t.base_ref: t.output for t in body})
    if items is not None:
        scope["loopIndex"], scope["loopItem"] = task.output.get("loopIndex"), task.output.get("loopItem")
    return is_true(turn.evaluate("javascript", node.loop_condition or "", turn.revealed(scope)))
