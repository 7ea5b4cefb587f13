"""FORK_JOIN: branches that run side by side, and the JOIN that follows."""

from __future__ import annotations

from conductor.engine.model import WorkflowTask
from conductor.engine.state import TaskRecord
from conductor.engine.tasks.base import TaskType
from conductor.engine.turn import Terminate, Turn


class ForkJoin(TaskType):
    """Gives the FORK itself, the head of each branch, and the JOIN."""

    name = "FORK_JOIN"

    def map(self, turn: Turn, node: WorkflowTask, iteration: int) -> list[TaskRecord]:
        tasks = [fork_task(turn, node, iteration)]
        for branch in node.fork_tasks:
            if branch:
                tasks += turn.map(branch[0], iteration)
        join = turn.execution.definition.next(node.task_reference_name or "")
        if join is None or join.type != "JOIN":
            raise Terminate("Fork task definition is not followed by a join task.  Check the blueprint")
        return tasks + turn.map(join, iteration)


class Fork(TaskType):
    """The record of a fork: done when it is made."""

    name = "FORK"


def fork_task(turn: Turn, node: WorkflowTask, iteration: int) -> TaskRecord:
    """The record of a fork."""
    task = turn.new_task(node, iteration, task_type="FORK", def_name="FORK", status="COMPLETED")
    task.started = task.ended = turn.now
    return task
