"""One execution of one task by this process, from the moment it was received until the server has its result."""

from __future__ import annotations

from conductor.client.context.task_context import TaskContext
from conductor.client.http.models.task import Task


class Attempt:
    """What the stages know of a task on its way through them.

    Attributes:
        task: as it was polled.
        task_id, workflow_id: its names; empty where a broken server gave none.
        task_type: name of its definition, for events and logs.
        worker_id: who executes it.
        context: what the worker's code sees.
        row: its row in the table that the parent process reads, -1 without one.
        started: when it was received, in seconds of the monotonic clock.
        given_up: whether the runner will not wait for its result.
        lease: seconds within which the server must hear of it, 0 where nobody keeps its lease.
        next_beat: when the server is to hear of it next.
    """

    __slots__ = (
        "context", "given_up", "lease", "next_beat", "row", "started", "task", "task_id", "task_type", "worker_id",
        "workflow_id",
    )  # fmt: skip

    def __init__(self, task: Task, context: TaskContext, *, task_type: str, worker_id: str, started: float) -> None:
        self.task = task
        self.task_id = task.task_id or ""
        self.workflow_id = task.workflow_instance_id or ""
        self.context = context
        self.task_type = task_type
        self.worker_id = worker_id
        self.row = -1
        self.started = started
        self.given_up = False
        self.lease = 0.0
        self.next_beat = 0.0
