"""Schedules of agents: what a user says of one, and what the server tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conductor.client.ai.schedule_errors import InvalidCronExpression, ScheduleNameConflict, ScheduleNotFound
from conductor.client.http.models.save_schedule_request import SaveScheduleRequest
from conductor.client.http.models.start_workflow_request import StartWorkflowRequest
from conductor.client.http.rest import NotFoundError, RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conductor.client.http.models.workflow_schedule import WorkflowSchedule


@dataclass(frozen=True)
class Schedule:
    """When an agent is to run.

    Attributes:
        name: unique among the agent's schedules.
        cron: seconds, minutes, hours, day of month, month, day of week; the server checks it.
        timezone: by its IANA name.
        input: of each run.
        catchup: run what was missed when it is resumed.
        paused: begin paused.
        start_at, end_at: epoch milliseconds between which it fires.
        description: for readers.
    """

    name: str
    cron: str
    timezone: str = "UTC"
    input: dict[str, Any] = field(default_factory=dict)
    catchup: bool = False
    paused: bool = False
    start_at: int | None = None
    end_at: int | None = None
    description: str | None = None

    def __post_init__(self) -> None:
        for attribute in ("name", "cron"):
            if not (getattr(self, attribute) or "").strip():
                raise ValueError(f"Schedule.{attribute} must not be empty")
        if self.start_at is not None and self.end_at is not None and self.start_at >= self.end_at:
            raise ValueError(f"Schedule.start_at ({self.start_at}) must be before Schedule.end_at ({self.end_at})")

    def to_request(self, agent_name: str) -> SaveScheduleRequest:
        """The request that saves it for an agent."""
        return SaveScheduleRequest(
            name=wire_name(agent_name, self.name),
            cron_expression=self.cron,
            zone_id=self.timezone,
            run_catchup_schedule_instances=self.catchup,
            paused=self.paused,
            schedule_start_time=self.start_at,
            schedule_end_time=self.end_at,
            description=self.description,
            start_workflow_request=StartWorkflowRequest(name=agent_name, input=dict(self.input)),
        )


@dataclass(frozen=True)
class ScheduleInfo:
    """A schedule as the server knows it: `name` there, `short_name` within its agent; times in epoch milliseconds."""

    name: str
    short_name: str
    agent: str
    cron: str
    timezone: str
    input: dict[str, Any]
    paused: bool
    paused_reason: str | None
    catchup: bool
    start_at: int | None
    end_at: int | None
    description: str | None
    next_run: int | None
    create_time: int | None
    update_time: int | None
    created_by: str | None
    updated_by: str | None

    @classmethod
    def of(cls, schedule: WorkflowSchedule) -> ScheduleInfo:
        """From the server's answer."""
        request = schedule.start_workflow_request or StartWorkflowRequest()
        name, agent = schedule.name or "", request.name or ""
        return cls(
            name=name,
            short_name=name.removeprefix(f"{agent}-"),
            agent=agent,
            cron=schedule.cron_expression or "",
            timezone=schedule.zone_id or "UTC",
            input=dict(request.input or {}),
            paused=bool(schedule.paused),
            paused_reason=schedule.paused_reason,
            catchup=bool(schedule.run_catchup_schedule_instances),
            start_at=schedule.schedule_start_time,
            end_at=schedule.schedule_end_time,
            description=schedule.description,
            next_run=schedule.next_run_time,
            create_time=schedule.create_time,
            update_time=schedule.updated_time,
            created_by=schedule.created_by,
            updated_by=schedule.updated_by,
        )


def wire_name(agent_name: str, short_name: str) -> str:
    """A schedule's name on the server, where all agents' schedules stand in one list."""
    return f"{agent_name}-{short_name}"


def check_names(schedules: Iterable[Schedule]) -> None:
    """Raise ScheduleNameConflict where two have the same name."""
    for name, times in Counter(schedule.name for schedule in schedules).items():
        if times > 1:
            raise ScheduleNameConflict(f"{times} schedules are named {name!r}; names must be unique within an agent")


@contextmanager
def schedule_errors() -> Iterator[None]:
    """Within it, what the server says of a schedule is raised as an error of its own kind."""
    try:
        yield
    except NotFoundError as error:
        raise ScheduleNotFound(error.message) from error
    except RequestError as error:
        if "cron" in (error.body or "").lower():
            raise InvalidCronExpression(error.message) from error
        raise
