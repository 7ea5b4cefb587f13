"""Written by hand for `Workflow`, `WorkflowRun` and `WorkflowStatus`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conductor.client.http.models.task import Task

#: The server's own sorting of a workflow's states (its WorkflowStatus): PAUSED counts as successful and as running.
TERMINAL = frozenset({"COMPLETED", "FAILED", "TIMED_OUT", "TERMINATED"})
SUCCESSFUL = frozenset({"PAUSED", "COMPLETED"})
RUNNING = frozenset({"RUNNING", "PAUSED"})


class WorkflowStateMixin:
    """What a workflow's status means."""

    if TYPE_CHECKING:
        status: str | None
    else:
        __slots__ = ()

    def is_completed(self) -> bool:
        """Whether the workflow has ended, well or not."""
        return self.status in TERMINAL

    def is_successful(self) -> bool:
        """Whether the status is COMPLETED, or PAUSED, which the server counts as successful too."""
        return self.status in SUCCESSFUL

    def is_running(self) -> bool:
        """Whether the workflow has not ended: RUNNING or PAUSED."""
        return self.status in RUNNING


class WorkflowMixin(WorkflowStateMixin):
    """Helpers of a workflow that has its tasks."""

    if TYPE_CHECKING:
        tasks: list[Task] | None
    else:
        __slots__ = ()

    @property
    def current_task(self) -> Task | None:
        """The last task that is scheduled or in progress."""
        waiting = [task for task in self.tasks or () if task.status in ("SCHEDULED", "IN_PROGRESS")]
        return waiting[-1] if waiting else None

    def get_task(self, name: str | None = None, task_reference_name: str | None = None) -> Task | None:
        """The last task with this definition name, or with this reference name (of a loop: its last iteration).

        Raises ValueError unless exactly one of the two is given.
        """
        if (name is None) == (task_reference_name is None):
            raise ValueError("get_task takes either name or task_reference_name")
        if name is not None:
            found = [task for task in self.tasks or () if task.task_def_name == name]
        else:
            found = [task for task in self.tasks or () if task_reference_name in _reference_names(task)]
        return found[-1] if found else None


def _reference_names(task: Task) -> tuple[str | None, str | None]:
    """In a loop a task is called `ref__2`, while its definition says `ref`."""
    definition = task.workflow_task
    return task.reference_task_name, definition.task_reference_name if definition else None
