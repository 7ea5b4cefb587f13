"""/api/metadata: definitions of tasks and workflows."""

from __future__ import annotations

from conductor.engine.model import BulkResponse, TaskDef, WorkflowDef, WorkflowDefSummary
from conductor.engine.service import Engine
from conductor.server.messages import Request
from conductor.server.router import Routes

routes = Routes()


@routes.post("/api/metadata/taskdefs")
def register_task_defs(engine: Engine, request: Request) -> None:
    engine.register_task_defs(request.decode(list[TaskDef]))


@routes.put("/api/metadata/taskdefs")
def update_task_def(engine: Engine, request: Request) -> None:
    engine.update_task_def(request.decode(TaskDef))


@routes.get("/api/metadata/taskdefs")
def get_task_defs(engine: Engine, request: Request) -> list[TaskDef]:
    return engine.get_task_defs()


@routes.get("/api/metadata/taskdefs/{tasktype}")
def get_task_def(engine: Engine, request: Request) -> TaskDef:
    return engine.get_task_def(request.params["tasktype"])


@routes.delete("/api/metadata/taskdefs/{tasktype}")
def remove_task_def(engine: Engine, request: Request) -> None:
    engine.remove_task_def(request.params["tasktype"])


@routes.post("/api/metadata/workflow")
def create_workflow_def(engine: Engine, request: Request) -> None:
    engine.create_workflow_def(request.decode(WorkflowDef), request.boolean("overwrite", False))


@routes.put("/api/metadata/workflow")
def update_workflow_defs(engine: Engine, request: Request) -> BulkResponse:
    return engine.update_workflow_defs(request.decode(list[WorkflowDef]))


@routes.post("/api/metadata/workflow/validate")
def validate_workflow_def(engine: Engine, request: Request) -> None:
    engine.validate_workflow_def(request.decode(WorkflowDef))


@routes.get("/api/metadata/workflow")
def get_workflow_defs(engine: Engine, request: Request) -> list[WorkflowDef]:
    return engine.get_workflow_defs(request.text("classifier"))


@routes.get("/api/metadata/workflow/latest-versions")
def get_latest_workflow_defs(engine: Engine, request: Request) -> list[WorkflowDef]:
    return engine.get_latest_workflow_defs()


@routes.get("/api/metadata/workflow/names")
def get_workflow_names(engine: Engine, request: Request) -> list[str]:
    return engine.get_workflow_names()


@routes.get("/api/metadata/workflow/names-and-versions")
def get_workflow_names_and_versions(engine: Engine, request: Request) -> dict[str, list[WorkflowDefSummary]]:
    return engine.get_workflow_names_and_versions()


@routes.get("/api/metadata/workflow/{name}")
def get_workflow_def(engine: Engine, request: Request) -> WorkflowDef:
    return engine.get_workflow_def(request.params["name"], request.optional_integer("version"))


@routes.get("/api/metadata/workflow/{name}/versions")
def get_workflow_versions(engine: Engine, request: Request) -> list[WorkflowDefSummary]:
    return engine.get_workflow_versions(request.params["name"])


@routes.delete("/api/metadata/workflow/{name}/{version}")
def remove_workflow_def(engine: Engine, request: Request) -> None:
    engine.remove_workflow_def(request.params["name"], request.path_integer("version"))
