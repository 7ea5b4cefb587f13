"""Schedules: workflows that a cron expression starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from conductor.client.http.models.bulk_response import BulkResponse
from conductor.client.http.models.save_schedule_request import SaveScheduleRequest
from conductor.client.http.models.search_result_workflow_schedule import SearchResultWorkflowSchedule
from conductor.client.http.models.search_result_workflow_schedule_execution_model import (
    SearchResultWorkflowScheduleExecutionModel,
)
from conductor.client.http.models.start_workflow_request import StartWorkflowRequest
from conductor.client.http.models.tag_object import TagObject
from conductor.client.http.models.workflow_schedule import WorkflowSchedule
from conductor.client.http.models.workflow_schedule_execution_model import WorkflowScheduleExecutionModel
from conductor.client.orkes._paging import PAGE, each
from conductor.client.orkes._suggest import suggesting
from conductor.client.orkes.models.metadata_tag import MetadataTag
from conductor.client.orkes.orkes_base_client import OrkesBaseClient

if TYPE_CHECKING:
    from conductor.client.ai.schedule import Schedule, ScheduleInfo


class OrkesSchedulerClient(OrkesBaseClient):
    """Everything under `/scheduler`. Times are epoch milliseconds, cron expressions have six fields, seconds first."""

    def save_schedule(self, save_schedule_request: SaveScheduleRequest) -> Any:
        """Make a schedule, or replace it."""
        schedule = msgspec.convert(msgspec.to_builtins(save_schedule_request), WorkflowSchedule)
        return self.schedulerResourceApi.save_schedule(schedule)

    @suggesting("schedule", "name", "_schedule_names")
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

    @suggesting("schedule", "name", "_schedule_names")
    def pause_schedule(self, name: str, reason: str | None = None) -> None:
        """Start nothing more by it until it is resumed."""
        self.schedulerResourceApi.pause_schedule(name, reason=reason)

    @suggesting("schedule", "name", "_schedule_names")
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

    def find_schedule_executions(
        self, query: str | None = None, free_text: str = "*", sort: str | None = None, page_size: int = PAGE
    ) -> Iterator[WorkflowScheduleExecutionModel]:
        """All that schedules have started and a query finds; pages are fetched as they are needed."""
        return each(lambda start: self.search_schedule_executions(start, page_size, sort, free_text, query), page_size)

    def search_schedules(
        self,
        start: int = 0,
        size: int = PAGE,
        workflow_name: str | None = None,
        schedule_name: str | None = None,
        paused: bool | None = None,
        free_text: str | None = None,
        sort: str | None = None,
    ) -> SearchResultWorkflowSchedule:
        """One page of the schedules of a workflow, of a name, that are paused or not."""
        return self.schedulerResourceApi.search_schedules(
            workflow_name=workflow_name,
            schedule_name=schedule_name,
            paused=paused,
            free_text=free_text,
            start=start,
            size=size,
            sort=sort,
        )

    def find_schedules(
        self,
        workflow_name: str | None = None,
        schedule_name: str | None = None,
        paused: bool | None = None,
        page_size: int = PAGE,
    ) -> Iterator[WorkflowSchedule]:
        """All schedules of a workflow, of a name, that are paused or not; pages are fetched as they are needed."""
        return each(
            lambda start: self.search_schedules(start, page_size, workflow_name, schedule_name, paused), page_size
        )

    def pause_schedules(self, names: list[str]) -> BulkResponse:
        """Pause many schedules; which went well and which did not."""
        return self.schedulerBulkResourceApi.pause_schedules(names)

    def resume_schedules(self, names: list[str]) -> BulkResponse:
        """Resume many schedules; which went well and which did not."""
        return self.schedulerBulkResourceApi.resume_schedules(names)

    def _schedule_names(self) -> list[str]:
        return [schedule.name or "" for schedule in self.get_all_schedules()]

    def requeue_all_execution_records(self) -> None:
        """Look again at every record that was not worked on."""
        self.schedulerResourceApi.requeue_all_execution_records()

    # Schedules of agents: errors say what is wrong with the schedule (`conductor.client.ai.schedule_errors`)

    def pause(self, wire_name: str, reason: str | None = None) -> None:
        """As `pause_schedule`."""
        from conductor.client.ai.schedule import schedule_errors

        with schedule_errors():
            self.pause_schedule(wire_name, reason)

    def resume(self, wire_name: str) -> None:
        """As `resume_schedule`."""
        from conductor.client.ai.schedule import schedule_errors

        with schedule_errors():
            self.resume_schedule(wire_name)

    def delete(self, wire_name: str) -> None:
        """As `delete_schedule`."""
        from conductor.client.ai.schedule import schedule_errors

        with schedule_errors():
            self.delete_schedule(wire_name)

    def preview_next(self, cron: str, n: int = 5, start_at: int | None = None, end_at: int | None = None) -> list[int]:
        """As `get_next_few_schedule_execution_times`."""
        from conductor.client.ai.schedule import schedule_errors

        with schedule_errors():
            return self.get_next_few_schedule_execution_times(cron, start_at, end_at, n) or []

    def run_now(self, info: ScheduleInfo) -> str:
        """Run a schedule's agent once, with the schedule's input; the execution's id."""
        request = StartWorkflowRequest(name=info.agent, input=dict(info.input))
        return self.workflowResourceApi.start_workflow(request)

    def reconcile(self, agent_name: str, desired: list[Schedule] | None) -> None:
        """Let an agent have just the schedules in `desired`: others of it are removed. None changes nothing."""
        from conductor.client.ai.schedule import check_names, schedule_errors, wire_name

        if desired is None:
            return
        check_names(desired)
        wanted = {wire_name(agent_name, schedule.name) for schedule in desired}
        with schedule_errors():
            for there in self.get_all_schedules(agent_name) or []:
                if there.name and there.name not in wanted:
                    self.delete_schedule(there.name)
            for schedule in desired:
                self.save_schedule(schedule.to_request(agent_name))

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
