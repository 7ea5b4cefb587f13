"""Smaller messages of the API: event handlers, search pages, summaries, answers of synchronous calls."""

from __future__ import annotations

from typing import Any, Literal

from conductor.engine._struct import Wire, always, flag, listing, mapping


class TaskExecLog(Wire):
    """One line of a task's log."""

    log: str | None = None
    task_id: str | None = None
    created_time: int = always(0)


class TaskMock(Wire):
    """An answer that a worker would give in a workflow test; times in milliseconds."""

    status: Literal["IN_PROGRESS", "FAILED", "FAILED_WITH_TERMINAL_ERROR", "COMPLETED", "CANCELED"] = always(
        "COMPLETED"
    )  # type: ignore[assignment]
    output: dict[str, Any] | None = None
    execution_time: int = always(0)
    queue_wait_time: int = always(0)


class PollData(Wire):
    """Who polled a queue last, and when."""

    queue_name: str | None = None
    domain: str | None = None
    worker_id: str | None = None
    last_poll_time: int = always(0)


class BulkResponse(Wire):
    """What became of each id of a bulk request."""

    bulk_error_results: dict[str, str] = mapping()
    bulk_successful_results: list[Any] = listing()


class SearchPage(Wire):
    """One page of search results: summaries, tasks, workflows, schedules or schedule executions."""

    total_hits: int = always(0)
    results: list[Any] = listing()


class WorkflowStatus(Wire):
    """A workflow's status, with its output and variables where asked for."""

    workflow_id: str | None = None
    correlation_id: str | None = None
    output: dict[str, Any] | None = None
    variables: dict[str, Any] | None = None
    status: str | None = None


class WorkflowDefSummary(Wire):
    """One version of a workflow definition."""

    name: str | None = None
    version: int = always(1)
    create_time: int | None = None
    update_time: int | None = None


class WorkflowSummary(Wire):
    """A workflow as search shows it; times are ISO 8601 in UTC, input and output Java's text of the maps."""

    workflow_type: str | None = None
    version: int = always(0)
    workflow_id: str | None = None
    correlation_id: str | None = None
    start_time: str | None = None
    update_time: str | None = None
    end_time: str | None = None
    status: str | None = None
    input: str | None = None
    output: str | None = None
    reason_for_incompletion: str | None = None
    execution_time: int = always(0)
    event: str | None = None
    failed_reference_task_names: str | None = always("")
    external_input_payload_storage_path: str | None = None
    external_output_payload_storage_path: str | None = None
    priority: int = always(0)
    failed_task_names: list[str] = listing()
    created_by: str | None = None
    task_to_domain: dict[str, str] = mapping()
    idempotency_key: str | None = None
    parent_workflow_id: str | None = always("")
    classifier: str | None = always("workflow")
    input_size: int = always(0)
    output_size: int = always(0)


class TaskSummary(Wire):
    """A task as search shows it."""

    workflow_id: str | None = None
    workflow_type: str | None = None
    correlation_id: str | None = None
    scheduled_time: str | None = None
    start_time: str | None = None
    update_time: str | None = None
    end_time: str | None = None
    status: str | None = None
    reason_for_incompletion: str | None = None
    execution_time: int = always(0)
    queue_wait_time: int = always(0)
    task_def_name: str | None = None
    task_type: str | None = None
    input: str | None = None
    output: str | None = None
    task_id: str | None = None
    external_input_payload_storage_path: str | None = None
    external_output_payload_storage_path: str | None = None
    workflow_priority: int = always(0)
    domain: str | None = None


class ExternalStorageLocation(Wire):
    """Where a payload kept outside of the database lies."""

    uri: str | None = None
    path: str | None = None


class WorkflowRun(Wire):
    """The answer of a synchronous call that shows a workflow."""

    response_type: str | None = None
    target_workflow_id: str | None = None
    target_workflow_status: str | None = None
    request_id: str | None = None
    workflow_id: str | None = None
    correlation_id: str | None = None
    input: dict[str, Any] = mapping()
    output: dict[str, Any] = mapping()
    signal_timeout: bool = flag()
    priority: int = always(0)
    variables: dict[str, Any] = mapping()
    tasks: list[Any] = listing()
    created_by: str | None = None
    create_time: int = always(0)
    status: str | None = None
    update_time: int = always(0)


class TaskRun(Wire):
    """The answer of a synchronous call that shows the blocking task."""

    response_type: str | None = None
    target_workflow_id: str | None = None
    target_workflow_status: str | None = None
    request_id: str | None = None
    workflow_id: str | None = None
    correlation_id: str | None = None
    input: dict[str, Any] = mapping()
    output: dict[str, Any] = mapping()
    signal_timeout: bool = flag()
    task_type: str | None = None
    task_id: str | None = None
    reference_task_name: str | None = None
    retry_count: int = always(0)
    task_def_name: str | None = None
    retried_task_id: str | None = None
    workflow_type: str | None = None
    reason_for_incompletion: str | None = None
    priority: int = always(0)
    created_by: str | None = None
    create_time: int = always(0)
    update_time: int = always(0)
    status: str | None = None


class CronSchedule(Wire):
    """A cron expression and the time zone that it is read in."""

    cron_expression: str | None = None
    zone_id: str | None = always("UTC")


class ScheduleExecution(Wire):
    """One firing of a schedule."""

    execution_id: str | None = None
    schedule_name: str | None = None
    scheduled_time: int | None = None
    execution_time: int | None = None
    workflow_name: str | None = None
    workflow_id: str | None = None
    reason: str | None = None
    stack_trace: str | None = None
    start_workflow_request: Any = None
    state: str | None = None
    zone_id: str | None = always("UTC")


class StartWorkflowAction(Wire):
    """Start a workflow; input and correlation id may hold `${...}` of the event's payload."""

    name: str | None = None
    version: int | None = None
    correlation_id: str | None = None
    input: dict[str, Any] = mapping()
    task_to_domain: dict[str, str] | None = None


class TaskAction(Wire):
    """Complete or fail a task, found by its id or by workflow id and reference name."""

    workflow_id: str | None = None
    task_ref_name: str | None = None
    output: dict[str, Any] = mapping()
    task_id: str | None = None
    reason_for_incompletion: str | None = None


class TerminateAction(Wire):
    """Terminate a workflow."""

    workflow_id: str | None = None
    termination_reason: str | None = None


class UpdateVariablesAction(Wire):
    """Set variables of a running workflow."""

    workflow_id: str | None = None
    variables: dict[str, Any] | None = None
    append_array: bool | None = None


class Action(Wire, rename={"expand_inline_json": "expandInlineJSON"}):
    """What an event handler does: `action` names the member that holds the details."""

    action: (
        Literal[
            "start_workflow",
            "complete_task",
            "fail_task",
            "terminate_workflow",
            "update_workflow_variables",
            "start_agent",
        ]
        | None
    ) = None
    start_workflow: StartWorkflowAction | None = None
    complete_task: TaskAction | None = None
    fail_task: TaskAction | None = None
    expand_inline_json: bool = flag()
    terminate_workflow: TerminateAction | None = None
    update_workflow_variables: UpdateVariablesAction | None = None
    start_agent: Any = None


class EventHandler(Wire):
    """Actions for the messages of one event queue (`type:name`)."""

    name: str | None = None
    event: str | None = None
    condition: str | None = None
    actions: list[Action] = listing()
    active: bool = flag()
    evaluator_type: str | None = None


class EnvironmentVariable(Wire):
    """A value that expressions read as `${workflow.env.NAME}`."""

    name: str | None = None
    value: str | None = None


class CredentialMeta(Wire, rename=None):
    """A secret's name; never its value."""

    name: str | None = None
    partial: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
