"""/api/admin, /api/secrets, /api/environment: what operators use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conductor.engine.errors import NotFound, ReadOnly
from conductor.engine.model import CredentialMeta, EnvironmentVariable, Task
from conductor.engine.service import Engine
from conductor.server.messages import Request, Response, text_response
from conductor.server.router import Routes

routes = Routes()


@routes.get("/api/admin/config")
def get_config(engine: Engine, request: Request) -> dict[str, Any]:
    return engine.get_config()


@routes.get("/api/admin/task/{tasktype}")
def get_pending_tasks(engine: Engine, request: Request) -> list[Task]:
    return engine.get_pending_tasks(
        request.params["tasktype"], request.integer("start", 0), request.integer("count", 100)
    )


@routes.post("/api/admin/sweep/requeue/{workflowId}")
def requeue_sweep(engine: Engine, request: Request) -> str:
    workflow_id = request.params["workflowId"]
    return f"{str(engine.requeue_sweep(workflow_id)).lower()}.{workflow_id}"


@routes.post("/api/admin/consistency/verifyAndRepair/{workflowId}")
def repair_workflow(engine: Engine, request: Request) -> str:
    return str(engine.repair_workflow(request.params["workflowId"])).lower()


@routes.get("/api/admin/queues")
def get_event_queues(engine: Engine, request: Request) -> dict[str, Any]:
    return engine.get_event_queues(request.boolean("verbose", False))


@routes.get("/api/secrets")
@routes.post("/api/secrets")
def secret_names(engine: Engine, request: Request) -> list[str]:
    return engine.secret_names()


@routes.get("/api/secrets/v2")
def secret_metas(engine: Engine, request: Request) -> list[CredentialMeta]:
    return engine.secret_metas()


@routes.get("/api/secrets/{key}")
def get_secret(engine: Engine, request: Request) -> Response:
    try:
        return text_response(engine.get_secret(request.params["key"]))
    except NotFound:
        return Response(404)  # Conductor answers without a body


@routes.get("/api/secrets/{key}/exists")
def has_secret(engine: Engine, request: Request) -> bool:
    return engine.has_secret(request.params["key"])


@routes.put("/api/secrets/{key}", text=True)
def put_secret(engine: Engine, request: Request) -> Response:
    return _changed(lambda: engine.put_secret(request.params["key"], request.text_body()))


@routes.delete("/api/secrets/{key}")
def remove_secret(engine: Engine, request: Request) -> Response:
    return _changed(lambda: engine.remove_secret(request.params["key"]))


def _changed(change: Callable[[], None]) -> Response:
    """200, or 501 with the reason alone as its body, as Conductor says that its secrets are not kept by it."""
    try:
        change()
    except ReadOnly as error:
        return text_response(error.message, 501)
    return Response()


@routes.get("/api/environment")
def environment(engine: Engine, request: Request) -> list[EnvironmentVariable]:
    return engine.environment()


@routes.get("/api/environment/{key}")
def get_environment(engine: Engine, request: Request) -> Response:
    value = engine.get_environment(request.params["key"])
    return Response() if value is None else text_response(value)
