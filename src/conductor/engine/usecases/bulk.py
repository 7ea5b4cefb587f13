"""Use cases on many workflows at once."""

from __future__ import annotations

from conductor.engine.errors import NotYet
from conductor.engine.model import BulkResponse
from conductor.engine.starting import Starting


class Bulk(Starting):
    """Lifecycle operations on up to 1000 workflows (`/workflow/bulk/...`); InvalidInput for none or more."""

    def bulk_pause(self, ids: list[str]) -> BulkResponse:
        """`PUT /workflow/bulk/pause`."""
        raise NotYet

    def bulk_resume(self, ids: list[str]) -> BulkResponse:
        """`PUT /workflow/bulk/resume`."""
        raise NotYet

    def bulk_restart(self, ids: list[str], use_latest_definitions: bool = False) -> BulkResponse:
        """`POST /workflow/bulk/restart`."""
        raise NotYet

    def bulk_retry(self, ids: list[str]) -> BulkResponse:
        """`POST /workflow/bulk/retry`."""
        raise NotYet

    def bulk_terminate(self, ids: list[str], reason: str | None = None) -> BulkResponse:
        """`POST /workflow/bulk/terminate`."""
        raise NotYet

    def bulk_remove(self, ids: list[str], archive: bool = True) -> BulkResponse:
        """`DELETE /workflow/bulk/remove`."""
        raise NotYet

    def bulk_terminate_and_remove(
        self, ids: list[str], reason: str | None = None, archive: bool = True
    ) -> BulkResponse:
        """`DELETE /workflow/bulk/terminate-remove`."""
        raise NotYet

    def bulk_search(self, ids: list[str], include_tasks: bool = True) -> BulkResponse:
        """The workflows of these ids (`POST /workflow/bulk/search`)."""
        raise NotYet
