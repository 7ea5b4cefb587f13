"""Facts about starting workflows."""

from __future__ import annotations

from dataclasses import dataclass

from conductor.client.event.conductor_event import ConductorEvent


@dataclass(frozen=True)
class WorkflowEvent(ConductorEvent):
    """Something about workflows of one name and version."""

    name: str
    version: int | None = None


@dataclass(frozen=True)
class WorkflowStarted(WorkflowEvent):
    """A workflow was started (`success`, `workflow_id`), or was not (`cause`)."""

    success: bool = True
    workflow_id: str | None = None
    cause: BaseException | None = None


@dataclass(frozen=True)
class WorkflowInputPayloadSize(WorkflowEvent):
    """The size of a workflow's input as it is sent."""

    size_bytes: int = 0


@dataclass(frozen=True)
class WorkflowPayloadUsed(WorkflowEvent):
    """External storage was used: `operation` READ or WRITE, `payload_type` WORKFLOW_INPUT or WORKFLOW_OUTPUT."""

    operation: str = ""
    payload_type: str = ""
