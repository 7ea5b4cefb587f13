"""Use cases on definitions of tasks and workflows."""

from __future__ import annotations

from conductor.engine.core import Core
from conductor.engine.errors import NotYet
from conductor.engine.model import BulkResponse, TaskDef, WorkflowDef, WorkflowDefSummary


class Metadata(Core):
    """Definitions of tasks and workflows (`/metadata`)."""

    def register_task_defs(self, definitions: list[TaskDef]) -> None:
        """Register or replace task definitions (`POST /metadata/taskdefs`).

        Raises InvalidInput for an empty list, ValidationFailed for broken rules.
        """
        raise NotYet

    def update_task_def(self, definition: TaskDef) -> None:
        """Replace one task definition (`PUT /metadata/taskdefs`). Raises NotFound, ValidationFailed."""
        raise NotYet

    def get_task_defs(self) -> list[TaskDef]:
        """All task definitions (`GET /metadata/taskdefs`)."""
        raise NotYet

    def get_task_def(self, name: str) -> TaskDef:
        """One task definition (`GET /metadata/taskdefs/{tasktype}`). Raises NotFound."""
        raise NotYet

    def remove_task_def(self, name: str) -> None:
        """Forget a task definition (`DELETE /metadata/taskdefs/{tasktype}`). Raises NotFound."""
        raise NotYet

    def create_workflow_def(self, definition: WorkflowDef, overwrite: bool = False) -> None:
        """Register a workflow definition (`POST /metadata/workflow`).

        Raises Conflict where that version exists and `overwrite` is not set, ValidationFailed.
        """
        raise NotYet

    def update_workflow_defs(self, definitions: list[WorkflowDef]) -> BulkResponse:
        """Register or replace workflow definitions (`PUT /metadata/workflow`); one invalid one fails them all."""
        raise NotYet

    def validate_workflow_def(self, definition: WorkflowDef) -> None:
        """Check a definition without storing it (`POST /metadata/workflow/validate`). Raises ValidationFailed."""
        raise NotYet

    def get_workflow_def(self, name: str, version: int | None = None) -> WorkflowDef:
        """One definition, by default the latest version (`GET /metadata/workflow/{name}`). Raises NotFound."""
        raise NotYet

    def get_workflow_defs(self, classifier: str | None = None) -> list[WorkflowDef]:
        """All versions of all workflow definitions, by name and version (`GET /metadata/workflow`)."""
        raise NotYet

    def get_latest_workflow_defs(self) -> list[WorkflowDef]:
        """The latest version of each workflow (`GET /metadata/workflow/latest-versions`)."""
        raise NotYet

    def get_workflow_names(self) -> list[str]:
        """Sorted names (`GET /metadata/workflow/names`)."""
        raise NotYet

    def get_workflow_names_and_versions(self) -> dict[str, list[WorkflowDefSummary]]:
        """Versions by name (`GET /metadata/workflow/names-and-versions`)."""
        raise NotYet

    def get_workflow_versions(self, name: str) -> list[WorkflowDefSummary]:
        """The versions of one workflow, none for an unknown name (`GET /metadata/workflow/{name}/versions`)."""
        raise NotYet

    def remove_workflow_def(self, name: str, version: int) -> None:
        """Forget one version (`DELETE /metadata/workflow/{name}/{version}`). Raises NotFound."""
        raise NotYet
