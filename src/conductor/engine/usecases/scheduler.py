"""Use cases on schedules."""

from __future__ import annotations

from collections import deque

import msgspec

from conductor.engine.errors import EngineError, IllegalState, InvalidInput, NotFound
from conductor.engine.model import (
    BulkResponse,
    CronSchedule,
    ScheduleExecution,
    SearchPage,
    StartWorkflowRequest,
    WorkflowSchedule,
)
from conductor.engine.schedule import Cron, InvalidCron, InvalidZone, next_run, next_runs, parse_zone
from conductor.engine.schedule_search import matching
from conductor.engine.starting import Starting

#: kinds of documents: schedules, their firings, the last slot of each, the state of the scheduler
_SCHEDULE, _RUN, _STATE, _SETTINGS = "schedule", "schedule_run", "schedule_state", "scheduler"
#: firings that are remembered of each schedule
_RUNS_KEPT = 100
_MOST_NEXT_RUNS = 5
_MOST_REASON = 999


class Scheduler(Starting):
    """Schedules (`/scheduler`)."""

    def _begin_empty(self) -> None:
        super()._begin_empty()
        #: when each cron expression (by its place) of a schedule is due
        self._slots: dict[tuple[str, int], int] = {}

    def _load_documents(self) -> None:
        super()._load_documents()
        self._schedules: dict[str, WorkflowSchedule] = {}
        self._runs: dict[str, deque[ScheduleExecution]] = {}
        self._last_fired: dict[str, dict[str, int]] = {
            name: msgspec.json.decode(body) for name, body in self.store.documents(_STATE)
        }
        for name, index in list(self._slots):
            self._set_slot(name, index, None)
        self._scheduler_paused = self.store.document(_SETTINGS, "paused") is not None
        for _, body in self.store.documents(_RUN):
            self._remember_run(msgspec.json.decode(body, type=ScheduleExecution))
        for name, body in self.store.documents(_SCHEDULE):
            schedule = self._schedules[name] = msgspec.json.decode(body, type=WorkflowSchedule)
            self._arm_schedule(schedule)

    # -- definitions --------------------------------------------------------------------------------------------------

    def save_schedule(self, schedule: WorkflowSchedule) -> WorkflowSchedule:
        """Create or replace a schedule (`POST /scheduler/schedules`). Raises InvalidInput (name, request, cron)."""
        request = schedule.start_workflow_request
        if not schedule.name:
            raise InvalidInput("A schedule needs a 'name'")
        if request is None or not request.name:
            raise InvalidInput("A schedule needs a 'startWorkflowRequest' with the 'name' of a workflow")
        for entry in _crons(schedule):
            _cron(entry)
        known, now = self._schedules.get(schedule.name), self.clock()
        schedule.create_time, schedule.updated_time = (known.create_time if known else now), now
        schedule.created_by, schedule.updated_by = schedule.created_by or "", schedule.updated_by or ""
        self._forget_slots(schedule.name)
        self._keep_schedule(schedule)
        return schedule

    def _forget_slots(self, name: str) -> None:
        """The next run follows from now alone."""
        if self._last_fired.pop(name, None) is not None:
            self._save_document(_STATE, name, None)

    def _keep_schedule(self, schedule: WorkflowSchedule) -> None:
        name = schedule.name or ""
        self._schedules[name] = schedule
        self._save_document(_SCHEDULE, name, msgspec.json.encode(schedule))
        self._arm_schedule(schedule)

    def get_schedules(self, workflow_name: str | None = None) -> list[WorkflowSchedule]:
        """`GET /scheduler/schedules`."""
        return [s for s in self._schedules.values() if workflow_name in (None, _workflow_name(s))]

    def get_schedule(self, name: str) -> WorkflowSchedule:
        """`GET /scheduler/schedules/{name}`. Raises NotFound."""
        schedule = self._schedules.get(name)
        if schedule is None:
            raise NotFound(f"Schedule '{name}' not found")
        return schedule

    def remove_schedule(self, name: str) -> None:
        """`DELETE /scheduler/schedules/{name}`; nothing where there is none."""
        schedule = self._schedules.pop(name, None)
        if schedule is not None:
            self._save_document(_SCHEDULE, name, None)
            self._forget_slots(name)
            self._disarm(schedule)

    def pause_schedule(self, name: str, reason: str | None = None) -> None:
        """`PUT /scheduler/schedules/{name}/pause`. Raises NotFound."""
        schedule = self.get_schedule(name)
        schedule.paused, schedule.paused_reason, schedule.updated_time = True, reason, self.clock()
        self._keep_schedule(schedule)

    def resume_schedule(self, name: str) -> None:
        """`PUT /scheduler/schedules/{name}/resume`. Raises NotFound (none of that name, or not paused)."""
        schedule = self.get_schedule(name)
        if not schedule.paused:
            raise NotFound(f"Schedule '{name}' not found")
        schedule.paused, schedule.paused_reason, schedule.updated_time = False, None, self.clock()
        self._forget_slots(name)
        self._keep_schedule(schedule)

    def bulk_pause_schedules(self, names: list[str]) -> BulkResponse:
        """`PUT /scheduler/bulk/pause`."""
        response = BulkResponse()
        for name in names:
            if name in self._schedules:
                self.pause_schedule(name)
                response.bulk_successful_results.append(name)
            else:
                response.bulk_error_results[name] = f"Schedule '{name}' not found"
        return response

    def bulk_resume_schedules(self, names: list[str]) -> BulkResponse:
        """`PUT /scheduler/bulk/resume`."""
        response = BulkResponse()
        for name in names:
            try:
                self.resume_schedule(name)
                response.bulk_successful_results.append(name)
            except NotFound as error:
                response.bulk_error_results[name] = error.message
        return response

    def next_runs(self, cron: str, start: int | None = None, end: int | None = None, limit: int = 5) -> list[int]:
        """`GET /scheduler/nextFewSchedules`. Raises IllegalState (bad expression)."""
        try:
            expression = Cron(cron)
        except InvalidCron as error:
            raise IllegalState("Invalid cron expression") from error
        return list(next_runs(expression, after=start or self.clock(), limit=min(limit, _MOST_NEXT_RUNS), end=end))

    # -- the scheduler as a whole -------------------------------------------------------------------------------------

    def pause_scheduler(self) -> None:
        """Fire nothing until resumed (`GET /scheduler/admin/pause`)."""
        self._scheduler_paused = True
        self._save_document(_SETTINGS, "paused", b"true")
        for schedule in self._schedules.values():
            self._disarm(schedule)

    def resume_scheduler(self) -> None:
        """`GET /scheduler/admin/resume`."""
        self._scheduler_paused = False
        self._save_document(_SETTINGS, "paused", None)
        self.requeue_schedules()

    def requeue_schedules(self) -> None:
        """Compute all next runs again (`GET /scheduler/admin/requeue`)."""
        for schedule in self._schedules.values():
            self._arm_schedule(schedule)

    # -- search -------------------------------------------------------------------------------------------------------

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
        found = [
            schedule
            for name, schedule in sorted(self._schedules.items())
            if (not workflow_name or _workflow_name(schedule) == workflow_name)
            and (not schedule_name or schedule_name in name)
            and paused in (None, schedule.paused)
        ]
        return SearchPage(total_hits=len(found), results=found[start : start + size])

    def search_schedule_executions(
        self, query: str | None = None, start: int = 0, size: int = 100, sort: str | None = None
    ) -> SearchPage:
        """`GET /scheduler/search/executions`."""
        runs = [run for kept in self._runs.values() for run in kept]
        found = matching(runs, query, sort)
        return SearchPage(total_hits=len(found), results=found[start : start + size])

    # -- firing -------------------------------------------------------------------------------------------------------

    def _arm_schedule(self, schedule: WorkflowSchedule) -> None:
        """Set the timers of a schedule, one for each of its cron expressions."""
        self._disarm(schedule)
        if schedule.paused or self._scheduler_paused:
            return
        name, now = schedule.name or "", self.clock()
        last = self._last_fired.get(name, {})
        for index, entry in enumerate(_crons(schedule)):
            due = next_run(
                _cron(entry),
                now=now,
                last=last.get(str(index)),
                start=schedule.schedule_start_time,
                end=schedule.schedule_end_time,
                catch_up=schedule.run_catchup_schedule_instances,
            )
            self._set_slot(name, index, due)

    def _disarm(self, schedule: WorkflowSchedule) -> None:
        for name, index in list(self._slots):
            if name == schedule.name:
                self._set_slot(name, index, None)

    def _set_slot(self, name: str, index: int, due: int | None) -> None:
        self.timers.set(("schedule", f"{index} {name}", ""), due)
        if due is None:
            self._slots.pop((name, index), None)
        else:
            self._slots[name, index] = due

    def _on_timer(self, kind: str, name: str) -> None:
        if kind == "schedule":
            index, _, schedule = name.partition(" ")
            self._fire(schedule, int(index))
        else:
            super()._on_timer(kind, name)

    def _fire(self, name: str, index: int) -> None:
        """A schedule starts its workflow."""
        schedule, due = self._schedules.get(name), self._slots.get((name, index))
        if schedule is None or due is None:
            return
        entry = _crons(schedule)[index]
        run = ScheduleExecution(
            execution_id=self.new_id(),
            schedule_name=name,
            scheduled_time=due,
            execution_time=self.clock(),
            workflow_name=_workflow_name(schedule),
            start_workflow_request=schedule.start_workflow_request,
            state="EXECUTED",
        )
        try:
            run.workflow_id = self._start_scheduled(schedule, run, f"{entry.cron_expression} {entry.zone_id}")
        except EngineError as error:
            run.state, run.reason = "FAILED", error.message[:_MOST_REASON]
        self._remember_run(run)
        self._save_document(_RUN, _run_key(run), msgspec.json.encode(run))
        last = self._last_fired.setdefault(name, {})
        last[str(index)] = due
        self._save_document(_STATE, name, msgspec.json.encode(last))
        self._arm_schedule(schedule)

    def _start_scheduled(self, schedule: WorkflowSchedule, run: ScheduleExecution, cron: str) -> str:
        request = schedule.start_workflow_request or StartWorkflowRequest()
        start = self.prepared(request)
        start.input = {
            **start.input,
            "_startedByScheduler": schedule.name,
            "_scheduledTime": run.scheduled_time,
            "_executedTime": run.execution_time,
            "_executionId": run.execution_id,
            "_schedulerCron": cron,
        }
        return self.begin(start).id

    def _remember_run(self, run: ScheduleExecution) -> None:
        runs = self._runs.setdefault(run.schedule_name or "", deque())
        runs.append(run)
        if len(runs) > _RUNS_KEPT:
            self._save_document(_RUN, _run_key(runs.popleft()), None)


def _run_key(run: ScheduleExecution) -> str:
    return f"{run.schedule_name}\n{run.scheduled_time or 0:015d}\n{run.execution_id}"


def _workflow_name(schedule: WorkflowSchedule) -> str | None:
    request = schedule.start_workflow_request
    return request.name if request is not None else None


def _crons(schedule: WorkflowSchedule) -> list[CronSchedule]:
    """Its cron expressions: the list of them, else the single one."""
    if schedule.cron_schedules:
        return schedule.cron_schedules
    return [CronSchedule(cron_expression=schedule.cron_expression, zone_id=schedule.zone_id)]


def _cron(entry: CronSchedule) -> Cron:
    """Raises InvalidInput where the expression or its time zone makes no sense."""
    try:
        return Cron(entry.cron_expression or "", parse_zone(entry.zone_id or "UTC"))
    except (InvalidCron, InvalidZone) as error:
        raise InvalidInput(str(error)) from error
