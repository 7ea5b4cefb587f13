"""JOIN: waits for tasks of parallel branches and collects their outputs."""

from __future__ import annotations

from typing import Any

from conductor.engine.model import WorkflowTask
from conductor.engine.state import TaskRecord, join_refs
from conductor.engine.tasks.base import TaskType
from conductor.engine.turn import Turn


class Join(TaskType):
    """Looked at when one of its tasks ends. While any is open and none failed there is nothing to do."""

    name = "JOIN"

    def map(self, turn: Turn, node: WorkflowTask, iteration: int) -> list[TaskRecord]:
        task_id = turn.world.new_id()
        inputs = {**turn.inputs(node, task_id), "joinOn": list(node.join_on)}
        return [turn.new_task(node, iteration, def_name="JOIN", inputs=inputs, task_id=task_id)]

    def start(self, turn: Turn, task: TaskRecord) -> None:
        turn.execution.watch_join(task)

    def execute(self, turn: Turn, task: TaskRecord) -> bool:
        execution = turn.execution
        if execution.join_waits.get(task.task_id) and task.task_id not in execution.join_alarms:
            return False
        execution.join_alarms.discard(task.task_id)
        joined = [execution.last[ref] for ref in join_refs(task) if ref in execution.last]
        all_ended = not execution.join_waits.get(task.task_id)
        if self._fails(turn, task, joined, all_ended):
            return True
        if not all_ended:
            return False
        self._complete(turn, task, joined)
        return True

    def _fails(self, turn: Turn, join: TaskRecord, joined: list[TaskRecord], all_ended: bool) -> bool:
        failed = [task for task in joined if task.unsuccessful]
        if not any(_breaks(turn, task, all_ended) for task in failed):
            return False
        binding = [task for task in failed if not turn.execution.node(task).optional]
        status = "CANCELED" if all(task.status == "CANCELED" for task in binding) else "FAILED"
        reason = " ".join(task.reason or "" for task in failed)
        turn.finish(join, status, reason, _outputs(joined))
        return True

    def _complete(self, turn: Turn, join: TaskRecord, joined: list[TaskRecord]) -> None:
        with_errors = [t for t in joined if t.status == "COMPLETED_WITH_ERRORS" and turn.execution.node(t).optional]
        if with_errors:
            names = " ".join(f"{task.def_name}/{task.task_id}" for task in with_errors)
            turn.finish(join, "COMPLETED_WITH_ERRORS", f"{names} completed with errors", _outputs(joined))
        else:
            turn.finish(join, "COMPLETED", None, _outputs(joined))


def _breaks(turn: Turn, task: TaskRecord, all_ended: bool) -> bool:
    node = turn.execution.node(task)
    return not node.optional and (not node.permissive or all_ended)


def _outputs(joined: list[TaskRecord]) -> dict[str, Any]:
    return {task.ref: task.output for task in joined if task.output}
