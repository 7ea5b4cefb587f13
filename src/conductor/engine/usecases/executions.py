"""Use cases that start workflows and look at them."""

from __future__ import annotations

from typing import Any

from conductor.engine.errors import Conflict, InvalidInput, NotFound, TooManyRequests
from conductor.engine.model import (
    ExternalStorageLocation,
    SearchPage,
    StartWorkflowRequest,
    Workflow,
    WorkflowStatus,
)
from conductor.engine.starting import Starting
from conductor.engine.state import Execution
from conductor.engine.validate import check_start_by_name, check_start_request
from conductor.engine.views import task_view, workflow_view

PAYLOAD_TYPES = frozenset({"WORKFLOW_INPUT", "WORKFLOW_OUTPUT", "TASK_INPUT", "TASK_OUTPUT"})
#: messages that may wait for one workflow
MAX_MESSAGES = 1000


class Executions(Starting):
    """Starting workflows and looking at them (`/workflow`)."""

    def start_workflow(self, request: StartWorkflowRequest) -> str:
        """Start a workflow and schedule its first tasks; returns its id (`POST /workflow`).

        Raises InvalidInput, ValidationFailed (inline definition), NotFound (no such definition).
        """
        check_start_request(request, surroundings=self.surroundings())
        execution = self.begin(self.prepared(request))
        self.drain()
        return execution.id

    def start_workflow_by_name(
        self,
        name: str,
        workflow_input: dict[str, Any] | None,
        *,
        version: int | None = None,
        correlation_id: str | None = None,
        priority: int = 0,
    ) -> str:
        """Start a registered workflow (`POST /workflow/{name}`); returns its id."""
        check_start_by_name(priority)
        if self.definitions.find(name, version) is None:
            shown = "null" if version is None else version
            raise NotFound(f"No such workflow found by name: {name}, version: {shown}")
        return self.start_workflow(
            StartWorkflowRequest(
                name=name, version=version, correlation_id=correlation_id, priority=priority, input=workflow_input
            )
        )

    def get_workflow(self, workflow_id: str, include_tasks: bool = True) -> Workflow:
        """A workflow as it is now (`GET /workflow/{workflowId}`). Raises NotFound."""
        return workflow_view(self.get(workflow_id), include_tasks)

    def get_workflow_status(
        self, workflow_id: str, include_output: bool = False, include_variables: bool = False
    ) -> WorkflowStatus:
        """Status, output and variables (`GET /workflow/{workflowId}/status`). Raises NotFound."""
        record = self.get(workflow_id).record
        return WorkflowStatus(
            workflow_id=workflow_id,
            correlation_id=record.correlation_id,
            output=record.output if include_output else None,
            variables=record.variables if include_variables else None,
            status=record.status,
        )

    def get_workflow_tasks(
        self, workflow_id: str, start: int = 0, count: int = 15, status: list[str] | None = None
    ) -> SearchPage:
        """A page of its tasks (`GET /workflow/{workflowId}/tasks`). Raises NotFound."""
        execution = self.get(workflow_id)
        wanted = {name.upper() for name in status or ()}
        tasks = [task for task in execution.tasks if not wanted or task.status in wanted]
        page = [task_view(execution, task) for task in tasks[start : start + count]]
        return SearchPage(total_hits=len(tasks), results=page)

    def get_running_workflows(
        self, name: str, version: int = 1, start_time: int | None = None, end_time: int | None = None
    ) -> list[str]:
        """Ids of open workflows, or of all that were created between two times (`GET /workflow/running/{name}`)."""
        if start_time and end_time:
            ids = self.store.workflow_ids(name=name, open_only=False, created=(start_time, end_time))
            ids += [e.id for e in self.unwritten(name) if start_time <= e.record.created <= end_time]
            found = (self.find(workflow_id) for workflow_id in dict.fromkeys(ids))
            return [execution.id for execution in found if execution and execution.record.version == version]
        ids = self.store.workflow_ids(name=name, open_only=True) + [e.id for e in self.unwritten(name)]
        found = (self.find(workflow_id) for workflow_id in dict.fromkeys(ids))
        return [execution.id for execution in found if execution and not execution.record.terminal]

    def get_correlated_workflows(
        self, name: str, correlation_ids: list[str], *, include_closed: bool = False, include_tasks: bool = False
    ) -> dict[str, list[Workflow]]:
        """Workflows by correlation id; each id asked for is a key (`/workflow/{name}/correlated`)."""
        found: dict[str, list[Workflow]] = {correlation_id: [] for correlation_id in correlation_ids}
        rows = self.store.correlated(name, correlation_ids, open_only=False)
        ids = [row.id for row in rows] + [e.id for e in self.unwritten(name)]
        for workflow_id in dict.fromkeys(ids):
            execution = self.find(workflow_id)
            correlation_id = execution.record.correlation_id if execution else None
            if execution is None or correlation_id not in found:
                continue
            if include_closed or execution.record.status == "RUNNING":
                found[correlation_id or ""].append(workflow_view(execution, include_tasks))
        return found

    def unwritten(self, name: str) -> list[Execution]:
        """Workflows of a name whose last change is not yet in the store."""
        return [execution for execution in self.journal.unwritten_executions() if execution.record.name == name]

    def get_external_storage_location(self, path: str, operation: str, payload_type: str) -> ExternalStorageLocation:
        """Where a payload is to be stored (`GET /workflow/externalstoragelocation`). Raises InvalidInput."""
        if operation.upper() not in ("READ", "WRITE") or payload_type.upper() not in PAYLOAD_TYPES:
            raise InvalidInput(f"Invalid input - Operation: {operation}, PayloadType: {payload_type}")
        return ExternalStorageLocation(path=f"{path}{self.new_id()}.json")

    def push_message(self, workflow_id: str, payload: dict[str, Any]) -> str:
        """Queue a message for PULL_WORKFLOW_MESSAGES (`POST /workflow/{workflowId}/messages`); returns its id.

        Raises NotFound, Conflict (not running), TooManyRequests (queue full).
        """
        if not self.settings.message_queue:
            raise NotFound(f"No static resource api/workflow/{workflow_id}/messages.")
        execution = self.get(workflow_id)
        record = execution.record
        if record.status != "RUNNING":
            raise Conflict(f"Workflow {workflow_id} is not RUNNING. Current status: {record.status}")
        if len(record.messages) >= MAX_MESSAGES:
            raise TooManyRequests(f"The message queue of workflow {workflow_id} is full")
        turn, message_id = self.turn(execution), self.new_id()
        message = {"id": message_id, "workflowId": workflow_id, "payload": payload, "receivedAt": turn.now}
        record.messages = [*record.messages, message]
        turn.change_workflow()
        self.apply(turn)
        self.decide_on(execution)
        return message_id
