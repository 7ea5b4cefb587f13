"""When a task or workflow has taken too long, and what then."""

from __future__ import annotations

from conductor.engine.model import TaskDef, WorkflowTask
from conductor.engine.state import TaskRecord, WorkflowRecord
from conductor.engine.tasks.base import is_async_complete
from conductor.engine.turn import Terminate, Turn


def task_deadline(task: TaskRecord, node: WorkflowTask, system: bool) -> int | None:
    """When one of the task's timeouts is over, or its wait; None: never."""
    if task.terminal:
        return None
    deadlines = [task.wait_until] if task.wait_until and task.status == "IN_PROGRESS" else []
    definition = node.task_definition
    if definition is not None:
        acts = definition.timeout_policy != "ALERT_ONLY"
        if acts and definition.total_timeout_seconds > 0 and task.first_scheduled:
            deadlines.append(task.first_scheduled + definition.total_timeout_seconds * 1000)
        if acts and definition.timeout_seconds > 0 and task.started:
            deadlines.append(task.started + (task.start_delay + definition.timeout_seconds) * 1000)
        if acts and definition.poll_timeout_seconds and task.status == "SCHEDULED" and task.due is not None:
            deadlines.append(task.due + definition.poll_timeout_seconds * 1000)
        if _responds(task, node, definition, system):
            limit = definition.response_timeout_seconds + task.callback_after
            deadlines.append(task.updated + limit * 1000)
    return min(deadlines) if deadlines else None


def workflow_deadline(record: WorkflowRecord, timeout_seconds: int) -> int | None:
    """When the workflow's own timeout is over; retrying and resuming start it anew."""
    if timeout_seconds <= 0 or record.terminal:
        return None
    return (record.last_retried or record.created) + timeout_seconds * 1000


def check_workflow(turn: Turn) -> None:
    """Raise Terminate where the workflow's timeout is over and its policy says so."""
    definition = turn.execution.definition.value
    deadline = workflow_deadline(turn.execution.record, definition.timeout_seconds)
    if deadline is None or turn.now < deadline or definition.timeout_policy != "TIME_OUT_WF":
        return
    limit = definition.timeout_seconds
    elapsed = (turn.now - deadline) // 1000 + limit
    reason = (
        f"Workflow timed out after {elapsed} seconds. Timeout configured as {limit} seconds. "
        "Timeout policy configured to TIME_OUT_WF"
    )
    raise Terminate(reason, "TIMED_OUT")


def check_task(turn: Turn, task: TaskRecord, system: bool) -> None:
    """Time out a task whose time is over; raises Terminate where its policy ends the workflow."""
    node = turn.execution.node(task)
    definition = node.task_definition
    if definition is None or task.terminal:
        return
    policy = definition.timeout_policy
    for reason in _exceeded(turn.now, task, definition):
        if policy in ("RETRY", "TIME_OUT_WF") and not task.terminal:
            turn.finish(task, "TIMED_OUT", reason)
            if policy == "TIME_OUT_WF":
                raise Terminate(reason, "TIMED_OUT", task)
    if task.terminal or not _responds(task, node, definition, system):
        return
    limit = definition.response_timeout_seconds
    if turn.now >= task.updated + (limit + task.callback_after) * 1000:
        name = definition.name
        reason = f"responseTimeout: {limit} exceeded for the taskId: {task.task_id} with Task Definition: {name}"
        turn.finish(task, "TIMED_OUT", reason)


def _responds(task: TaskRecord, node: WorkflowTask, definition: TaskDef, system: bool) -> bool:
    """Whether the response timeout runs: somebody took the task and owes an answer."""
    return (
        definition.response_timeout_seconds != 0
        and task.status == "IN_PROGRESS"
        and not (system and is_async_complete(task, node))
    )


def _exceeded(now: int, task: TaskRecord, definition: TaskDef) -> list[str]:
    """Why the task's policy has to act, if it has."""
    policy, reasons = definition.timeout_policy, []
    limit = definition.total_timeout_seconds
    if limit > 0 and task.first_scheduled and (elapsed := (now - task.first_scheduled) // 1000) >= limit:
        reasons.append(
            f"Task {task.def_name}/{task.task_id} exceeded total timeout of {limit} seconds (elapsed {elapsed} seconds "
            f"across all attempts including retry delays). Timeout policy: {policy}"
        )
    limit = definition.timeout_seconds
    if limit > 0 and task.started and (elapsed := (now - task.started) // 1000 - task.start_delay) >= limit:
        reasons.append(
            f"Task timed out after {elapsed} seconds. Timeout configured as {limit} seconds. "
            f"Timeout policy configured to {policy}"
        )
    limit = definition.poll_timeout_seconds or 0
    waiting = task.status == "SCHEDULED" and task.due is not None
    if limit > 0 and waiting and (elapsed := (now - (task.due or 0)) // 1000) >= limit:
        reasons.append(
            f"Task poll timed out after {elapsed} seconds. Poll timeout configured as {limit} seconds. "
            f"Timeout policy configured to {policy}"
        )
    return reasons
