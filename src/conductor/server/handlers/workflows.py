"""/api/workflow: starting workflows, looking at them, changing their course. Calls that wait are in `waiting`."""

from __future__ import annotations

from typing import Any

from conductor.engine.model import (
    RerunWorkflowRequest,
    SearchPage,
    SkipTaskRequest,
    StartWorkflowRequest,
    Workflow,
    WorkflowStatus,
    WorkflowTestRequest,
)
from conductor.engine.service import Engine
from conductor.server.handlers.tasks import search_request
from conductor.server.messages import NO_CONTENT, Request, Response
from conductor.server.router import Routes

routes = Routes()


@routes.post("/api/workflow")
def start_workflow(engine: Engine, request: Request) -> str:
    return engine.start_workflow(request.decode(StartWorkflowRequest))


@routes.post("/api/workflow/{name}")
def start_workflow_by_name(engine: Engine, request: Request) -> str:
    return engine.start_workflow_by_name(
        request.params["name"],
        request.decode(dict[str, Any]),
        version=request.optional_integer("version"),
        correlation_id=request.text("correlationId"),
        priority=request.integer("priority", 0),
    )


@routes.post("/api/workflow/test")
def run_workflow_test(engine: Engine, request: Request) -> Workflow:
    return engine.test_workflow(request.decode(WorkflowTestRequest))


@routes.get("/api/workflow/{workflowId}")
def get_workflow(engine: Engine, request: Request) -> Workflow:
    return engine.get_workflow(request.params["workflowId"], request.boolean("includeTasks", True))


@routes.get("/api/workflow/{workflowId}/status")
def get_workflow_status(engine: Engine, request: Request) -> WorkflowStatus:
    return engine.get_workflow_status(
        request.params["workflowId"],
        request.boolean("includeOutput", False),
        request.boolean("includeVariables", False),
    )


@routes.get("/api/workflow/{workflowId}/tasks")
def get_workflow_tasks(engine: Engine, request: Request) -> SearchPage:
    return engine.get_workflow_tasks(
        request.params["workflowId"],
        request.integer("start", 0),
        request.integer("count", 15),
        request.texts("status") or None,
    )


@routes.get("/api/workflow/running/{name}")
def get_running_workflows(engine: Engine, request: Request) -> list[str]:
    return engine.get_running_workflows(
        request.params["name"],
        request.integer("version", 1),
        request.optional_integer("startTime", bits=64),
        request.optional_integer("endTime", bits=64),
    )


@routes.get("/api/workflow/{name}/correlated/{correlationId}")
def get_correlated_workflow(engine: Engine, request: Request) -> list[Workflow]:
    correlation_id = request.params["correlationId"]
    return _correlated(engine, request, [correlation_id])[correlation_id]


@routes.post("/api/workflow/{name}/correlated")
def get_correlated_workflows(engine: Engine, request: Request) -> dict[str, list[Workflow]]:
    return _correlated(engine, request, request.decode(list[str]))


def _correlated(engine: Engine, request: Request, correlation_ids: list[str]) -> dict[str, list[Workflow]]:
    return engine.get_correlated_workflows(
        request.params["name"],
        correlation_ids,
        include_closed=request.boolean("includeClosed", False),
        include_tasks=request.boolean("includeTasks", False),
    )


@routes.get("/api/workflow/search")
def search_workflows(engine: Engine, request: Request) -> SearchPage:
    return engine.search_workflows(search_request(request))


@routes.get("/api/workflow/search-v2")
def search_workflows_v2(engine: Engine, request: Request) -> SearchPage:
    return engine.search_workflows_v2(search_request(request))


@routes.get("/api/workflow/search-by-tasks")
def search_workflows_by_tasks(engine: Engine, request: Request) -> SearchPage:
    return engine.search_workflows_by_tasks(search_request(request))


@routes.get("/api/workflow/search-by-tasks-v2")
def search_workflows_by_tasks_v2(engine: Engine, request: Request) -> SearchPage:
    return engine.search_workflows_by_tasks_v2(search_request(request))


@routes.put("/api/workflow/decide/{workflowId}")
def decide(engine: Engine, request: Request) -> None:
    engine.decide(request.params["workflowId"])


@routes.put("/api/workflow/{workflowId}/pause")
def pause_workflow(engine: Engine, request: Request) -> None:
    engine.pause_workflow(request.params["workflowId"])


@routes.put("/api/workflow/{workflowId}/resume")
def resume_workflow(engine: Engine, request: Request) -> None:
    engine.resume_workflow(request.params["workflowId"])


@routes.put("/api/workflow/{workflowId}/skiptask/{taskReferenceName}")
def skip_task(engine: Engine, request: Request) -> None:
    """Conductor binds the query parameters `taskInput[key]=value` and ignores a body; here the query wins over it."""
    body = (request.decode_optional(SkipTaskRequest) if request.body else None) or SkipTaskRequest()
    bound = SkipTaskRequest(
        task_input=_bound(request, "taskInput", body.task_input),
        task_output=_bound(request, "taskOutput", body.task_output),
    )
    engine.skip_task(request.params["workflowId"], request.params["taskReferenceName"], bound)


def _bound(request: Request, name: str, given: dict[str, Any] | None) -> dict[str, Any] | None:
    prefix = f"{name}["
    named = {
        key[len(prefix) : -1]: values[0]
        for key, values in request.query.items()
        if key.startswith(prefix) and key.endswith("]")
    }
    return {**(given or {}), **named} if named else given


@routes.post("/api/workflow/{workflowId}/rerun")
def rerun_workflow(engine: Engine, request: Request) -> str:
    return engine.rerun_workflow(request.params["workflowId"], request.decode(RerunWorkflowRequest))


@routes.post("/api/workflow/{workflowId}/restart")
def restart_workflow(engine: Engine, request: Request) -> Response:
    engine.restart_workflow(request.params["workflowId"], request.boolean("useLatestDefinitions", False))
    return NO_CONTENT


@routes.post("/api/workflow/{workflowId}/retry")
def retry_workflow(engine: Engine, request: Request) -> Response:
    engine.retry_workflow(request.params["workflowId"], request.boolean("resumeSubworkflowTasks", False))
    return NO_CONTENT


@routes.post("/api/workflow/{workflowId}/resetcallbacks")
def reset_callbacks(engine: Engine, request: Request) -> Response:
    engine.reset_callbacks(request.params["workflowId"])
    return NO_CONTENT


@routes.delete("/api/workflow/{workflowId}")
def terminate_workflow(engine: Engine, request: Request) -> None:
    engine.terminate_workflow(request.params["workflowId"], request.text("reason"))


@routes.delete("/api/workflow/{workflowId}/remove")
def remove_workflow(engine: Engine, request: Request) -> None:
    engine.remove_workflow(request.params["workflowId"], request.boolean("archiveWorkflow", True))


@routes.delete("/api/workflow/{workflowId}/terminate-remove")
def terminate_and_remove(engine: Engine, request: Request) -> None:
    engine.terminate_and_remove(
        request.params["workflowId"], request.text("reason"), request.boolean("archiveWorkflow", True)
    )


@routes.post("/api/workflow/{workflowId}/messages")
def push_message(engine: Engine, request: Request) -> str:
    return engine.push_message(request.params["workflowId"], request.decode(dict[str, Any]))
