"""Written by hand for `BulkResponse`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any


class BulkResponseMixin:
    """Helpers of `BulkResponse`."""

    if TYPE_CHECKING:
        bulk_error_results: dict[str, str] | None
        bulk_successful_results: list[Any] | None
    else:
        __slots__ = ()

    def append_successful_response(self, result: Any) -> None:
        """Note a success."""
        self.bulk_successful_results = [*(self.bulk_successful_results or ()), result]

    def append_failed_response(self, id: str, error_message: str) -> None:
        """Note an error, by the identifier of what it happened to."""
        self.bulk_error_results = {**(self.bulk_error_results or {}), id: error_message}
