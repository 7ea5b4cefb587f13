"""Use cases that change the course of a workflow."""

from __future__ import annotations

from conductor.engine.errors import NotYet
from conductor.engine.model import RerunWorkflowRequest, SkipTaskRequest
from conductor.engine.starting import Starting


class Lifecycle(Starting):
    """Pausing, ending and reviving workflows (`/workflow/{workflowId}/...`)."""

    def decide(self, workflow_id: str) -> None:
        """Look at a workflow again (`PUT /workflow/decide/{workflowId}`). Raises NotFound."""
        self.decide_on(self.get(workflow_id))

    def pause_workflow(self, workflow_id: str) -> None:
        """Schedule nothing new until resumed (`PUT .../pause`). Raises NotFound, Conflict (ended)."""
        raise NotYet

    def resume_workflow(self, workflow_id: str) -> None:
        """Go on (`PUT .../resume`). Raises NotFound, IllegalState (not paused)."""
        raise NotYet

    def skip_task(self, workflow_id: str, task_ref: str, request: SkipTaskRequest | None = None) -> None:
        """Mark a task that is to come as skipped (`PUT .../skiptask/{taskReferenceName}`). Raises IllegalState."""
        raise NotYet

    def rerun_workflow(self, workflow_id: str, request: RerunWorkflowRequest) -> str:
        """Run a finished workflow again from a task (`POST .../rerun`); returns its id.

        Raises NotFound, Conflict (not ended), InvalidInput (no such task).
        """
        raise NotYet

    def restart_workflow(self, workflow_id: str, use_latest_definitions: bool = False) -> None:
        """Run a finished workflow again from the start (`POST .../restart`). Raises Conflict, NotFound."""
        raise NotYet

    def retry_workflow(self, workflow_id: str, resume_subworkflow_tasks: bool = False) -> None:
        """Try the failed tasks of a finished workflow again (`POST .../retry`). Raises NotFound, Conflict."""
        raise NotYet

    def reset_callbacks(self, workflow_id: str) -> None:
        """Make waiting SIMPLE tasks pollable at once (`POST .../resetcallbacks`). Raises Conflict (ended)."""
        raise NotYet

    def terminate_workflow(self, workflow_id: str, reason: str | None = None) -> None:
        """End a workflow (`DELETE /workflow/{workflowId}`). Raises NotFound, Conflict (completed)."""
        raise NotYet

    def remove_workflow(self, workflow_id: str, archive: bool = True) -> None:
        """Remove an execution (`DELETE .../remove`). Raises NotFound, InvalidInput (archiving an open one)."""
        raise NotYet

    def terminate_and_remove(self, workflow_id: str, reason: str | None = None, archive: bool = True) -> None:
        """Both in one (`DELETE .../terminate-remove`)."""
        raise NotYet
