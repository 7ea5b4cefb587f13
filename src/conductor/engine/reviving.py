"""Bringing an execution that ended back to work: retry, rerun, restart. Changes of one execution, made in a turn."""

from __future__ import annotations

from typing import Any

from conductor.engine.decide import schedule
from conductor.engine.definition import Definition
from conductor.engine.errors import Conflict
from conductor.engine.retry import again
from conductor.engine.state import Execution, TaskRecord, join_refs
from conductor.engine.turn import Turn

#: tasks that go on where they were instead of being made anew
_IN_PLACE = frozenset({"DO_WHILE", "FORK", "FORK_JOIN", "JOIN", "EXCLUSIVE_JOIN"})


def restart(turn: Turn, definition: Definition | None = None) -> None:
    """From the start, with the same input; `definition` replaces the one it ran with. Variables keep their values."""
    execution, record = turn.execution, turn.execution.record
    turn.drop(execution.tasks)
    if definition is not None:
        execution.definition = definition
        record.definition, record.version = definition.digest, definition.value.version
    _run_again(turn)
    record.created, record.last_retried, record.ended, record.output = turn.now, 0, 0, {}
    _forget_failures(turn)


def rerun_all(turn: Turn, workflow_input: dict[str, Any] | None, correlation_id: str | None) -> None:
    """From the start; what the last run left in output and variables stays until it is overwritten."""
    turn.drop(turn.execution.tasks)
    reopen(turn, workflow_input, correlation_id)


def reopen(turn: Turn, workflow_input: dict[str, Any] | None = None, correlation_id: str | None = None) -> None:
    """Running again, with nothing said against it."""
    record = turn.execution.record
    record.input = workflow_input if workflow_input is not None else record.input
    record.correlation_id = correlation_id if correlation_id is not None else record.correlation_id
    _run_again(turn)
    _forget_failures(turn)


def rerun_from(turn: Turn, task: TaskRecord, task_input: dict[str, Any] | None) -> None:
    """From a task: what came after it is forgotten, it is begun anew with its id, others that failed are as well."""
    execution = turn.execution
    if task.task_type != "SUB_WORKFLOW":
        turn.drop([other for other in execution.tasks if other.seq > task.seq])
        _look_again_at_ends(turn, task)
        _go_back_to_iteration(turn, task)
    if task_input is not None:
        task.input = task_input
    if task.task_type == "FORK" and execution.node(task).type == "FORK_JOIN_DYNAMIC":
        turn.drop([task])
        schedule(turn, turn.map(execution.node(task), task.iteration))
    else:
        reset(turn, task)
    for other in list(execution.tasks):
        if other is not task and other.unsuccessful and not other.retried:
            reset(turn, other)


def _look_again_at_ends(turn: Turn, task: TaskRecord) -> None:
    """Tasks of other branches whose successors were forgotten get them again."""
    execution = turn.execution
    for other in execution.tasks:
        if other is task or not other.executed or other.unsuccessful or other.task_type == "DO_WHILE":
            continue
        node = execution.definition.next(other.base_ref)
        ref = node.task_reference_name or "" if node is not None else None
        inner = node is not None and execution.definition.loop_of.get(ref or "")
        wanted = f"{ref}__{other.iteration}" if inner and other.iteration else ref
        if ref is not None and wanted not in execution.last:
            other.executed = False
            execution.move(other, other.status)
            turn.touch(other)


def _go_back_to_iteration(turn: Turn, task: TaskRecord) -> None:
    """The loop that a task is in is underway again, in the task's iteration."""
    loop_ref = turn.execution.definition.loop_of.get(task.base_ref)
    loop = turn.execution.last.get(loop_ref or "")
    if loop is None or loop is task or not task.iteration:
        return
    loop.iteration = task.iteration
    kept = {k: v for k, v in loop.output.items() if not (k.isdigit() and int(k) > task.iteration)}
    loop.output = {**kept, "iteration": task.iteration}
    resume_in_place(turn, loop)


def reset(turn: Turn, task: TaskRecord) -> None:
    """A task as if it had just been scheduled, with its id and its input."""
    kind = turn.world.system_type(task.task_type)
    task.output, task.reason, task.worker_id = {}, None, None
    task.started = task.ended = task.poll_count = task.callback_after = task.callback_after_ms = task.wait_until = 0
    task.retried = task.executed = False
    task.sub_workflow_id = None
    task.scheduled = task.first_scheduled = task.updated = turn.now
    if kind is None or kind.asynchronous:
        turn.execution.move(task, "SCHEDULED")
        turn.enqueue(task)
        return
    turn.execution.move(task, "IN_PROGRESS")
    task.started = turn.now
    turn.touch(task)
    kind.start(turn, task)


def resume_in_place(turn: Turn, task: TaskRecord) -> None:
    """An ended JOIN or DO_WHILE, or a SUB_WORKFLOW whose workflow goes on, is underway again."""
    task.ended, task.reason, task.executed, task.retried = 0, None, False, False
    task.updated = turn.now
    turn.execution.move(task, "IN_PROGRESS")
    turn.touch(task)


def retry_failed(turn: Turn) -> None:
    """Every task that failed or was cancelled gets another attempt. Raises Conflict where there is none."""
    execution, record = turn.execution, turn.execution.record
    retriable, resumed = _retriable(execution)
    if not retriable and record.status != "TIMED_OUT":
        raise Conflict(
            "There are no retryable tasks! Use restart if you want to attempt entire workflow execution again."
        )
    for task in resumed:
        resume_in_place(turn, task)
    record.last_retried = turn.now
    _run_again(turn)
    fresh: list[TaskRecord] = []
    for task in sorted(retriable, key=lambda t: t.seq):
        if task.task_type in _IN_PLACE:
            execution.taken.discard((task.ref, task.retry_count))
            task.retry_count += 1
            execution.taken.add((task.ref, task.retry_count))
            resume_in_place(turn, task)
        else:
            fresh += _another_attempt(turn, task)
    schedule(turn, fresh)


def _another_attempt(turn: Turn, task: TaskRecord) -> list[TaskRecord]:
    node = turn.execution.node(task)
    if task.task_type in ("SWITCH", "DECISION"):  # it failed by its expression: evaluate that again
        made = turn.world.task_type(node.type).map(turn, node, task.iteration)
        made[0].retry_count, made[0].retried_task_id = task.retry_count + 1, task.task_id
    else:
        made = [again(turn, task)]
        made[0].reason = None
    turn.execution.settle(task, executed=True, retried=True)
    turn.touch(task)
    return made


def _retriable(execution: Execution) -> tuple[list[TaskRecord], list[TaskRecord]]:
    """The tasks that get another attempt, and those that go on as they are."""
    retriable: dict[str, TaskRecord] = {}
    resumed: list[TaskRecord] = []
    for task in execution.tasks:
        cancelled = task.status == "CANCELED" and task.task_type in ("JOIN", "DO_WHILE")
        if cancelled or (task.status == "FAILED" and _failed_by_permissive(execution, task)):
            resumed.append(task)
        elif task.unsuccessful:
            retriable[task.ref] = task
        else:
            retriable.pop(task.ref, None)
    return list(retriable.values()), resumed


def _failed_by_permissive(execution: Execution, join: TaskRecord) -> bool:
    if join.task_type not in ("JOIN", "EXCLUSIVE_JOIN"):
        return False
    joined = [execution.last[ref] for ref in join_refs(join) if ref in execution.last]
    return any(
        task.status == "FAILED" and (node := execution.node(task)).permissive and not node.optional for task in joined
    )


def _run_again(turn: Turn) -> None:
    record = turn.execution.record
    record.status, record.reason = "RUNNING", None
    turn.change_workflow()


def _forget_failures(turn: Turn) -> None:
    record = turn.execution.record
    record.failed_task_id, record.failed_refs, record.failed_names = None, [], []
