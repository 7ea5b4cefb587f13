"""Use cases that bring a finished workflow back to work, and the workflows that it is part of."""

from __future__ import annotations

from conductor.engine.errors import Conflict, EngineError, InvalidInput, NotFound
from conductor.engine.model import RerunWorkflowRequest
from conductor.engine.reviving import (
    reopen,
    rerun_all,
    rerun_from,
    reset,
    restart,
    resume_in_place,
    retry_failed,
)
from conductor.engine.starting import Starting
from conductor.engine.state import Execution, TaskRecord
from conductor.engine.store.port import LogRow
from conductor.engine.turn import Turn
from conductor.engine.usecases.lifecycle import short_name


class Revival(Starting):
    """Restart, retry and rerun (`/workflow/{workflowId}/...`)."""

    def restart_workflow(self, workflow_id: str, use_latest_definitions: bool = False) -> None:
        """Run a finished workflow again from the start (`POST .../restart`). Raises Conflict, NotFound."""
        execution = self._ended(workflow_id, "restart")
        if execution.record.status == "COMPLETED" and not execution.definition.value.restartable:
            raise NotFound(f"Workflow: {short_name(execution)} is non-restartable")
        definition = None
        if use_latest_definitions:
            latest = self.definitions.find(execution.record.name)
            if latest is None:
                raise NotFound(f"Unable to find latest definition for {workflow_id}")
            definition = self.definitions.ready(latest)
            self.definitions.keep(definition)
        turn = self._revived(execution)
        restart(turn, definition)
        self._go_on(turn, "restarted")

    def rerun_workflow(self, workflow_id: str, request: RerunWorkflowRequest) -> str:
        """Run a finished workflow again from a task (`POST .../rerun`); returns its id.

        Raises NotFound, Conflict (not ended), InvalidInput (no such task).
        """
        execution = self._ended(workflow_id, "rerun")
        if request.re_run_from_task_id is None:
            turn = self._revived(execution)
            rerun_all(turn, request.workflow_input, request.correlation_id)
            self._go_on(turn, "reran")
        elif not self._rerun_from(execution, request):
            raise InvalidInput(f"Task {request.re_run_from_task_id} not found")
        return workflow_id

    def _rerun_from(self, execution: Execution, request: RerunWorkflowRequest) -> bool:
        """Rerun from a task of the workflow, or of a sub-workflow of it; whether there is such a task."""
        task = execution.by_id.get(request.re_run_from_task_id or "")
        if task is not None:
            turn = self._revived(execution)
            reopen(turn, request.workflow_input, request.correlation_id)
            rerun_from(turn, task, request.task_input)
            self._go_on(turn, "reran")
            return True
        inner = RerunWorkflowRequest(re_run_from_task_id=request.re_run_from_task_id, task_input=request.task_input)
        for task in execution.tasks:
            child = self.find(task.sub_workflow_id) if task.sub_workflow_id else None
            if child is not None and child.record.terminal and self._rerun_from(child, inner):
                return True
        return False

    def retry_workflow(self, workflow_id: str, resume_subworkflow_tasks: bool = False) -> None:
        """Try the failed tasks of a finished workflow again (`POST .../retry`). Raises NotFound, Conflict."""
        execution = self.get(workflow_id)
        if not execution.record.terminal:
            raise NotFound(f"Workflow is still running.  status={execution.record.status}")
        if not execution.tasks:
            raise Conflict("Workflow has not started yet")
        if resume_subworkflow_tasks:
            execution = self._deepest_failed(execution)
        self._retry(execution)

    def _retry(self, execution: Execution) -> None:
        turn = self.turn(execution)
        retry_failed(turn)
        self.revive(execution)
        self._go_on(turn, "retried")

    def _deepest_failed(self, execution: Execution) -> Execution:
        """The sub-workflow, of sub-workflows, whose failure made the workflow fail."""
        while True:
            failed = next((t for t in execution.tasks if t.unsuccessful and not t.retried), None)
            if failed is not None and failed.task_type == "DO_WHILE":
                failed = next((t for t in execution.tasks if t.unsuccessful and t.sub_workflow_id), None)
            child = self.find(failed.sub_workflow_id) if failed and failed.sub_workflow_id else None
            if child is None or not child.record.terminal or child.record.status == "COMPLETED":
                return execution
            execution = child

    def _ended(self, workflow_id: str, verb: str) -> Execution:
        execution = self.get(workflow_id)
        if not execution.record.terminal:
            raise Conflict(f"Workflow: {short_name(execution)} is in non-terminal state, unable to {verb}.")
        return execution

    def _revived(self, execution: Execution) -> Turn:
        self.revive(execution)
        return self.turn(execution)

    def _go_on(self, turn: Turn, verb: str) -> None:
        execution = turn.execution
        self.apply(turn)
        self._revive_parents(execution, verb)
        self.decide_on(execution)

    # -- parents ------------------------------------------------------------------------------------------------------

    def _revive_parents(self, child: Execution, verb: str) -> None:
        """The SUB_WORKFLOW tasks that the workflow runs for are underway again, and so are their workflows."""
        revived: list[Execution] = []
        siblings: list[Execution] = []
        while child.record.parent_id:
            parent = self.find(child.record.parent_id)
            task = parent.by_id.get(child.record.parent_task_id or "") if parent else None
            if parent is None or task is None or task.retried or parent.node(task).optional:
                break
            siblings += self._revive_parent(parent, task, child, verb)
            revived.append(parent)
            child = parent
        for execution in siblings + revived:
            self.decide_on(execution)

    def _revive_parent(self, parent: Execution, task: TaskRecord, child: Execution, verb: str) -> list[Execution]:
        """Returns the workflows of other SUB_WORKFLOW tasks that were revived with it."""
        was_terminal, revived = parent.record.terminal, list[Execution]()
        self.revive(parent)
        turn = self.turn(parent)
        resume_in_place(turn, task)
        task.sub_workflow_id = child.id
        line = f"Sub workflow {short_name(child)} {verb}."
        self.journal.batch.logs.append(LogRow(task.task_id, turn.now, line))
        if was_terminal:
            reopen(turn)
            parent.record.last_retried = turn.now
            for sibling in list(parent.tasks):
                if sibling is not task and sibling.unsuccessful and not sibling.retried:
                    revived += self._revive_sibling(turn, sibling)
        self.apply(turn)
        return revived

    def _revive_sibling(self, turn: Turn, task: TaskRecord) -> list[Execution]:
        child = self.find(task.sub_workflow_id) if task.sub_workflow_id else None
        if child is not None:
            return self._revive_child(turn, task, child)
        if task.task_type in ("JOIN", "DO_WHILE"):
            resume_in_place(turn, task)
        elif task.status == "CANCELED":
            turn.execution.taken.discard((task.ref, task.retry_count))
            task.retry_count += 1
            turn.execution.taken.add((task.ref, task.retry_count))
            reset(turn, task)
        return []

    def _revive_child(self, turn: Turn, task: TaskRecord, child: Execution) -> list[Execution]:
        """The workflow of another failed SUB_WORKFLOW task is retried as well."""
        if not child.record.terminal:
            resume_in_place(turn, task)
            return []
        inner = self.turn(child)
        try:
            retry_failed(inner)
        except EngineError:
            return []  # there is nothing in it to try again: the task stays as it ended
        self.revive(child)
        resume_in_place(turn, task)
        self.apply(inner)
        return [child]
