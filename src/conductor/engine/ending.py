"""How a workflow ends: its output, its status and reason, and what becomes of the tasks that are still open."""

from __future__ import annotations

from conductor.engine.state import Execution, TaskRecord
from conductor.engine.turn import ChildEnds, FailureWorkflow, ParentTold, Terminate, Turn


def complete(turn: Turn, reason: str | None = None) -> None:
    """All is done."""
    _end(turn, "COMPLETED", reason)
    if turn.execution.record.parent_id:
        turn.effects.append(ParentTold())


def end_by_terminate_task(turn: Turn, task: TaskRecord) -> None:
    """A TERMINATE task says how it ends."""
    status = str(task.input.get("terminationStatus"))
    reason = task.input.get("terminationReason")
    reason = str(reason) if reason else f"Workflow is {status} by TERMINATE task: {task.task_id}"
    if status == "COMPLETED":
        complete(turn, reason)
    else:
        terminate(turn, Terminate(reason, status, task))


def terminate(turn: Turn, end: Terminate) -> None:
    """It ends for a reason that is not success (but for a definition without tasks, which completes)."""
    record = turn.execution.record
    if end.task is not None:
        record.failed_task_id = record.failed_task_id or end.task.task_id
        turn.touch(end.task)
    if end.status == "COMPLETED":
        complete(turn, end.reason)
        return
    _end(turn, end.status, end.reason)
    if record.parent_id:
        turn.effects.append(ParentTold())
    _start_failure_workflow(turn)


def terminate_by_request(turn: Turn, reason: str | None) -> None:
    """Somebody, or the parent, ends it: no failure workflow."""
    _end(turn, "TERMINATED", reason)
    if turn.execution.record.parent_id:
        turn.effects.append(ParentTold())


def _end(turn: Turn, status: str, reason: str | None) -> None:
    execution, record = turn.execution, turn.execution.record
    record.output = workflow_output(turn)
    record.status, record.ended = status, turn.now
    record.reason = reason if reason is not None or status != "COMPLETED" else record.reason
    record.pending = False
    for task in execution.tasks:
        if task.status in ("FAILED", "FAILED_WITH_TERMINAL_ERROR"):
            if task.ref not in record.failed_refs:
                record.failed_refs = [*record.failed_refs, task.ref]
            if task.def_name not in record.failed_names:
                record.failed_names = [*record.failed_names, task.def_name]
    turn.change_workflow()
    _cancel_open_tasks(turn, status, reason)


def _cancel_open_tasks(turn: Turn, status: str, reason: str | None) -> None:
    for task in list(turn.execution.open.values()):
        turn.finish(task, "CANCELED")
        kind = turn.world.system_type(task.task_type)
        if kind is not None:
            kind.cancel(turn, task)
        if task.task_type == "SUB_WORKFLOW" and task.sub_workflow_id:
            why = f"with reason: {reason}" if reason else f"with status {status}"
            turn.effects.append(ChildEnds(task.sub_workflow_id, f"Parent workflow has been terminated {why}"))


def workflow_output(turn: Turn) -> dict[str, object]:
    """A TERMINATE task's output, else the output parameters, else the output of the last task."""
    execution = turn.execution
    for task in execution.tasks:
        if task.task_type == "TERMINATE" and task.terminal and not task.unsuccessful:
            return task.output
    parameters = execution.definition.value.output_parameters
    if parameters:
        return turn.evaluated(parameters)
    return execution.tasks[-1].output if execution.tasks else {}


def _start_failure_workflow(turn: Turn) -> None:
    execution = turn.execution
    name = _failure_workflow_name(execution)
    if not name:
        return
    started = turn.world.new_id()
    execution.record.output = {**execution.record.output, "conductor.failure_workflow": started}
    version = execution.definition.value.failure_workflow_version
    turn.effects.append(FailureWorkflow(name, version, started, execution.record.reason))


def _failure_workflow_name(execution: Execution) -> str | None:
    """A name, or a member of the workflow's input: `$workflow.input.x`, also written `${workflow.input.x}`."""
    name = execution.definition.value.failure_workflow
    if not name or not name.startswith("$"):
        return name
    parts = name.removeprefix("${").removesuffix("}").split(".")
    value = execution.record.input.get(parts[2]) if len(parts) > 2 else None
    return value if isinstance(value, str) else None
