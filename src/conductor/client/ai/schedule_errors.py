"""Errors of schedules, told apart by what is wrong."""

from __future__ import annotations

from conductor.client.ai.agent_errors import ConductorAgentError


class ScheduleError(ConductorAgentError):
    """Something is wrong with a schedule."""


class ScheduleNameConflict(ScheduleError):
    """Two schedules of one agent have the same name."""


class ScheduleNotFound(ScheduleError):
    """There is no schedule of that name."""


class InvalidCronExpression(ScheduleError):
    """The server does not take the cron expression."""
