"""Errors of the agents' API."""

from __future__ import annotations


class ConductorAgentError(Exception):
    """Something went wrong with an agent."""


class AgentAPIError(ConductorAgentError):
    """A call of the agents' API failed. `status_code` is 0 where no answer came."""

    def __init__(self, status_code: int, message: str, url: str = "") -> None:
        self.status_code = status_code
        self.message = message
        self.url = url
        super().__init__(f"HTTP {status_code}: {message}" + (f" ({url})" if url else ""))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.status_code, self.message, self.url)


class AgentNotFoundError(AgentAPIError):
    """There is no such agent or execution."""
