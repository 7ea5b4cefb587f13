"""A call of a tool, as it stands in a conversation."""

from __future__ import annotations

from typing import Any

import msgspec


class ToolCall(msgspec.Struct, rename="camel", omit_defaults=True):
    """Which tool, with what, and what came of it."""

    name: str
    task_reference_name: str | None = None
    integration_names: dict[str, str] | None = None
    type: str = "SIMPLE"
    input_parameters: dict[str, Any] | None = None
    output: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """As it stands in a task's input."""
        return {**msgspec.to_builtins(self), "type": self.type}
