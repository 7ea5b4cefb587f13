"""Facts about the payloads of tasks."""

from __future__ import annotations

from dataclasses import dataclass

from conductor.client.event.conductor_event import ConductorEvent


@dataclass(frozen=True)
class TaskEvent(ConductorEvent):
    """Something about tasks of one type."""

    task_type: str


@dataclass(frozen=True)
class TaskResultPayloadSize(TaskEvent):
    """The size of a result as it is sent; told where `TaskExecutionCompleted` does not carry it."""

    size_bytes: int


@dataclass(frozen=True)
class TaskPayloadUsed(TaskEvent):
    """External storage was used: `operation` READ or WRITE, `payload_type` TASK_INPUT or TASK_OUTPUT."""

    operation: str
    payload_type: str
