"""Written by hand for `WorkflowDef`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from conductor.client.http import models

if TYPE_CHECKING:
    from conductor.client.http.models.workflow_def import WorkflowDef


class WorkflowDefMixin:
    """Helpers of `WorkflowDef`."""

    __slots__ = ()

    def toJSON(self) -> dict[str, Any]:
        """The definition as JSON's own types, by the names that the server uses."""
        result: dict[str, Any] = msgspec.to_builtins(self)
        return result


def to_workflow_def(data: str | None = None, json_data: Mapping[str, Any] | None = None) -> WorkflowDef:
    """Read a definition from JSON text, or from what such a text was parsed to.

    Raises ValueError (msgspec.ValidationError) that names the field of another type than expected.
    """
    if json_data is not None:
        return msgspec.convert(json_data, models.WorkflowDef)
    if data is not None:
        return msgspec.json.decode(data, type=models.WorkflowDef)
    raise ValueError("to_workflow_def takes either data or json_data")
