"""PULL_WORKFLOW_MESSAGES: takes messages that were pushed to the workflow through the API."""

from __future__ import annotations

from typing import Any

from conductor.engine.model import WorkflowTask
from conductor.engine.state import TaskRecord
from conductor.engine.tasks.base import TaskType
from conductor.engine.turn import Turn

_MOST = 100


class PullWorkflowMessages(TaskType):
    """Done when there is a message (at once where `blocking` is false). Only where the message queue is enabled."""

    name = "PULL_WORKFLOW_MESSAGES"

    def map(self, turn: Turn, node: WorkflowTask, iteration: int) -> list[TaskRecord]:
        if turn.world.settings.message_queue:
            return super().map(turn, node, iteration)
        return turn.world.task_type("USER_DEFINED").map(turn, node, iteration)

    def start(self, turn: Turn, task: TaskRecord) -> None:
        self.execute(turn, task)

    def execute(self, turn: Turn, task: TaskRecord) -> bool:
        waiting = turn.execution.record.messages
        blocking = task.input.get("blocking", True) not in (False, "false")
        if not waiting and blocking:
            return False
        count = min(max(_integer(task.input.get("batchSize")), 1), _MOST)
        taken, turn.execution.record.messages = waiting[:count], waiting[count:]
        turn.change_workflow()
        turn.finish(task, "COMPLETED", None, {"messages": taken, "count": len(taken)})
        return True


def _integer(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 1
