"""What a kind of task is to the engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from conductor.engine.expressions import Environment, resolve_secrets
from conductor.engine.model import StartWorkflowRequest, WorkflowTask
from conductor.engine.state import Execution, TaskRecord
from conductor.engine.turn import Turn

if TYPE_CHECKING:
    from conductor.engine.tasks.http import Fetch


@dataclass(frozen=True)
class Outcome:
    """How a run outside of the decider ended; IN_PROGRESS: an update from outside will end the task."""

    status: str = "COMPLETED"
    reason: str | None = None
    output: dict[str, Any] = field(default_factory=dict)


class Host(Protocol):
    """What a task that runs outside of the decider may ask the engine for."""

    env: Environment
    fetch: Fetch | None

    def run(self, execution: Execution, task: TaskRecord, work: Callable[[], Outcome]) -> None:
        """Run `work` in a thread, and end the task with its outcome."""

    def start_other(self, request: StartWorkflowRequest) -> str: ...
    def start_child(self, execution: Execution, task: TaskRecord) -> None: ...
    def finish_task(
        self,
        execution: Execution,
        task: TaskRecord,
        status: str,
        reason: str | None = None,
        output: dict[str, Any] | None = None,
    ) -> None: ...


class TaskType:
    """A kind of task. One instance serves all workflows: what it must remember is in the task's record."""

    #: its name in definitions, and in `taskType` unless `map` says otherwise
    name: str = ""
    #: False for tasks that workers poll
    system: bool = True
    #: started by the engine when its queue says so, outside of the decider
    asynchronous: bool = False

    def map(self, turn: Turn, node: WorkflowTask, iteration: int) -> list[TaskRecord]:
        """The tasks that a node of this type gives; raises Terminate where it cannot give any."""
        status = "SCHEDULED" if self.asynchronous else "IN_PROGRESS"
        task = turn.new_task(node, iteration, status=status)
        if self.asynchronous:
            task.callback_after = node.start_delay
        return [task]

    def start(self, turn: Turn, task: TaskRecord) -> None:
        """Begin, in the turn that schedules the task (not for asynchronous ones)."""

    def execute(self, turn: Turn, task: TaskRecord) -> bool:
        """Look at an open task again; whether it changed."""
        return False

    def cancel(self, turn: Turn, task: TaskRecord) -> None:
        """The workflow ends before the task did."""

    def launch(self, host: Host, execution: Execution, task: TaskRecord) -> None:
        """Begin an asynchronous task, when its queue hands it out."""


class BackgroundTask(TaskType):
    """A task of a package: `run` gets the input, in a thread, and returns the output."""

    asynchronous = True

    def run(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Do the work. What it raises fails the task, which is then retried by its definition."""
        raise NotImplementedError

    def launch(self, host: Host, execution: Execution, task: TaskRecord) -> None:
        inputs = resolve_secrets(task.input, host.env.secrets)
        host.run(execution, task, lambda: self._outcome(inputs))

    def _outcome(self, inputs: dict[str, Any]) -> Outcome:
        try:
            return Outcome(output=self.run(inputs))
        except Exception as error:  # noqa: BLE001 - foreign code: what it raises fails the task
            return Outcome("FAILED", f"{type(error).__name__}: {error}")


def is_async_complete(task: TaskRecord, node: WorkflowTask) -> bool:
    """Whether the task ends by an update from outside instead of by its own run."""
    if task.task_type == "SUB_WORKFLOW":
        return True
    value = task.input.get("asyncComplete", node.async_complete)
    return value is True or (isinstance(value, str) and value.lower() == "true")
