"""Making executions: by a request, as a child of another, as the failure workflow of another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from conductor.engine import wire
from conductor.engine.decide import decide
from conductor.engine.definition import Definition
from conductor.engine.errors import EngineError, InvalidInput, NotFound
from conductor.engine.expressions import apply_workflow_template
from conductor.engine.model import StartWorkflowRequest, WorkflowDef
from conductor.engine.state import Execution, TaskRecord, WorkflowRecord
from conductor.engine.tasks.sub_workflow import child_id
from conductor.engine.ticking import Ticking
from conductor.engine.turn import FailureWorkflow
from conductor.engine.validate import Surroundings
from conductor.engine.views import workflow_view


@dataclass
class Start:
    """Everything that an execution is made of."""

    definition: Definition
    input: dict[str, Any]
    workflow_id: str | None = None
    correlation_id: str | None = None
    priority: int = 0
    task_to_domain: dict[str, str] = field(default_factory=dict)
    parent_id: str | None = None
    parent_task_id: str | None = None
    depth: int = 0
    event: str | None = None
    created_by: str | None = None
    trial: bool = False


class Starting(Ticking):
    """Executions come into being here."""

    def begin(self, start: Start) -> Execution:
        """Make an execution and decide on it for the first time; `drain` does what follows."""
        definition, now = start.definition.value, self.clock()
        record = WorkflowRecord(
            workflow_id=start.workflow_id or self.new_id(),
            name=definition.name or "",
            version=definition.version,
            definition=start.definition.digest,
            created=now,
            updated=now,
            input=apply_workflow_template(start.input, definition.input_template),
            variables=definition.variables,
            correlation_id=start.correlation_id,
            priority=start.priority,
            task_to_domain=start.task_to_domain,
            parent_id=start.parent_id,
            parent_task_id=start.parent_task_id,
            depth=start.depth,
            event=start.event,
            created_by=start.created_by,
            trial=start.trial,
        )
        execution = self.new_execution(record, start.definition)
        turn = decide(execution, self, now)
        turn.workflow_changed = True
        self.apply(turn)
        return execution

    def prepared(self, request: StartWorkflowRequest) -> Start:
        """What a request asks for. Raises NotFound, InvalidInput, EngineError."""
        if request.workflow_def is not None:
            definition = self.definitions.prepare(request.workflow_def)
        else:
            definition = self.definitions.ready(self._registered(request.name or "", request.version))
        if request.input is None and not request.external_input_payload_storage_path:
            raise InvalidInput("NULL input passed when starting workflow")
        return Start(
            definition,
            request.input or {},
            correlation_id=request.correlation_id,
            priority=request.priority or 0,
            task_to_domain=request.task_to_domain or {},
            created_by=request.created_by,
        )

    def surroundings(self) -> Surroundings:
        """What definitions may lean on."""
        return Surroundings(self.env.system.keys(), self._template_of)

    def _template_of(self, name: str) -> Mapping[str, Any]:
        definition = self.definitions.tasks.get(name)
        return definition.input_template if definition is not None else {}

    def _registered(self, name: str, version: int | None) -> WorkflowDef:
        definition = self.definitions.find(name, version)
        if definition is None:
            shown = "null" if version is None else version
            raise NotFound(f"No such workflow defined. name={name}, version={shown}")
        return definition

    def start_other(self, request: StartWorkflowRequest) -> str:
        """Start an independent workflow for a task. Raises EngineError."""
        return self.begin(self.prepared(request)).id

    # -- sub-workflows ------------------------------------------------------------------------------------------------

    def start_child(self, execution: Execution, task: TaskRecord) -> None:
        """Start the workflow of a SUB_WORKFLOW task, or take up the one that it has."""
        self._running.discard(task.task_id)
        known = self.find(child_id(execution.id, task))
        if known is not None and not known.record.terminal:
            self._attach(execution, task, known)
            return
        try:
            start = self._child_start(execution, task)
        except EngineError as error:
            self.finish_task(execution, task, "FAILED", error.message)
            return
        start.workflow_id = self.new_id() if known is not None else child_id(execution.id, task)
        turn = self.turn(execution)
        task.sub_workflow_id = start.workflow_id
        task.output = {"subWorkflowId": start.workflow_id}
        self._underway(turn.execution, task)
        child = self.begin(start)
        if child.record.terminal:
            self._tell_parent(child)

    def _attach(self, execution: Execution, task: TaskRecord, child: Execution) -> None:
        task.sub_workflow_id = child.id
        task.output = {"subWorkflowId": child.id}
        self._underway(execution, task)

    def _underway(self, execution: Execution, task: TaskRecord) -> None:
        turn = self.turn(execution)
        task.due = None
        task.updated = turn.now
        task.started = task.started or turn.now
        execution.move(task, "IN_PROGRESS")
        turn.touch(task)
        self.apply(turn)

    def _child_start(self, execution: Execution, task: TaskRecord) -> Start:
        inputs, record = task.input, execution.record
        depth = record.depth + 1
        if depth > self.settings.max_workflow_depth:
            raise InvalidInput(f"Sub workflows nest deeper than {self.settings.max_workflow_depth}")
        child_input = inputs.get("workflowInput") or inputs
        inline = inputs.get("subWorkflowDefinition")
        if inline is not None:
            definition = self._inline(inline)
            child_input = {**child_input, "_systemMetadata": {"dynamic": True}}
        else:
            version = _integer(inputs.get("subWorkflowVersion"))
            definition = self.definitions.ready(self._registered(str(inputs.get("subWorkflowName")), version or None))
        domains = inputs.get("subWorkflowTaskToDomain")
        return Start(
            definition,
            child_input,
            correlation_id=record.correlation_id,
            priority=_integer(inputs.get("priority")) or 0,
            task_to_domain=domains if isinstance(domains, dict) else record.task_to_domain,
            parent_id=record.workflow_id,
            parent_task_id=task.task_id,
            depth=depth,
            trial=record.trial,
        )

    def _inline(self, value: Any) -> Definition:
        plain = msgspec.to_builtins(value)
        try:
            return self.definitions.prepare(wire.convert(plain, WorkflowDef))
        except msgspec.ValidationError as error:
            raise InvalidInput(f"The definition of the sub workflow is malformed: {error}") from error

    # -- failure workflows --------------------------------------------------------------------------------------------

    def _start_failure_workflow(self, execution: Execution, effect: FailureWorkflow) -> None:
        record = execution.record
        try:
            if record.depth >= self.settings.max_workflow_depth:
                raise InvalidInput(f"Failure workflows follow each other more than {record.depth} times")
            definition = self.definitions.ready(self._registered(effect.name, effect.version))
        except EngineError as error:
            turn = self.turn(execution)
            problem = f"Error workflow {effect.name} failed to start.  reason: {error.message}"
            record.output = {**record.output, "conductor.failure_workflow": problem}
            turn.change_workflow()
            self.apply(turn)
            return
        failed = msgspec.json.decode(msgspec.json.encode(workflow_view(execution)))
        self.begin(
            Start(
                definition,
                {
                    **record.input,
                    "workflowId": record.workflow_id,
                    "reason": effect.reason,
                    "failureStatus": record.status,
                    "failureTaskId": record.failed_task_id,
                    "failedWorkflow": failed,
                },
                workflow_id=effect.workflow_id,
                correlation_id=record.correlation_id,
                task_to_domain=record.task_to_domain,
                depth=record.depth + 1,
            )
        )


def _integer(value: Any) -> int | None:
    """A number that may have come as text; None where it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return int(value)
    return int(value) if isinstance(value, str) and value.strip().lstrip("-").isdigit() else None
