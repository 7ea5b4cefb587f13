"""Use cases on definitions of tasks and workflows."""

from __future__ import annotations

from conductor.engine.errors import Conflict, NotFound
from conductor.engine.model import BulkResponse, TaskDef, WorkflowDef, WorkflowDefSummary
from conductor.engine.starting import Starting
from conductor.engine.validate import (
    check_task_def,
    check_task_defs,
    check_workflow_def,
    check_workflow_defs,
)


class Metadata(Starting):
    """Definitions of tasks and workflows (`/metadata`)."""

    def register_task_defs(self, definitions: list[TaskDef]) -> None:
        """Register or replace task definitions (`POST /metadata/taskdefs`).

        Raises ValidationFailed for an empty list and for broken rules.
        """
        check_task_defs(definitions)
        for definition in definitions:
            definition.created_by, definition.create_time, definition.update_time = "", self.clock(), 0
            self.definitions.put_task(definition)

    def update_task_def(self, definition: TaskDef) -> None:
        """Replace one task definition (`PUT /metadata/taskdefs`). Raises NotFound, ValidationFailed."""
        check_task_def(definition)
        known = self.definitions.tasks.get(definition.name or "")
        if known is None:
            raise NotFound(f"No such task by name {definition.name}")
        definition.created_by, definition.create_time = known.created_by, known.create_time
        definition.update_time = self.clock()
        self.definitions.put_task(definition)

    def get_task_defs(self) -> list[TaskDef]:
        """All task definitions (`GET /metadata/taskdefs`)."""
        return list(self.definitions.tasks.values())

    def get_task_def(self, name: str) -> TaskDef:
        """One task definition (`GET /metadata/taskdefs/{tasktype}`). Raises NotFound."""
        known = self.definitions.tasks.get(name)
        if known is None:
            raise NotFound(f"No such taskType found by name: {name}")
        return known

    def remove_task_def(self, name: str) -> None:
        """Forget a task definition (`DELETE /metadata/taskdefs/{tasktype}`). Raises NotFound."""
        if name not in self.definitions.tasks:
            raise NotFound("No such task definition")
        self.definitions.drop_task(name)

    def create_workflow_def(self, definition: WorkflowDef, overwrite: bool = False) -> None:
        """Register a workflow definition (`POST /metadata/workflow`).

        Raises Conflict where that version exists and `overwrite` is not set, ValidationFailed.
        """
        check_workflow_def(definition, surroundings=self.surroundings())
        name, version = definition.name or "", definition.version
        known = self.definitions.workflows.get(name, {}).get(version)
        if known is not None and not overwrite:
            raise Conflict(f"Workflow with {name}.{version} already exists!")
        self._register(definition, known)

    def update_workflow_defs(self, definitions: list[WorkflowDef]) -> BulkResponse:
        """Register or replace workflow definitions (`PUT /metadata/workflow`); one invalid one fails them all."""
        check_workflow_defs(definitions, surroundings=self.surroundings())
        for definition in definitions:
            known = self.definitions.workflows.get(definition.name or "", {}).get(definition.version)
            self._register(definition, known)
        return BulkResponse(bulk_successful_results=[definition.name for definition in definitions])

    def _register(self, definition: WorkflowDef, known: WorkflowDef | None) -> None:
        now = self.clock()
        definition.create_time = known.create_time if known is not None else now
        definition.update_time = now if known is not None else 0
        self.definitions.put_workflow(definition)

    def validate_workflow_def(self, definition: WorkflowDef) -> None:
        """Check a definition without storing it (`POST /metadata/workflow/validate`). Raises ValidationFailed."""
        check_workflow_def(definition, "validateWorkflowDef.arg0", self.surroundings())

    def get_workflow_def(self, name: str, version: int | None = None) -> WorkflowDef:
        """One definition, by default the latest version (`GET /metadata/workflow/{name}`). Raises NotFound."""
        known = self.definitions.find(name, version)
        if known is None:
            shown = "null" if version is None else version
            raise NotFound(f"No such workflow found by name: {name}, version: {shown}")
        return known

    def get_workflow_defs(self, classifier: str | None = None) -> list[WorkflowDef]:
        """All versions of all workflow definitions, by name and version (`GET /metadata/workflow`)."""
        wanted = set(classifier.split(",")) if classifier else None
        return [
            definition
            for _, versions in sorted(self.definitions.workflows.items())
            for _, definition in sorted(versions.items())
            if wanted is None or _classifier(definition) in wanted
        ]

    def get_latest_workflow_defs(self) -> list[WorkflowDef]:
        """The latest version of each workflow (`GET /metadata/workflow/latest-versions`)."""
        return [versions[max(versions)] for _, versions in sorted(self.definitions.workflows.items())]

    def get_workflow_names(self) -> list[str]:
        """Sorted names (`GET /metadata/workflow/names`)."""
        return sorted(self.definitions.workflows)

    def get_workflow_names_and_versions(self) -> dict[str, list[WorkflowDefSummary]]:
        """Versions by name (`GET /metadata/workflow/names-and-versions`)."""
        return {name: self._summaries(name) for name in sorted(self.definitions.workflows)}

    def get_workflow_versions(self, name: str) -> list[WorkflowDefSummary]:
        """The versions of one workflow, none for an unknown name (`GET /metadata/workflow/{name}/versions`)."""
        return [
            WorkflowDefSummary(name=s.name, version=s.version, create_time=s.create_time) for s in self._summaries(name)
        ]

    def _summaries(self, name: str) -> list[WorkflowDefSummary]:
        versions = sorted(self.definitions.workflows.get(name, {}).items())
        return [
            WorkflowDefSummary(name=name, version=version, create_time=d.create_time, update_time=d.update_time)
            for version, d in versions
        ]

    def remove_workflow_def(self, name: str, version: int) -> None:
        """Forget one version (`DELETE /metadata/workflow/{name}/{version}`). Raises NotFound."""
        if version not in self.definitions.workflows.get(name, {}):
            raise NotFound(f"No such workflow definition: {name} version: {version}")
        self.definitions.drop_workflow(name, version)


def _classifier(definition: WorkflowDef) -> str:
    """Whether a definition is an agent's: those carry the agent in their metadata."""
    return "agent" if {"agent_sdk", "agentDef"} & definition.metadata.keys() else "workflow"
