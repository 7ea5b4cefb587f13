"""Facts about polling, executing and reporting tasks. Durations are in milliseconds, sizes in bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conductor.client.event.conductor_event import ConductorEvent

if TYPE_CHECKING:
    from conductor.client.http.models.task import Task
    from conductor.client.http.models.task_result import TaskResult


@dataclass(frozen=True)
class TaskRunnerEvent(ConductorEvent):
    """Something that happened to a worker of one task type."""

    task_type: str


@dataclass(frozen=True)
class PollStarted(TaskRunnerEvent):
    """The server is asked for up to `poll_count` tasks."""

    worker_id: str
    poll_count: int


@dataclass(frozen=True)
class PollCompleted(TaskRunnerEvent):
    """The server gave `tasks_received` tasks, maybe none."""

    duration_ms: float
    tasks_received: int


@dataclass(frozen=True)
class PollFailure(TaskRunnerEvent):
    """The server could not be asked."""

    duration_ms: float
    cause: BaseException


@dataclass(frozen=True)
class TaskRunnerTaskEvent(TaskRunnerEvent):
    """Something that happened to one task."""

    task_id: str
    worker_id: str
    workflow_instance_id: str | None


@dataclass(frozen=True)
class TaskExecutionStarted(TaskRunnerTaskEvent):
    """The worker's function is about to be called, in the thread or coroutine that tells."""

    workflow_instance_id: str | None = None
    task: Task | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class TaskExecutionCompleted(TaskRunnerTaskEvent):
    """The worker's function returned; `output_size_bytes` is the size of its output as JSON."""

    duration_ms: float
    output_size_bytes: int | None = None


@dataclass(frozen=True)
class TaskExecutionFailure(TaskRunnerTaskEvent):
    """The worker's function raised."""

    cause: BaseException
    duration_ms: float


@dataclass(frozen=True)
class TaskUpdateCompleted(TaskRunnerTaskEvent):
    """The server took a result."""

    duration_ms: float


@dataclass(frozen=True)
class TaskUpdateFailure(TaskRunnerTaskEvent):
    """The server did not take a result, at the `retry_count`-th try."""

    cause: BaseException
    retry_count: int
    task_result: TaskResult | None = field(default=None, repr=False, compare=False)
    duration_ms: float | None = None


@dataclass(frozen=True)
class TaskPaused(TaskRunnerEvent):
    """A poll was left out since the worker is paused."""


@dataclass(frozen=True)
class TaskExecutionQueueFull(TaskRunnerEvent):
    """No poll, since all of the worker's slots are taken."""


@dataclass(frozen=True)
class ActiveWorkersChanged(TaskRunnerEvent):
    """So many tasks of the type are executing now."""

    count: int


@dataclass(frozen=True)
class WorkerRestarted(TaskRunnerEvent):
    """A worker's process ended and was started again."""


@dataclass(frozen=True)
class ThreadUncaughtException(TaskRunnerEvent):
    """An error escaped from a thread of the SDK."""

    cause: BaseException
