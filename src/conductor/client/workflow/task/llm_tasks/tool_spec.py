"""A tool that a model may call."""

from __future__ import annotations

from typing import Any

import msgspec


class ToolSpec(msgspec.Struct, rename="camel", omit_defaults=True):
    """A task that a model may have run, with the schemas of its input and output."""

    name: str
    type: str = "SIMPLE"
    description: str | None = None
    config_params: dict[str, Any] | None = None
    integration_names: dict[str, str] | None = None
    input_schema: dict[str, Any] | None = None
    output_schema: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """As it stands in a task's input."""
        return {**msgspec.to_builtins(self), "type": self.type}
