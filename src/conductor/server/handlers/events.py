"""/api/event and /api/queue: event handlers, and the queues that complete tasks."""

from __future__ import annotations

from typing import Any

from conductor.engine.model import EventHandler
from conductor.engine.service import Engine
from conductor.server.messages import Request
from conductor.server.router import Routes

routes = Routes()
TASK_STATUSES = frozenset(
    {"IN_PROGRESS", "CANCELED", "FAILED", "FAILED_WITH_TERMINAL_ERROR", "COMPLETED", "COMPLETED_WITH_ERRORS"}
    | {"SCHEDULED", "TIMED_OUT", "SKIPPED"}
)


@routes.post("/api/event")
def add_event_handler(engine: Engine, request: Request) -> None:
    engine.add_event_handler(request.decode(EventHandler))


@routes.put("/api/event")
def update_event_handler(engine: Engine, request: Request) -> None:
    engine.update_event_handler(request.decode(EventHandler))


@routes.delete("/api/event/{name}")
def remove_event_handler(engine: Engine, request: Request) -> None:
    engine.remove_event_handler(request.params["name"])


@routes.get("/api/event")
def get_event_handlers(engine: Engine, request: Request) -> list[EventHandler]:
    return engine.get_event_handlers()


@routes.get("/api/event/{event}")
def get_event_handlers_of_event(engine: Engine, request: Request) -> list[EventHandler]:
    return engine.get_event_handlers(request.params["event"], request.boolean("activeOnly", True))


@routes.get("/api/queue/")
def get_status_queues(engine: Engine, request: Request) -> dict[str, str]:
    return engine.get_status_queues()


@routes.get("/api/queue/size")
def get_status_queue_sizes(engine: Engine, request: Request) -> dict[str, int]:
    return engine.get_status_queue_sizes()


@routes.post("/api/queue/update/{workflowId}/{taskRefName}/{status}")
def update_by_ref(engine: Engine, request: Request) -> None:
    workflow_id, status, output = _update(request)
    engine.update_by_queue(workflow_id, status, output, task_ref=request.params["taskRefName"])


@routes.post("/api/queue/update/{workflowId}/task/{taskId}/{status}")
def update_by_task_id(engine: Engine, request: Request) -> None:
    workflow_id, status, output = _update(request)
    engine.update_by_queue(workflow_id, status, output, task_id=request.params["taskId"])


def _update(request: Request) -> tuple[str, str, dict[str, Any]]:
    status = request.path_choice("status", TASK_STATUSES)
    return request.params["workflowId"], status, request.decode(dict[str, Any])
