"""Use cases on schedules."""

from __future__ import annotations

from conductor.engine.errors import NotYet
from conductor.engine.model import BulkResponse, SearchPage, WorkflowSchedule
from conductor.engine.starting import Starting


class Scheduler(Starting):
    """Schedules (`/scheduler`)."""

    def save_schedule(self, schedule: WorkflowSchedule) -> WorkflowSchedule:
        """Create or replace a schedule (`POST /scheduler/schedules`). Raises InvalidInput (name, request, cron)."""
        raise NotYet

    def get_schedules(self, workflow_name: str | None = None) -> list[WorkflowSchedule]:
        """`GET /scheduler/schedules`."""
        raise NotYet

    def get_schedule(self, name: str) -> WorkflowSchedule:
        """`GET /scheduler/schedules/{name}`. Raises NotFound."""
        raise NotYet

    def remove_schedule(self, name: str) -> None:
        """`DELETE /scheduler/schedules/{name}`; nothing where there is none."""
        raise NotYet

    def pause_schedule(self, name: str, reason: str | None = None) -> None:
        """`PUT /scheduler/schedules/{name}/pause`. Raises NotFound."""
        raise NotYet

    def resume_schedule(self, name: str) -> None:
        """`PUT /scheduler/schedules/{name}/resume`. Raises NotFound (none of that name, or not paused)."""
        raise NotYet

    def bulk_pause_schedules(self, names: list[str]) -> BulkResponse:
        """`PUT /scheduler/bulk/pause`."""
        raise NotYet

    def bulk_resume_schedules(self, names: list[str]) -> BulkResponse:
        """`PUT /scheduler/bulk/resume`."""
        raise NotYet

    def next_runs(self, cron: str, start: int | None = None, end: int | None = None, limit: int = 5) -> list[int]:
        """`GET /scheduler/nextFewSchedules`. Raises IllegalState (bad expression)."""
        raise NotYet

    def pause_scheduler(self) -> None:
        """Fire nothing until resumed (`GET /scheduler/admin/pause`)."""
        raise NotYet

    def resume_scheduler(self) -> None:
        """`GET /scheduler/admin/resume`."""
        raise NotYet

    def requeue_schedules(self) -> None:
        """Compute all next runs again (`GET /scheduler/admin/requeue`)."""
        raise NotYet

    def search_schedules(
        self,
        *,
        workflow_name: str | None = None,
        schedule_name: str | None = None,
        paused: bool | None = None,
        start: int = 0,
        size: int = 100,
    ) -> SearchPage:
        """`GET /scheduler/schedules/search`, by name."""
        raise NotYet

    def search_schedule_executions(
        self, query: str | None = None, start: int = 0, size: int = 100, sort: str | None = None
    ) -> SearchPage:
        """`GET /scheduler/search/executions`."""
        raise NotYet
