"""Trying a failed task again."""

from __future__ import annotations

import msgspec

from conductor.engine.model import TaskDef, WorkflowTask
from conductor.engine.schedule import retry_delay_seconds
from conductor.engine.state import RETRIABLE, TaskRecord
from conductor.engine.turn import Terminate, Turn

#: failing again would not help: they fail by what they were given
_NEVER = frozenset({"DECISION", "SWITCH", "FORK", "JOIN", "EXCLUSIVE_JOIN", "DO_WHILE"})


def retry(turn: Turn, task: TaskRecord) -> TaskRecord | None:
    """The next attempt of an unsuccessful task; None where an optional or permissive one has had its tries.

    Raises Terminate where the task has had its tries and the workflow fails with it.
    """
    node = turn.execution.node(task)
    definition = node.task_definition
    if definition is not None:
        _check_total_timeout(turn, task, definition)
    tries = _tries(node, definition)
    if task.status not in RETRIABLE or task.task_type in _NEVER or tries <= task.retry_count:
        if node.optional or node.permissive:
            return None
        raise failure(task)
    delay = retry_delay_seconds(definition, task.retry_count) if definition else 0
    jitter = definition.backoff_jitter_ms if definition else 0
    made = again(turn, task)
    made.start_delay = made.callback_after = delay
    made.callback_after_ms = delay * 1000 + turn.world.jitter(jitter) if jitter > 0 else 0
    turn.execution.settle(task, retried=True)
    turn.touch(task)
    return made


def again(turn: Turn, task: TaskRecord) -> TaskRecord:
    """A fresh attempt of a task, with its input evaluated anew over the old one; not yet scheduled."""
    node, task_id = turn.execution.node(task), turn.world.new_id()
    return msgspec.structs.replace(
        task,
        n=0,
        task_id=task_id,
        retried_task_id=task.task_id,
        retry_count=task.retry_count + 1,
        status="SCHEDULED",
        input={**task.input, **turn.inputs(node, task_id)} if node.input_parameters else task.input,
        output={},
        seq=0,
        poll_count=0,
        scheduled=turn.now,
        queued=0,
        started=0,
        ended=0,
        updated=0,
        start_delay=0,
        callback_after=0,
        callback_after_ms=0,
        retried=False,
        executed=False,
        worker_id=None,
        sub_workflow_id=None,
        subworkflow_changed=False,
        wait_until=0,
        execution_metadata=None,
        external_output=None,
        due=None,
    )


def failure(task: TaskRecord) -> Terminate:
    """How the workflow ends with a task that failed for good."""
    status = {"CANCELED": "TERMINATED", "TIMED_OUT": "TIMED_OUT"}.get(task.status, "FAILED")
    reason = f"Task {task.task_id} failed with status: {status} and reason: '{task.reason or 'null'}'"
    return Terminate(reason, status, task)


def _tries(node: WorkflowTask, definition: TaskDef | None) -> int:
    if definition is None:
        return 0
    return node.retry_count if node.retry_count is not None else definition.retry_count


def _check_total_timeout(turn: Turn, task: TaskRecord, definition: TaskDef) -> None:
    limit = definition.total_timeout_seconds
    if limit <= 0 or not task.first_scheduled:
        return
    elapsed = (turn.now - task.first_scheduled) // 1000
    if elapsed >= limit:
        raise Terminate(
            f"Task {task.task_id}/{task.def_name} exceeded total timeout of {limit} seconds (elapsed {elapsed} seconds "
            "across all attempts). No further retries will be attempted.",
            "TIMED_OUT" if task.status == "TIMED_OUT" else "FAILED",
            task,
        )
