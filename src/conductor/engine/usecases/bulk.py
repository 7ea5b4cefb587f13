"""Use cases on many workflows at once."""

from __future__ import annotations

from collections.abc import Callable

from conductor.engine.errors import EngineError
from conductor.engine.model import BulkResponse
from conductor.engine.usecases.lifecycle import Lifecycle
from conductor.engine.usecases.revival import Revival
from conductor.engine.validate import check_ids
from conductor.engine.views import workflow_view


class Bulk(Lifecycle, Revival):
    """Lifecycle operations on up to 1000 workflows (`/workflow/bulk/...`); ValidationFailed for none or more."""

    def bulk_pause(self, ids: list[str]) -> BulkResponse:
        """`PUT /workflow/bulk/pause`."""
        return _each("pauseWorkflow.arg0", ids, self.pause_workflow)

    def bulk_resume(self, ids: list[str]) -> BulkResponse:
        """`PUT /workflow/bulk/resume`."""
        return _each("resumeWorkflow.arg0", ids, self.resume_workflow)

    def bulk_restart(self, ids: list[str], use_latest_definitions: bool = False) -> BulkResponse:
        """`POST /workflow/bulk/restart`."""
        return _each("restart.arg0", ids, lambda one: self.restart_workflow(one, use_latest_definitions))

    def bulk_retry(self, ids: list[str]) -> BulkResponse:
        """`POST /workflow/bulk/retry`."""
        return _each("retry.arg0", ids, self.retry_workflow)

    def bulk_terminate(self, ids: list[str], reason: str | None = None) -> BulkResponse:
        """`POST /workflow/bulk/terminate`."""
        return _each("terminate.arg0", ids, lambda one: self.terminate_workflow(one, reason))

    def bulk_remove(self, ids: list[str], archive: bool = True) -> BulkResponse:
        """`DELETE /workflow/bulk/remove`."""
        return _each("deleteWorkflow.arg0", ids, lambda one: self.remove_workflow(one, archive))

    def bulk_terminate_and_remove(
        self, ids: list[str], reason: str | None = None, archive: bool = True
    ) -> BulkResponse:
        """`DELETE /workflow/bulk/terminate-remove`."""
        return _each("terminateRemove.arg0", ids, lambda one: self.terminate_and_remove(one, reason, archive))

    def bulk_search(self, ids: list[str], include_tasks: bool = True) -> BulkResponse:
        """The workflows of these ids (`POST /workflow/bulk/search`)."""
        found = []

        def look(workflow_id: str) -> None:
            found.append(workflow_view(self.get(workflow_id), include_tasks))

        response = _each("searchWorkflow.arg0", ids, look)
        response.bulk_successful_results = found
        return response


def _each(where: str, ids: list[str], action: Callable[[str], None]) -> BulkResponse:
    """Do it to each, and say what became of each."""
    check_ids(ids, where)
    response = BulkResponse()
    for workflow_id in ids:
        try:
            action(workflow_id)
        except EngineError as error:
            response.bulk_error_results[workflow_id] = error.message
        else:
            response.bulk_successful_results.append(workflow_id)
    return response
