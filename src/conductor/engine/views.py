"""Executions as the API shows them."""

from __future__ import annotations

from typing import Any

import msgspec

from conductor.engine.model import Task, Workflow
from conductor.engine.state import Execution, TaskRecord, join_refs

_NO_METADATA = msgspec.Raw(b'{"additionalContext":{},"empty":true,"additionalContextMap":{}}')


def task_view(execution: Execution, task: TaskRecord) -> Task:
    """A task."""
    record = execution.record
    workflow_task, task_definition = _definitions(execution, task)
    # fmt: off
    return Task(
        task_type=task.task_type, status=task.status, input_data=task.input, reference_task_name=task.ref,
        retry_count=task.retry_count, seq=task.seq, correlation_id=record.correlation_id, poll_count=task.poll_count,
        task_def_name=task.def_name, scheduled_time=task.scheduled, start_time=task.started, end_time=task.ended,
        update_time=task.updated, start_delay_in_seconds=task.start_delay, retried_task_id=task.retried_task_id,
        retried=task.retried, executed=task.executed, response_timeout_seconds=task.response_timeout,
        workflow_instance_id=record.workflow_id, workflow_type=record.name, task_id=task.task_id,
        reason_for_incompletion=task.reason, callback_after_seconds=task.callback_after, worker_id=task.worker_id,
        output_data=_output(execution, task), workflow_task=workflow_task, domain=task.domain,
        rate_limit_per_frequency=task.rate_limit, rate_limit_frequency_in_seconds=task.rate_window,
        external_input_payload_storage_path=task.external_input,
        external_output_payload_storage_path=task.external_output, workflow_priority=record.priority,
        execution_name_space=task.name_space, isolation_group_id=task.isolation_group, iteration=task.iteration,
        sub_workflow_id=task.sub_workflow_id, subworkflow_changed=task.subworkflow_changed,
        execution_metadata=task.execution_metadata or _NO_METADATA, task_definition=task_definition,
        loop_over_task=task.iteration > 0, queue_wait_time=_queue_wait(task),
    )
    # fmt: on


def workflow_view(execution: Execution, include_tasks: bool = True) -> Workflow:
    """A workflow."""
    record = execution.record
    return Workflow(
        create_time=record.created,
        update_time=record.updated,
        created_by=record.created_by,
        status=record.status,
        end_time=record.ended,
        workflow_id=record.workflow_id,
        parent_workflow_id=record.parent_id,
        parent_workflow_task_id=record.parent_task_id,
        tasks=[task_view(execution, task) for task in execution.tasks] if include_tasks else [],
        input=record.input,
        output=record.output,
        correlation_id=record.correlation_id,
        re_run_from_workflow_id=record.rerun_from,
        reason_for_incompletion=record.reason,
        event=record.event,
        task_to_domain=record.task_to_domain,
        failed_reference_task_names=record.failed_refs,
        workflow_definition=execution.definition.raw,
        external_input_payload_storage_path=record.external_input,
        external_output_payload_storage_path=record.external_output,
        priority=record.priority,
        variables=record.variables,
        last_retried_time=record.last_retried,
        failed_task_names=record.failed_names,
        start_time=record.created,
        workflow_name=record.name,
        workflow_version=record.version,
    )


def _definitions(execution: Execution, task: TaskRecord) -> tuple[Any, Any]:
    if task.workflow_task is not None:
        return task.workflow_task, task.workflow_task.task_definition
    definition = execution.definition
    return definition.raw_node(task.base_ref), definition.raw_task_def(task.base_ref)


def _output(execution: Execution, task: TaskRecord) -> dict[str, Any]:
    """An open JOIN shows what has come so far."""
    if task.task_type != "JOIN" or task.terminal:
        return task.output
    tasks = (execution.last.get(ref) for ref in join_refs(task))
    return {t.ref: t.output for t in tasks if t is not None and t.output}


def _queue_wait(task: TaskRecord) -> int:
    """How long it waited in its queue, in milliseconds, without the delay that it was given."""
    if not task.started or not task.scheduled:
        return 0
    waited = task.started - task.scheduled - task.callback_after * 1000
    return max(waited, 0)
