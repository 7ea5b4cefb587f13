"""/api/tasks: results, logs, queues, search. Polling, which waits, is in `polling`."""

from __future__ import annotations

from typing import Any, get_args

from conductor.engine.model import (
    ExternalStorageLocation,
    PollData,
    ResultStatus,
    SearchPage,
    Task,
    TaskResult,
    Workflow,
)
from conductor.engine.service import Engine
from conductor.engine.settings import SearchRequest
from conductor.server.messages import NO_CONTENT, Request, Response, text_response
from conductor.server.router import Routes

routes = Routes()
#: What a worker may say of a task, as path parameters give it.
RESULT_STATUSES = frozenset(get_args(ResultStatus))


@routes.post("/api/tasks")
def update_task(engine: Engine, request: Request) -> str:
    return engine.update_task(request.decode(TaskResult))


@routes.post("/api/tasks/update-v2")
def update_task_v2(engine: Engine, request: Request) -> Task | Response:
    return engine.update_task_v2(request.decode(TaskResult)) or NO_CONTENT


@routes.post("/api/tasks/{workflowId}/{taskRefName}/{status}")
def update_task_by_ref(engine: Engine, request: Request) -> Response:
    task_id = engine.update_task_by_ref(*_by_ref(request), request.text("workerid"))
    return text_response(task_id) if task_id else Response()


@routes.post("/api/tasks/{workflowId}/{taskRefName}/{status}/sync")
def update_task_by_ref_sync(engine: Engine, request: Request) -> Workflow:
    return engine.update_task_by_ref_sync(*_by_ref(request), request.text("workerid"))


def _by_ref(request: Request) -> tuple[str, str, str, dict[str, Any]]:
    status = request.path_choice("status", RESULT_STATUSES)
    return request.params["workflowId"], request.params["taskRefName"], status, request.decode(dict[str, Any])


@routes.post("/api/tasks/{workflowId}/{status}/signal")
def signal(engine: Engine, request: Request) -> None:
    status = request.path_choice("status", RESULT_STATUSES)
    engine.signal(request.params["workflowId"], status, request.decode(dict[str, Any]))


@routes.get("/api/tasks/{taskId}")
def get_task(engine: Engine, request: Request) -> Task:
    return engine.get_task(request.params["taskId"])


@routes.post("/api/tasks/{taskId}/log", text=True)
def add_task_log(engine: Engine, request: Request) -> None:
    engine.add_task_log(request.params["taskId"], request.required_text_body())


@routes.get("/api/tasks/{taskId}/log")
def get_task_logs(engine: Engine, request: Request) -> Any:
    return engine.get_task_logs(request.params["taskId"]) or NO_CONTENT


@routes.get("/api/tasks/queue/size")
def queue_size(engine: Engine, request: Request) -> int:
    return engine.queue_size(
        request.required("taskType"),
        request.text("domain"),
        request.text("isolationGroupId"),
        request.text("executionNamespace"),
    )


@routes.get("/api/tasks/queue/sizes")
def queue_sizes(engine: Engine, request: Request) -> dict[str, int]:
    return engine.queue_sizes(request.texts("taskType"))


@routes.get("/api/tasks/queue/all")
def all_queue_sizes(engine: Engine, request: Request) -> dict[str, int]:
    return engine.all_queue_sizes()


@routes.get("/api/tasks/queue/all/verbose")
def all_queue_details(engine: Engine, request: Request) -> dict[str, dict[str, dict[str, int]]]:
    return engine.all_queue_details()


@routes.get("/api/tasks/queue/polldata")
def poll_data(engine: Engine, request: Request) -> list[PollData]:
    return engine.get_poll_data(request.required("taskType"))


@routes.get("/api/tasks/queue/polldata/all")
def all_poll_data(engine: Engine, request: Request) -> list[PollData]:
    return engine.get_poll_data()


@routes.post("/api/tasks/queue/requeue/{taskType}")
def requeue_pending_tasks(engine: Engine, request: Request) -> str:
    return str(engine.requeue_pending_tasks(request.params["taskType"]))


@routes.get("/api/tasks/search")
def search_tasks(engine: Engine, request: Request) -> SearchPage:
    return engine.search_tasks(search_request(request))


@routes.get("/api/tasks/search-v2")
def search_tasks_v2(engine: Engine, request: Request) -> SearchPage:
    return engine.search_tasks_v2(search_request(request))


def search_request(request: Request) -> SearchRequest:
    return SearchRequest(
        query=request.text("query"),
        free_text=request.text("freeText", "*"),
        sort=request.text("sort"),
        start=request.integer("start", 0),
        size=request.integer("size", 100),
        classifier=request.text("classifier"),
        top_level_only=request.boolean("topLevelOnly", False),
    )


@routes.get(
    "/api/tasks/externalstoragelocation",
    "/api/tasks/external-storage-location",
    "/api/workflow/externalstoragelocation",
    "/api/workflow/external-storage-location",
)
def external_storage_location(engine: Engine, request: Request) -> ExternalStorageLocation:
    return engine.get_external_storage_location(
        request.required("path"), request.required("operation"), request.required("payloadType")
    )
