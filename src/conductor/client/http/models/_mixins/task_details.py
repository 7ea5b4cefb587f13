"""Written by hand for `TaskDetails`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self


class TaskDetailsMixin:
    """Helpers of `TaskDetails`."""

    if TYPE_CHECKING:
        output: dict[str, Any] | None
    else:
        __slots__ = ()

    def put_output_item(self, key: str, output_item: Any) -> Self:
        """Put one value into the output."""
        if self.output is None:
            self.output = {}
        self.output[key] = output_item
        return self
