"""Executions as searches show them."""

from __future__ import annotations

from datetime import datetime, timezone

from conductor.engine.expressions import java_str
from conductor.engine.model import TaskSummary, WorkflowSummary
from conductor.engine.state import TaskRecord, WorkflowRecord


def workflow_summary(record: WorkflowRecord) -> WorkflowSummary:
    """A workflow."""
    shown_input, shown_output = java_str(record.input), java_str(record.output)
    ended = record.ended if record.terminal else 0
    return WorkflowSummary(
        workflow_type=record.name,
        version=record.version,
        workflow_id=record.workflow_id,
        correlation_id=record.correlation_id,
        start_time=_time(record.created),
        update_time=_time(record.updated),
        end_time=_time(ended) if ended else None,
        status=record.status,
        input=shown_input,
        output=shown_output,
        reason_for_incompletion=record.reason,
        execution_time=ended - record.created if ended else 0,
        event=record.event,
        failed_reference_task_names=",".join(record.failed_refs),
        priority=record.priority,
        failed_task_names=record.failed_names,
        created_by=record.created_by,
        task_to_domain=record.task_to_domain,
        parent_workflow_id=record.parent_id or "",
        input_size=len(shown_input),
        output_size=len(shown_output),
    )


def task_summary(task: TaskRecord, workflow: WorkflowRecord) -> TaskSummary:
    """A task."""
    return TaskSummary(
        workflow_id=workflow.workflow_id,
        workflow_type=workflow.name,
        correlation_id=workflow.correlation_id,
        scheduled_time=_time(task.scheduled),
        start_time=_time(task.started),
        update_time=_time(task.updated),
        end_time=_time(task.ended),
        status=task.status,
        reason_for_incompletion=task.reason,
        execution_time=task.ended - task.started if task.ended and task.started else 0,
        queue_wait_time=max(task.started - task.scheduled, 0) if task.started else 0,
        task_def_name=task.def_name,
        task_type=task.task_type,
        input=java_str(task.input),
        output=java_str(task.output),
        task_id=task.task_id,
        workflow_priority=workflow.priority,
        domain=task.domain,
    )


def _time(millis: int) -> str:
    moment = datetime.fromtimestamp(millis / 1000, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{millis % 1000:03d}Z"
