"""Definitions of workflows and tasks, and on Orkes servers their tags and rate limits."""

from __future__ import annotations

from conductor.client.http.models.bulk_response import BulkResponse
from conductor.client.http.models.tag_object import TagObject
from conductor.client.http.models.task_def import TaskDef
from conductor.client.http.models.workflow_def import WorkflowDef
from conductor.client.http.models.workflow_def_summary import WorkflowDefSummary
from conductor.client.orkes._suggest import suggesting
from conductor.client.orkes.models.metadata_tag import MetadataTag
from conductor.client.orkes.models.ratelimit_tag import RateLimitTag
from conductor.client.orkes.orkes_base_client import OrkesBaseClient

RATE_LIMIT = "RATE_LIMIT"


class OrkesMetadataClient(OrkesBaseClient):
    """Everything under `/metadata`."""

    def register_workflow_def(self, workflow_def: WorkflowDef, overwrite: bool | None = True) -> None:
        """Register a workflow definition; without `overwrite` an existing version is an error (409)."""
        self.metadataResourceApi.create(workflow_def, overwrite=overwrite)

    def update_workflow_def(self, workflow_def: WorkflowDef, overwrite: bool | None = True) -> BulkResponse:
        """Register a workflow definition or replace its version; what the server says of it."""
        return self.metadataResourceApi.update1([workflow_def], overwrite=overwrite)

    @suggesting("workflow definition", "name", "_workflow_names")
    def unregister_workflow_def(self, name: str, version: int) -> None:
        """Remove a version of a workflow definition; what runs goes on."""
        self.metadataResourceApi.unregister_workflow_def(name, version)

    @suggesting("workflow definition", "name", "_workflow_names")
    def get_workflow_def(self, name: str, version: int | None = None) -> WorkflowDef:
        """A workflow definition, the latest version where none is given."""
        return self.metadataResourceApi.get(name, version=version)

    def get_all_workflow_defs(self) -> list[WorkflowDef]:
        """All versions of all workflow definitions."""
        return self.metadataResourceApi.get_all_workflows()

    def get_latest_workflow_defs(self) -> list[WorkflowDef]:
        """The latest version of each workflow definition."""
        return self.metadataResourceApi.get_all_workflows_with_latest_versions()

    def get_workflow_names(self) -> list[str]:
        """The names of all workflow definitions."""
        return self.metadataResourceApi.get_workflow_names()

    def get_workflow_names_and_versions(self) -> dict[str, list[WorkflowDefSummary]]:
        """The names and versions of all workflow definitions, without the definitions."""
        return self.metadataResourceApi.get_workflow_names_and_versions()

    def get_workflow_versions(self, name: str) -> list[WorkflowDefSummary]:
        """The versions of a workflow definition; none where there is no such definition."""
        return self.metadataResourceApi.get_workflow_versions(name)

    def validate_workflow_def(self, workflow_def: WorkflowDef) -> None:
        """Have the server check a definition without registering it; see also `workflow_def.validate_definition()`.

        Raises:
            RequestError: it is not valid; `validation_errors` says why.
        """
        self.metadataResourceApi.validate(workflow_def)

    def update_workflow_defs(self, workflow_defs: list[WorkflowDef], overwrite: bool | None = True) -> BulkResponse:
        """Register many workflow definitions or replace their versions; which went well and which did not."""
        return self.metadataResourceApi.update1(workflow_defs, overwrite=overwrite)

    def register_task_defs(self, task_defs: list[TaskDef]) -> None:
        """Register many task definitions, or replace them."""
        self.metadataResourceApi.register_task_def(task_defs)

    def register_task_def(self, task_def: TaskDef) -> None:
        """Register a task definition, or replace it."""
        self.metadataResourceApi.register_task_def([task_def])

    @suggesting("task definition", "task_def.name", "_task_def_names")
    def update_task_def(self, task_def: TaskDef) -> None:
        """Replace a task definition that is there."""
        self.metadataResourceApi.update_task_def(task_def)

    @suggesting("task definition", "task_type", "_task_def_names")
    def unregister_task_def(self, task_type: str) -> None:
        """Remove a task definition."""
        self.metadataResourceApi.unregister_task_def(task_type)

    @suggesting("task definition", "task_type", "_task_def_names")
    def get_task_def(self, task_type: str) -> TaskDef:
        """A task definition."""
        return self.metadataResourceApi.get_task_def(task_type)

    def get_all_task_defs(self) -> list[TaskDef]:
        """All task definitions."""
        return self.metadataResourceApi.get_task_defs()

    # Orkes servers only, from here on

    def add_workflow_tag(self, tag: MetadataTag, workflow_name: str) -> None:
        """Tag a workflow definition."""
        self.tagsApi.add_workflow_tag(tag, workflow_name)

    def delete_workflow_tag(self, tag: MetadataTag, workflow_name: str) -> None:
        """Take a tag off a workflow definition."""
        self.tagsApi.delete_workflow_tag(tag, workflow_name)

    def get_workflow_tags(self, workflow_name: str) -> list[TagObject]:
        """A workflow definition's tags."""
        return self.tagsApi.get_workflow_tags(workflow_name)

    def set_workflow_tags(self, tags: list[MetadataTag], workflow_name: str) -> None:
        """Replace a workflow definition's tags."""
        self.tagsApi.set_workflow_tags(tags, workflow_name)

    def addTaskTag(self, tag: MetadataTag, taskName: str) -> None:
        """Tag a task definition."""
        self.tagsApi.add_task_tag(tag, taskName)

    def deleteTaskTag(self, tag: MetadataTag, taskName: str) -> None:
        """Take a tag off a task definition."""
        self.tagsApi.delete_task_tag(tag, taskName)

    def getTaskTags(self, taskName: str) -> list[TagObject]:
        """A task definition's tags."""
        return self.tagsApi.get_task_tags(taskName)

    def setTaskTags(self, tags: list[MetadataTag], taskName: str) -> None:
        """Replace a task definition's tags."""
        self.tagsApi.set_task_tags(tags, taskName)

    def setWorkflowRateLimit(self, rateLimit: int, workflowName: str) -> None:
        """Let at most so many executions of a workflow run at once."""
        self.removeWorkflowRateLimit(workflowName)
        self.tagsApi.add_workflow_tag(RateLimitTag(workflowName, rateLimit), workflowName)

    def getWorkflowRateLimit(self, workflowName: str) -> int | None:
        """The limit of a workflow's executions at once, None for none."""
        tags = self.tagsApi.get_workflow_tags(workflowName) or []
        values = [tag.value for tag in tags if tag.type == RATE_LIMIT and tag.key == workflowName]
        return int(values[0]) if values else None

    def removeWorkflowRateLimit(self, workflowName: str) -> None:
        """Lift the limit."""
        current = self.getWorkflowRateLimit(workflowName)
        if current is not None:
            self.tagsApi.delete_workflow_tag(RateLimitTag(workflowName, current), workflowName)
