"""The decider: what follows from the state of an execution.

`decide` is a function of the execution, the time and the answers of the world; it changes the execution and says in
its turn what it changed. It goes on until nothing more follows, without recursion.
"""

from __future__ import annotations

from collections.abc import Iterable

from conductor.engine.ending import complete, end_by_terminate_task, terminate
from conductor.engine.model import WorkflowTask
from conductor.engine.retry import retry
from conductor.engine.state import Execution, TaskRecord
from conductor.engine.timeouts import check_task, check_workflow
from conductor.engine.turn import Terminate, Turn, World

#: After so many rounds the rest is left for another turn, so that others get theirs.
ROUNDS_PER_TURN = 500


def decide(execution: Execution, world: World, now: int, due: Iterable[TaskRecord] = ()) -> Turn:
    """Do all that follows now; `due` are tasks whose deadline has come."""
    turn = Turn(execution, world, now)
    run(turn, due)
    return turn


def run(turn: Turn, due: Iterable[TaskRecord] = ()) -> None:
    """The same in a turn that has changes already."""
    if turn.execution.record.terminal:
        return
    _set_pending(turn, False)
    try:
        for _ in range(ROUNDS_PER_TURN):
            if not _round(turn, due):
                _set_pending(turn, turn.waits and not turn.execution.record.terminal)
                return
            due = ()
    except Terminate as end:
        terminate(turn, end)
        return
    _set_pending(turn, True)


def _set_pending(turn: Turn, pending: bool) -> None:
    if turn.execution.record.pending != pending:
        turn.execution.record.pending = pending
        turn.change_workflow()


def _round(turn: Turn, due: Iterable[TaskRecord]) -> bool:
    """Look once at all that has ended or is due; whether there may be more to do."""
    execution = turn.execution
    first = _first_tasks(turn) if _nothing_underway(execution) else []
    check_workflow(turn)
    if execution.record.status == "PAUSED":
        return False
    for task in due:
        _check_due(turn, task)
    scheduled, ended_by = _process_inbox(turn, {task.ref: task for task in first})
    if ended_by is not None:
        end_by_terminate_task(turn, ended_by)
        return False
    if not scheduled and _is_complete(execution):
        _complete_or_fail(turn)
        return False
    changed = schedule(turn, list(scheduled.values()))
    for task in list(execution.watched.values()):
        if not task.terminal and turn.world.task_type(task.task_type).execute(turn, task):
            turn.touch(task)
            changed = True
    return changed or bool(execution.inbox)


def _check_due(turn: Turn, task: TaskRecord) -> None:
    if task.terminal:
        return
    kind = turn.world.system_type(task.task_type)
    if kind is not None and task.wait_until and turn.now >= task.wait_until and kind.execute(turn, task):
        return
    check_task(turn, task, kind is not None)


def _nothing_underway(execution: Execution) -> bool:
    """Whether every task is done with: at the start, or after the first ones were skipped."""
    if execution.open or execution.inbox:
        return False
    return all(task.executed or task.status == "SKIPPED" for task in execution.tasks)


def _first_tasks(turn: Turn) -> list[TaskRecord]:
    nodes = turn.execution.definition.value.tasks
    if not nodes:
        raise Terminate("No tasks found to be executed", "COMPLETED")
    node: WorkflowTask | None = nodes[0]
    while node is not None and _is_skipped(turn.execution, node.task_reference_name or ""):
        node = turn.execution.definition.next(node.task_reference_name or "")
    return turn.map(node) if node is not None else []


def _is_skipped(execution: Execution, ref: str) -> bool:
    task = execution.last.get(ref)
    return task is not None and task.status == "SKIPPED"


def _process_inbox(turn: Turn, scheduled: dict[str, TaskRecord]) -> tuple[dict[str, TaskRecord], TaskRecord | None]:
    """Find the successors of tasks that ended and the next attempts of those that failed, by reference name."""
    execution, ended_by = turn.execution, None
    inbox = list(execution.inbox.values())
    if len(inbox) > 1:
        inbox.sort(key=lambda task: task.seq)
    for task in inbox:
        node = execution.node(task)
        if task.unsuccessful:
            attempt = retry(turn, task)
            if attempt is not None:
                scheduled[attempt.ref] = attempt
                continue
            if node.optional or not node.permissive:
                task.status = "COMPLETED_WITH_ERRORS"
        if task.task_type == "TERMINATE":
            ended_by = task
        execution.settle(task, executed=True)
        turn.touch(task)
        for successor in _successors(turn, task):
            scheduled.setdefault(successor.ref, successor)
    return scheduled, ended_by


def _successors(turn: Turn, task: TaskRecord) -> list[TaskRecord]:
    execution = turn.execution
    if task.task_type in ("SWITCH", "DECISION") and task.input.get("hasChildren"):
        return []  # the branch that it took goes on instead
    node = execution.definition.next(task.base_ref)
    while node is not None and _is_skipped(execution, node.task_reference_name or ""):
        node = execution.definition.next(node.task_reference_name or "")
    if node is None:
        return []
    if node.type == "DO_WHILE" and (node.task_reference_name or "") in execution.last:
        return []
    iteration = task.iteration if task.task_type != "DO_WHILE" else 0
    return turn.map(node, iteration)


def schedule(turn: Turn, tasks: list[TaskRecord]) -> bool:
    """Take new tasks into the execution; whether one of them was begun here and now."""
    execution, begun = turn.execution, False
    for task in tasks:
        if (task.ref, task.retry_count) in execution.taken:
            continue
        kind = turn.world.system_type(task.task_type)
        task.seq = execution.next_seq
        task.scheduled = turn.now
        task.first_scheduled = task.first_scheduled or turn.now
        execution.add(task)
        turn.touch(task)
        turn.change_workflow()
        if kind is None or kind.asynchronous:
            _to_queue(turn, task, worker=kind is None)
        elif not task.terminal:
            task.started = task.started or turn.now
            task.updated = turn.now
            if task.retry_count and task.status == "SCHEDULED":  # a further attempt, made like one for workers
                execution.move(task, "IN_PROGRESS")
            kind.start(turn, task)
            begun = True
    return begun


def _to_queue(turn: Turn, task: TaskRecord, *, worker: bool) -> None:
    if worker and turn.execution.record.task_to_domain:
        task.domain = turn.world.pick_domain(task.task_type, turn.execution.record.task_to_domain)
    if not worker:
        task.started = task.started or turn.now
    turn.enqueue(task, task.callback_after_ms or task.callback_after * 1000)


def _is_complete(execution: Execution) -> bool:
    """Whether all has been done that the definition asks for."""
    if execution.open or not execution.tasks:
        return False
    for node in execution.definition.value.tasks:
        task = execution.last.get(node.task_reference_name or "")
        if task is None or not task.terminal:
            return False
    for task in execution.tasks:
        if task.iteration or (task.retried and task.executed) or task.ref not in execution.definition.nodes:
            continue
        successor = execution.definition.next(task.ref)
        if successor is not None and (successor.task_reference_name or "") not in execution.last:
            return False
    return True


def _complete_or_fail(turn: Turn) -> None:
    failed = [
        task
        for task in turn.execution.last.values()
        if task.unsuccessful and (node := turn.execution.node(task)).permissive and not node.optional
    ]
    if failed:
        reasons = [f"Task {t.task_id} failed with status: {t.status} and reason: '{t.reason}'" for t in failed]
        raise Terminate(". ".join(reasons), "FAILED")
    complete(turn)
