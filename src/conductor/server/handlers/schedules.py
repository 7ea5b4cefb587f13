"""/api/scheduler: schedules and what they started."""

from __future__ import annotations

from conductor.engine.model import BulkResponse, SearchPage, WorkflowSchedule
from conductor.engine.service import Engine
from conductor.server.messages import Request
from conductor.server.router import Routes

routes = Routes()
DONE = {"status": "done"}


@routes.post("/api/scheduler/schedules")
def save_schedule(engine: Engine, request: Request) -> WorkflowSchedule:
    return engine.save_schedule(request.decode(WorkflowSchedule))


@routes.get("/api/scheduler/schedules")
def get_schedules(engine: Engine, request: Request) -> list[WorkflowSchedule]:
    return engine.get_schedules(request.text("workflowName"))


@routes.get("/api/scheduler/schedules/{name}")
def get_schedule(engine: Engine, request: Request) -> WorkflowSchedule:
    return engine.get_schedule(request.params["name"])


@routes.delete("/api/scheduler/schedules/{name}")
def remove_schedule(engine: Engine, request: Request) -> None:
    engine.remove_schedule(request.params["name"])


@routes.put("/api/scheduler/schedules/{name}/pause")
def pause_schedule(engine: Engine, request: Request) -> None:
    engine.pause_schedule(request.params["name"], request.text("reason"))


@routes.put("/api/scheduler/schedules/{name}/resume")
def resume_schedule(engine: Engine, request: Request) -> None:
    engine.resume_schedule(request.params["name"])


@routes.put("/api/scheduler/bulk/pause")
def bulk_pause(engine: Engine, request: Request) -> BulkResponse:
    return engine.bulk_pause_schedules(request.decode(list[str]))


@routes.put("/api/scheduler/bulk/resume")
def bulk_resume(engine: Engine, request: Request) -> BulkResponse:
    return engine.bulk_resume_schedules(request.decode(list[str]))


@routes.get("/api/scheduler/nextFewSchedules")
def next_runs(engine: Engine, request: Request) -> list[int]:
    return engine.next_runs(
        request.required("cronExpression"),
        request.optional_integer("scheduleStartTime", bits=64),
        request.optional_integer("scheduleEndTime", bits=64),
        request.integer("limit", 5),
    )


@routes.get("/api/scheduler/admin/pause")
def pause_scheduler(engine: Engine, request: Request) -> dict[str, str]:
    engine.pause_scheduler()
    return DONE


@routes.get("/api/scheduler/admin/resume")
def resume_scheduler(engine: Engine, request: Request) -> dict[str, str]:
    engine.resume_scheduler()
    return DONE


@routes.get("/api/scheduler/admin/requeue")
def requeue_schedules(engine: Engine, request: Request) -> dict[str, str]:
    engine.requeue_schedules()
    return DONE


@routes.get("/api/scheduler/schedules/search")
def search_schedules(engine: Engine, request: Request) -> SearchPage:
    return engine.search_schedules(
        workflow_name=request.text("workflowName"),
        schedule_name=request.text("scheduleName"),
        paused=request.boolean("paused", False) if request.text("paused") else None,
        start=request.integer("start", 0),
        size=request.integer("size", 100),
    )


@routes.get("/api/scheduler/search/executions")
def search_executions(engine: Engine, request: Request) -> SearchPage:
    return engine.search_schedule_executions(
        request.text("query"), request.integer("start", 0), request.integer("size", 100), request.text("sort")
    )
