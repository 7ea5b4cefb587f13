"""Use cases that change the course of a workflow."""

from __future__ import annotations

from conductor.engine.ending import terminate_by_request
from conductor.engine.errors import Conflict, IllegalState, InvalidInput
from conductor.engine.model import SkipTaskRequest
from conductor.engine.starting import Starting
from conductor.engine.state import Execution, TaskRecord


class Lifecycle(Starting):
    """Pausing, ending and removing workflows (`/workflow/{workflowId}/...`)."""

    def decide(self, workflow_id: str) -> None:
        """Look at a workflow again (`PUT /workflow/decide/{workflowId}`). Raises NotFound."""
        self.decide_on(self.get(workflow_id))

    def pause_workflow(self, workflow_id: str) -> None:
        """Schedule nothing new until resumed (`PUT .../pause`). Raises NotFound, Conflict (ended)."""
        execution = self.get(workflow_id)
        if execution.record.terminal:
            raise Conflict(f"Workflow {short_name(execution)} has ended, status cannot be updated.")
        if execution.record.status != "PAUSED":
            self._set_status(execution, "PAUSED")
            self.drain()

    def resume_workflow(self, workflow_id: str) -> None:
        """Go on (`PUT .../resume`). Raises NotFound, IllegalState (not paused)."""
        execution = self.get(workflow_id)
        if execution.record.status != "PAUSED":
            raise IllegalState(
                f"The workflow {workflow_id} is not PAUSED so cannot resume. "
                f"Current status is {execution.record.status}"
            )
        execution.record.last_retried = self.clock()
        self._set_status(execution, "RUNNING")
        # Deadlines that came while it was paused were passed over.
        self.decide_on(execution, list(execution.open.values()))

    def _set_status(self, execution: Execution, status: str) -> None:
        turn = self.turn(execution)
        execution.record.status = status
        turn.change_workflow()
        self.apply(turn)

    def skip_task(self, workflow_id: str, task_ref: str, request: SkipTaskRequest | None = None) -> None:
        """Mark a task that is to come as skipped (`PUT .../skiptask/{taskReferenceName}`). Raises IllegalState."""
        execution = self.get(workflow_id)
        record, node = execution.record, execution.definition.nodes.get(task_ref)
        if record.status != "RUNNING":
            raise IllegalState(
                f"The workflow {workflow_id} is not running so the task referenced by {task_ref} cannot be skipped"
            )
        if node is None:
            raise IllegalState(
                f"The task referenced by {task_ref} does not exist in the WorkflowDefinition {record.name}"
            )
        if task_ref in execution.last:
            raise IllegalState(f"The task referenced {task_ref} has already been processed, cannot be skipped")
        turn = self.turn(execution)
        task = TaskRecord(
            task_id=self.new_id(), ref=task_ref, task_type=node.name or "", def_name=node.name or "", status="SKIPPED"
        )
        task.scheduled = task.ended = turn.now
        if request is not None:
            task.input, task.output = request.task_input or {}, request.task_output or {}
        execution.add(task)
        turn.touch(task)
        self.apply(turn)
        self.decide_on(execution)

    def reset_callbacks(self, workflow_id: str) -> None:
        """Make waiting SIMPLE tasks pollable at once (`POST .../resetcallbacks`). Raises Conflict (ended)."""
        execution = self.get(workflow_id)
        if execution.record.terminal:
            raise Conflict(f"Workflow is in terminal state. Status = {execution.record.status}")
        turn = self.turn(execution)
        for task in list(execution.open.values()):
            if task.status == "SCHEDULED" and task.callback_after > 0 and self.system_type(task.task_type) is None:
                task.callback_after = 0
                turn.enqueue(task)
        self.apply(turn)
        self.drain()

    def terminate_workflow(self, workflow_id: str, reason: str | None = None) -> None:
        """End a workflow (`DELETE /workflow/{workflowId}`). Raises NotFound, Conflict (completed)."""
        execution = self.get(workflow_id)
        if execution.record.status == "COMPLETED":
            raise Conflict("Cannot terminate a COMPLETED workflow.")
        if execution.record.status == "TERMINATED":
            return
        turn = self.turn(execution)
        terminate_by_request(turn, reason)
        self.apply(turn)
        self.drain()

    def remove_workflow(self, workflow_id: str, archive: bool = True) -> None:
        """Remove an execution (`DELETE .../remove`). Raises NotFound, InvalidInput (archiving an open one)."""
        execution = self.get(workflow_id)
        if archive and not execution.record.terminal:
            raise InvalidInput(f"Cannot archive workflow: {workflow_id} with status: {execution.record.status}")
        self.forget(execution)

    def terminate_and_remove(self, workflow_id: str, reason: str | None = None, archive: bool = True) -> None:
        """Both in one (`DELETE .../terminate-remove`)."""
        if self.get(workflow_id).record.status != "COMPLETED":
            self.terminate_workflow(workflow_id, reason)
        self.remove_workflow(workflow_id, archive)

    def forget(self, execution: Execution) -> None:
        """Remove an execution from memory and store."""
        for task in execution.tasks:
            self._forget(execution, task)
        self.timers.set(("workflow", execution.id, ""), None)
        self._open.pop(execution.id, None)
        self._recent.pop(execution.id, None)
        self.journal.batch.drop_execution(execution)
        self._gone[execution.id] = self.journal.batch.number


def short_name(execution: Execution) -> str:
    """`name.version/id`, as the server's messages say it."""
    record = execution.record
    return f"{record.name}.{record.version}/{record.workflow_id}"
