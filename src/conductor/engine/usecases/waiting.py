"""Use cases that find a task by its name or by its waiting, and those that answer when a workflow blocks."""

from __future__ import annotations

from typing import Any

from conductor.engine.errors import NotFound
from conductor.engine.model import StartWorkflowRequest, TaskResult, Workflow
from conductor.engine.pending import PendingAnswer, Watch, open_sub_workflows
from conductor.engine.state import Execution, TaskRecord
from conductor.engine.usecases.executions import Executions
from conductor.engine.usecases.tasks import Tasks
from conductor.engine.views import workflow_view


class Waiting(Executions, Tasks):
    """Synchronous execution, signals, updates by reference name."""

    def execute_workflow(
        self,
        request: StartWorkflowRequest,
        *,
        request_id: str | None = None,
        wait_until_task_ref: str | None = None,
        return_strategy: str = "TARGET_WORKFLOW",
    ) -> PendingAnswer:
        """Start a workflow and answer when it ends or blocks (`POST /workflow/execute/{name}/{version}`).

        Name and version (0 or None: latest) are those of `request`; the caller waits (`waitForSeconds`) on the answer.
        """
        if request.workflow_def is not None and request.workflow_def.tasks:
            request.input = {**(request.input or {}), "_systemMetadata": {"dynamic": True}}
        execution = self.get(self.start_workflow(request))
        refs = [ref.strip() for ref in (wait_until_task_ref or "").split(",") if ref.strip()]
        return Watch(self, execution.id, request_id or self.new_id(), return_strategy, refs)

    def update_task_by_ref(
        self, workflow_id: str, task_ref: str, status: str, output: dict[str, Any] | None, worker_id: str | None = None
    ) -> str | None:
        """Update the open task of that reference name (`POST /tasks/{workflowId}/{taskRefName}/{status}`).

        Returns its id, None where there is no such task or workflow.
        """
        execution = self.find(workflow_id)
        task = _open_task(execution, task_ref) if execution else None
        if execution is None or task is None:
            return None
        self._update_merged(execution, task, status, output, worker_id)
        return task.task_id

    def _update_merged(
        self, execution: Execution, task: TaskRecord, status: str, output: dict[str, Any] | None, worker_id: str | None
    ) -> None:
        """Update a task, keeping what it has beside the output that is given."""
        result = TaskResult(
            workflow_instance_id=execution.id,
            task_id=task.task_id,
            reason_for_incompletion=task.reason,
            callback_after_seconds=task.callback_after,
            worker_id=worker_id or task.worker_id,
            status=status,  # type: ignore[arg-type]
            output_data={**task.output, **(output or {})},
            sub_workflow_id=task.sub_workflow_id,
        )
        self._update(result)

    def update_task_by_ref_sync(
        self, workflow_id: str, task_ref: str, status: str, output: dict[str, Any] | None, worker_id: str | None = None
    ) -> Workflow:
        """The same, answering with the workflow (`.../sync`). Raises NotFound."""
        if self.update_task_by_ref(workflow_id, task_ref, status, output, worker_id) is None:
            raise NotFound(f"Found no running task {task_ref} of workflow {workflow_id} to update")
        return workflow_view(self.get(workflow_id))

    def signal(self, workflow_id: str, status: str, output: dict[str, Any] | None) -> None:
        """Complete the first open WAIT (`POST /tasks/{workflowId}/{status}/signal`), nothing where none waits.

        Raises NotFound (no such workflow).
        """
        self._signal(self.get(workflow_id), status, output)

    def _signal(self, execution: Execution, status: str, output: dict[str, Any] | None) -> bool:
        """Complete the first open WAIT, of the workflow or else of its running sub-workflows; whether there is one."""
        task = next((t for t in execution.open.values() if t.task_type == "WAIT"), None)
        if task is not None:
            self._update_merged(execution, task, status, output, None)
            return True
        return any(self._signal(child, status, output) for child in open_sub_workflows(self, execution))

    def signal_sync(
        self, workflow_id: str, status: str, output: dict[str, Any] | None, return_strategy: str = "TARGET_WORKFLOW"
    ) -> PendingAnswer:
        """The same, answering when the workflow ends or blocks again (`.../signal/sync`). Raises NotFound."""
        execution = self.get(workflow_id)
        if not self._signal(execution, status, output):
            raise NotFound(f"Found no blocked task in workflow {workflow_id} to signal")
        return Watch(self, execution.id, self.new_id(), return_strategy, [])


def _open_task(execution: Execution, ref: str) -> TaskRecord | None:
    """The open task of a reference name, else the one of an iteration of it."""
    by_ref = (task for task in execution.open.values() if task.ref == ref)
    by_base = (task for task in execution.open.values() if task.base_ref == ref)
    return next(by_ref, None) or next(by_base, None)
