"""One turn of the decider: an execution, the time, what may be asked of the world, and what the turn changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from conductor.engine.context import ExpressionContext
from conductor.engine.evaluation import Evaluation, NotEvaluatedYet
from conductor.engine.expressions import Environment, evaluate_templates, resolve_secrets, substitute, task_input
from conductor.engine.model import TaskDef, WorkflowTask
from conductor.engine.settings import EngineSettings
from conductor.engine.state import Execution, TaskRecord

if TYPE_CHECKING:
    from conductor.engine.tasks.base import TaskType


class Terminate(Exception):
    """The workflow ends now, with this status and reason; `task` is what caused it."""

    def __init__(self, reason: str | None, status: str = "FAILED", task: TaskRecord | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.task = task


class World(Protocol):
    """What the decider asks of its surroundings. The same answers give the same turn."""

    settings: EngineSettings
    env: Environment

    def new_id(self) -> str: ...
    def jitter(self, limit_ms: int) -> int: ...
    def task_def(self, name: str) -> TaskDef | None: ...
    def fill(self, node: WorkflowTask) -> None: ...
    def pick_domain(self, task_type: str, task_to_domain: Mapping[str, str]) -> str | None: ...
    def task_type(self, name: str) -> TaskType: ...
    def system_type(self, name: str) -> TaskType | None: ...
    def evaluate(self, workflow_id: str, wanted: Evaluation) -> Any: ...


@dataclass(frozen=True, slots=True)
class ParentTold:
    """The workflow ended: the SUB_WORKFLOW task that started it ends as well."""


@dataclass(frozen=True, slots=True)
class ChildEnds:
    """A cancelled SUB_WORKFLOW task: its workflow is to be terminated."""

    workflow_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class FailureWorkflow:
    """The workflow failed: its failure workflow is to be started under this id."""

    name: str
    version: int | None
    workflow_id: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Published:
    """A message for an event queue (`type:name`)."""

    event: str
    message_id: str
    payload: Any


Effect = ParentTold | ChildEnds | FailureWorkflow | Published


@dataclass(slots=True)
class Turn:
    """Changes are made in the execution and noted here, for the caller to store and to act on."""

    execution: Execution
    world: World
    now: int
    touched: dict[str, TaskRecord] = field(default_factory=dict)
    dropped: list[TaskRecord] = field(default_factory=list)
    workflow_changed: bool = False
    effects: list[Effect] = field(default_factory=list)
    #: a script is still being evaluated
    waits: bool = False

    # -- changes ----------------------------------------------------------------------------------------------------

    def touch(self, task: TaskRecord) -> None:
        """Note that a task changed."""
        self.touched[task.task_id] = task

    def change_workflow(self) -> None:
        """Note that the workflow itself changed."""
        self.workflow_changed = True
        self.execution.record.updated = self.now

    def finish(
        self, task: TaskRecord, status: str, reason: str | None = None, output: dict[str, Any] | None = None
    ) -> None:
        """End a task."""
        if reason is not None:
            task.reason = reason
        if output is not None:
            task.output = output
        task.ended = task.updated = self.now
        task.due = None
        self.execution.move(task, status)
        self.touch(task)

    def enqueue(self, task: TaskRecord, delay_ms: int = 0) -> None:
        """Put a task into its queue."""
        task.due = self.now + delay_ms
        task.queued = self.now
        self.touch(task)

    def drop(self, tasks: list[TaskRecord]) -> None:
        """Delete tasks."""
        if tasks:
            self.execution.drop(tasks)
            self.dropped.extend(tasks)
            for task in tasks:
                self.touched.pop(task.task_id, None)

    # -- new tasks --------------------------------------------------------------------------------------------------

    def map(self, node: WorkflowTask, iteration: int = 0) -> list[TaskRecord]:
        """The tasks that a node of the definition gives, without those that run or have ended already."""
        made = self.world.task_type(node.type).map(self, node, iteration)
        last = self.execution.last
        return [
            task
            for task in made
            if (known := last.get(task.ref)) is None or not (known.terminal or known.status == "IN_PROGRESS")
        ]

    def new_task(
        self,
        node: WorkflowTask,
        iteration: int,
        *,
        task_type: str | None = None,
        def_name: str | None = None,
        status: str = "IN_PROGRESS",
        inputs: dict[str, Any] | None = None,
        task_id: str | None = None,
    ) -> TaskRecord:
        """A task of a node, not yet scheduled; its input is that of the node unless given."""
        ref = node.task_reference_name or ""
        task_id = task_id or self.world.new_id()
        return TaskRecord(
            task_id=task_id,
            ref=f"{ref}__{iteration}" if iteration else ref,
            task_type=task_type or node.type,
            def_name=def_name or node.name or "",
            status=status,
            input=self.inputs(node, task_id) if inputs is None else inputs,
            scheduled=self.now,
            iteration=iteration,
            workflow_task=None if self.execution.definition.nodes.get(ref) is node else node,
        )

    # -- expressions ------------------------------------------------------------------------------------------------

    def inputs(self, node: WorkflowTask, task_id: str | None = None) -> dict[str, Any]:
        """A node's input parameters, over its task definition's input template, evaluated."""
        template = node.task_definition.input_template if node.task_definition else None
        context = ExpressionContext(self.execution)
        return task_input(node.input_parameters, template, context, env=self.world.env, task_id=task_id)

    def substitute(self, value: Any, task_id: str | None = None) -> Any:
        """A value with its `${...}` evaluated."""
        context = ExpressionContext(self.execution)
        return substitute(value, context, env=self.world.env, task_id=task_id)

    def evaluated(self, templates: dict[str, Any]) -> dict[str, Any]:
        """A map of parameters with their `${...}` evaluated."""
        return evaluate_templates(templates, ExpressionContext(self.execution), env=self.world.env)

    def evaluate(self, kind: str, script: str, scope: dict[str, Any]) -> Any:
        """The value of a script. Raises EvaluationFailed, or NotEvaluatedYet: then look again in a later turn."""
        try:
            return self.world.evaluate(self.execution.id, Evaluation(kind, script, scope, self.now))
        except NotEvaluatedYet:
            self.waits = True
            raise

    def revealed(self, value: Any) -> Any:
        """A copy with the secrets in it: for use, never to be stored."""
        return resolve_secrets(value, self.world.env.secrets)
