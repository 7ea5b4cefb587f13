"""Schedules: workflows that a cron expression starts."""

from __future__ import annotations

from typing import Any

import msgspec

from conductor.client.http.models.save_schedule_request import SaveScheduleRequest
from conductor.client.http.models.search_result_workflow_schedule_execution_model import (
    SearchResultWorkflowScheduleExecutionModel,
)
from conductor.client.http.models.tag_object import TagObject
from conductor.client.http.models.workflow_schedule import WorkflowSchedule
from conductor.client.orkes.models.metadata_tag import MetadataTag
from conductor.client.orkes.orkes_base_client import OrkesBaseClient


class OrkesSchedulerClient(OrkesBaseClient):
    """Everything under `/scheduler`. Times are epoch milliseconds, cron expressions have six fields, seconds first."""

    def save_schedule(self, save_schedule_request: SaveScheduleRequest) -> Any:
        """Make a schedule, or replace it."""
        schedule = msgspec.convert(msgspec.to_builtins(save_schedule_request), WorkflowSchedule)
        return self.schedulerResourceApi.save_schedule(schedule)

    def get_schedule(self, name: str) -> WorkflowSchedule | None:
        """A schedule by its name."""
        return self.schedulerResourceApi.get_schedule(name)

    def get_all_schedules(self, workflow_name: str | None = None) -> list[WorkflowSchedule]:
        """All schedules, or those of a workflow."""
        return self.schedulerResourceApi.get_all_schedules(workflow_name=workflow_name)

    def get_next_few_schedule_execution_times(
        self,
        cron_expression: str,
        schedule_start_time: int | None = None,
        schedule_end_time: int | None = None,
        limit: int | None = None,
    ) -> list[int]:
        """When a cron expression fires next."""
        return self.schedulerResourceApi.get_next_few_schedules(
            cron_expression,
            schedule_start_time=schedule_start_time,
            schedule_end_time=schedule_end_time,
            limit=limit,
        )

    def delete_schedule(self, name: str) -> None:
        """Remove a schedule."""
        self.schedulerResourceApi.delete_schedule(name)

    def pause_schedule(self, name: str, reason: str | None = None) -> None:
        """Start nothing more by it until it is resumed."""
        self.schedulerResourceApi.pause_schedule(name, reason=reason)

    def resume_schedule(self, name: str) -> None:
        """Go on with a paused schedule, from now."""
        self.schedulerResourceApi.resume_schedule(name)

    def pause_all_schedules(self) -> None:
        """Stop the server's scheduler."""
        self.schedulerResourceApi.pause_all_schedules()

    def resume_all_schedules(self) -> None:
        """Start the server's scheduler again."""
        self.schedulerResourceApi.resume_all_schedules()

    def search_schedule_executions(
        self,
        start: int | None = None,
        size: int | None = None,
        sort: str | None = None,
        free_text: str | None = None,
        query: str | None = None,
    ) -> SearchResultWorkflowScheduleExecutionModel:
        """One page of what schedules have started."""
        return self.schedulerResourceApi.search_v21(start=start, size=size, sort=sort, free_text=free_text, query=query)

    def requeue_all_execution_records(self) -> None:
        """Look again at every record that was not worked on."""
        self.schedulerResourceApi.requeue_all_execution_records()

    # Short names for the same

    def pause(self, wire_name: str, reason: str | None = None) -> None:
        """The same as `pause_schedule`."""
        self.pause_schedule(wire_name, reason)

    def resume(self, wire_name: str) -> None:
        """The same as `resume_schedule`."""
        self.resume_schedule(wire_name)

    def delete(self, wire_name: str) -> None:
        """The same as `delete_schedule`."""
        self.delete_schedule(wire_name)

    def preview_next(self, cron: str, n: int = 5, start_at: int | None = None, end_at: int | None = None) -> list[int]:
        """The same as `get_next_few_schedule_execution_times`."""
        return self.get_next_few_schedule_execution_times(cron, start_at, end_at, n)

    # Orkes servers only, from here on

    def set_scheduler_tags(self, tags: list[MetadataTag], name: str) -> None:
        """Replace a schedule's tags."""
        self.schedulerResourceApi.put_tag_for_schedule(tags, name)

    def get_scheduler_tags(self, name: str) -> list[TagObject]:
        """A schedule's tags."""
        return self.schedulerResourceApi.get_tags_for_schedule(name)

    def delete_scheduler_tags(self, tags: list[MetadataTag], name: str) -> None:
        """Take tags off a schedule."""
        self.schedulerResourceApi.delete_tag_for_schedule(tags, name)
