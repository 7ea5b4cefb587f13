"""A message of a conversation with a model."""

from __future__ import annotations

from enum import Enum
from typing import Any

import msgspec

from conductor.client.workflow.task.llm_tasks.tool_call import ToolCall


class Role(str, Enum):
    """Who says it."""

    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"
    TOOL_CALL = "tool_call"
    TOOL = "tool"


class ChatMessage(msgspec.Struct, rename="camel", omit_defaults=True):
    """What somebody says, with media (URLs) and calls of tools."""

    role: str
    message: str
    media: list[str] | None = None
    mime_type: str | None = None
    tool_calls: list[ToolCall] | None = None

    def to_dict(self) -> dict[str, Any]:
        """As it stands in a task's input."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        if self.tool_calls:
            plain["toolCalls"] = [call.to_dict() for call in self.tool_calls]
        return plain
