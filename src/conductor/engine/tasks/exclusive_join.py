"""EXCLUSIVE_JOIN: goes on with the one task of several that runs."""

from __future__ import annotations

from conductor.engine.model import WorkflowTask
from conductor.engine.state import TaskRecord
from conductor.engine.tasks.base import TaskType
from conductor.engine.turn import Turn


class ExclusiveJoin(TaskType):
    """Waits for the first of its tasks that was begun, and shows that one's output."""

    name = "EXCLUSIVE_JOIN"

    def map(self, turn: Turn, node: WorkflowTask, iteration: int) -> list[TaskRecord]:
        task_id = turn.world.new_id()
        defaults = list(node.default_exclusive_join_task)
        inputs = {
            **turn.inputs(node, task_id),
            "joinOn": list(node.join_on),
            "defaultExclusiveJoinTask": defaults,
        }
        return [turn.new_task(node, iteration, def_name="EXCLUSIVE_JOIN", inputs=inputs, task_id=task_id)]

    def execute(self, turn: Turn, task: TaskRecord) -> bool:
        for refs in (task.input.get("joinOn"), task.input.get("defaultExclusiveJoinTask")):
            joined = _first_begun(turn, refs or [], task.iteration)
            if joined is not None:
                return _follow(turn, task, joined)
        return False


def _first_begun(turn: Turn, refs: list[str], iteration: int) -> TaskRecord | None:
    for ref in refs:
        task = turn.execution.last.get(f"{ref}__{iteration}" if iteration else ref)
        if task is not None and task.status != "SKIPPED":
            return task
    return None


def _follow(turn: Turn, task: TaskRecord, joined: TaskRecord) -> bool:
    if not joined.terminal:
        return False
    if joined.unsuccessful:
        turn.finish(task, "FAILED", joined.reason or "", joined.output)
    else:
        turn.finish(task, "COMPLETED", None, joined.output)
    return True
