"""What the clients know of AI: providers, integrations, schedules of agents, and the errors of the agents' API.

The names most used can be imported from here; each is loaded when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conductor.client.agent_client import AgentClient, SSEUnavailableError
    from conductor.client.ai.agent_errors import AgentAPIError, AgentNotFoundError, ConductorAgentError
    from conductor.client.ai.schedule import Schedule, ScheduleInfo
    from conductor.client.ai.schedule_errors import (
        InvalidCronExpression,
        ScheduleError,
        ScheduleNameConflict,
        ScheduleNotFound,
    )

__all__ = [
    "AgentAPIError",
    "AgentClient",
    "AgentNotFoundError",
    "ConductorAgentError",
    "InvalidCronExpression",
    "SSEUnavailableError",
    "Schedule",
    "ScheduleError",
    "ScheduleInfo",
    "ScheduleNameConflict",
    "ScheduleNotFound",
]

_HOMES = {
    "agent_client": {"AgentClient", "SSEUnavailableError"},
    "ai.agent_errors": {"AgentAPIError", "AgentNotFoundError", "ConductorAgentError"},
    "ai.schedule": {"Schedule", "ScheduleInfo"},
    "ai.schedule_errors": {"InvalidCronExpression", "ScheduleError", "ScheduleNameConflict", "ScheduleNotFound"},
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"conductor.client.{home}"), name)
    raise AttributeError(f"module 'conductor.client.ai' has no attribute {name!r}")
