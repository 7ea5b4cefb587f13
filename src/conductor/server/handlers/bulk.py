"""/api/workflow/bulk: one operation on many workflows."""

from __future__ import annotations

from conductor.engine.model import BulkResponse
from conductor.engine.service import Engine
from conductor.server.messages import Request
from conductor.server.router import Routes

routes = Routes()


@routes.put("/api/workflow/bulk/pause")
def pause(engine: Engine, request: Request) -> BulkResponse:
    return engine.bulk_pause(request.decode(list[str]))


@routes.put("/api/workflow/bulk/resume")
def resume(engine: Engine, request: Request) -> BulkResponse:
    return engine.bulk_resume(request.decode(list[str]))


@routes.post("/api/workflow/bulk/restart")
def restart(engine: Engine, request: Request) -> BulkResponse:
    return engine.bulk_restart(request.decode(list[str]), request.boolean("useLatestDefinitions", False))


@routes.post("/api/workflow/bulk/retry")
def retry(engine: Engine, request: Request) -> BulkResponse:
    return engine.bulk_retry(request.decode(list[str]))


@routes.post("/api/workflow/bulk/terminate")
def terminate(engine: Engine, request: Request) -> BulkResponse:
    return engine.bulk_terminate(request.decode(list[str]), request.text("reason"))


@routes.delete("/api/workflow/bulk/remove")
def remove(engine: Engine, request: Request) -> BulkResponse:
    return engine.bulk_remove(request.decode(list[str]), request.boolean("archiveWorkflow", True))


@routes.delete("/api/workflow/bulk/terminate-remove")
def terminate_and_remove(engine: Engine, request: Request) -> BulkResponse:
    return engine.bulk_terminate_and_remove(
        request.decode(list[str]), request.text("reason"), request.boolean("archiveWorkflow", True)
    )


@routes.post("/api/workflow/bulk/search")
def search(engine: Engine, request: Request) -> BulkResponse:
    return engine.bulk_search(request.decode(list[str]), request.boolean("includeTasks", True))
