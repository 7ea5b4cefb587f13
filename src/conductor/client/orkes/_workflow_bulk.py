"""Many workflows in one call."""

from __future__ import annotations

from conductor.client.http.models.bulk_response import BulkResponse
from conductor.client.orkes.orkes_base_client import OrkesBaseClient


class WorkflowBulkCalls(OrkesBaseClient):
    """Calls for up to 1,000 workflows; the answer says which went well and why others did not (`/workflow/bulk`)."""

    def pause_workflows(self, workflow_ids: list[str]) -> BulkResponse:
        """See `pause_workflow`."""
        return self.workflowBulkResourceApi.pause_workflow(workflow_ids)

    def resume_workflows(self, workflow_ids: list[str]) -> BulkResponse:
        """See `resume_workflow`."""
        return self.workflowBulkResourceApi.resume_workflow(workflow_ids)

    def retry_workflows(self, workflow_ids: list[str]) -> BulkResponse:
        """See `retry_workflow`."""
        return self.workflowBulkResourceApi.retry(workflow_ids)

    def restart_workflows(self, workflow_ids: list[str], use_latest_def: bool = False) -> BulkResponse:
        """See `restart_workflow`."""
        return self.workflowBulkResourceApi.restart(workflow_ids, use_latest_definitions=use_latest_def)

    def terminate_workflows(
        self, workflow_ids: list[str], reason: str | None = None, trigger_failure_workflow: bool = False
    ) -> BulkResponse:
        """See `terminate_workflow`."""
        return self.workflowBulkResourceApi.terminate(
            workflow_ids, reason=reason, triggerFailureWorkflow=trigger_failure_workflow or None
        )

    def remove_workflows(self, workflow_ids: list[str], archive_workflow: bool = True) -> BulkResponse:
        """See `delete_workflow`."""
        return self.workflowBulkResourceApi.delete_workflow(workflow_ids, archive_workflow=archive_workflow)

    def terminate_and_remove_workflows(
        self, workflow_ids: list[str], reason: str | None = None, archive_workflow: bool = True
    ) -> BulkResponse:
        """See `terminate_and_remove_workflow`."""
        return self.workflowBulkResourceApi.terminate_remove(
            workflow_ids, archive_workflow=archive_workflow, reason=reason
        )

    def get_workflows(self, workflow_ids: list[str], include_tasks: bool = False) -> BulkResponse:
        """Look up many workflows: the answer's `bulk_successful_results` are their JSON."""
        return self.workflowBulkResourceApi.search_workflow(workflow_ids, include_tasks=include_tasks)
