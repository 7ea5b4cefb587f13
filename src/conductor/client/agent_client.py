"""`AgentClient`, under the name by which it is imported."""

from __future__ import annotations

from conductor.client.orkes.orkes_agent_client import OrkesAgentClient as AgentClient
from conductor.client.orkes.orkes_agent_client import SSEUnavailableError

__all__ = ["AgentClient", "SSEUnavailableError"]
