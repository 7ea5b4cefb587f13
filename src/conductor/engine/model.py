"""What the engine's API speaks: definitions, workflows and tasks. Their JSON is the Conductor server's.

Times are epoch milliseconds. Requests and answers of single endpoints are in `messages` and offered here as well.
"""

from __future__ import annotations

from typing import Any, Literal

from conductor.engine._struct import Wire, always, flag, listing, mapping
from conductor.engine.messages import (
    Action,
    BulkResponse,
    CredentialMeta,
    CronSchedule,
    EnvironmentVariable,
    EventHandler,
    ExternalStorageLocation,
    PollData,
    ScheduleExecution,
    SearchPage,
    TaskExecLog,
    TaskMock,
    TaskRun,
    TaskSummary,
    WorkflowDefSummary,
    WorkflowRun,
    WorkflowStatus,
    WorkflowSummary,
)

__all__ = [
    "Action",
    "BulkResponse",
    "CredentialMeta",
    "CronSchedule",
    "EnvironmentVariable",
    "EventHandler",
    "ExternalStorageLocation",
    "PollData",
    "RerunWorkflowRequest",
    "ScheduleExecution",
    "SearchPage",
    "SkipTaskRequest",
    "StartWorkflowRequest",
    "SubWorkflowParams",
    "Task",
    "TaskDef",
    "TaskExecLog",
    "TaskMock",
    "TaskResult",
    "TaskRun",
    "TaskSummary",
    "Workflow",
    "WorkflowDef",
    "WorkflowDefSummary",
    "WorkflowRun",
    "WorkflowSchedule",
    "WorkflowStatus",
    "WorkflowSummary",
    "WorkflowTask",
    "WorkflowTestRequest",
]

TimeoutPolicy = Literal["RETRY", "TIME_OUT_WF", "ALERT_ONLY"]
RetryLogic = Literal["FIXED", "EXPONENTIAL_BACKOFF", "LINEAR_BACKOFF"]
ResultStatus = Literal["IN_PROGRESS", "FAILED", "FAILED_WITH_TERMINAL_ERROR", "COMPLETED", "CANCELED"]
IdempotencyStrategy = Literal["FAIL", "RETURN_EXISTING", "FAIL_ON_RUNNING"]


class TaskDef(Wire):
    """How a task is retried, timed out and limited; delays and timeouts in seconds unless the name says otherwise."""

    owner_app: str | None = None
    create_time: int = always(0)
    update_time: int = always(0)
    created_by: str | None = None
    updated_by: str | None = None
    name: str | None = None
    description: str | None = None
    retry_count: int = always(3)
    timeout_seconds: int = always(0)
    input_keys: list[str] = listing()
    output_keys: list[str] = listing()
    runtime_metadata: list[str] = listing()
    timeout_policy: TimeoutPolicy | None = always("TIME_OUT_WF")  # type: ignore[assignment]
    retry_logic: RetryLogic | None = always("FIXED")  # type: ignore[assignment]
    retry_delay_seconds: int = always(60)
    response_timeout_seconds: int = always(3600)
    concurrent_exec_limit: int | None = None
    input_template: dict[str, Any] = mapping()
    rate_limit_per_frequency: int = always(0)
    rate_limit_frequency_in_seconds: int = always(1)
    isolation_group_id: str | None = None
    execution_name_space: str | None = None
    owner_email: str | None = None
    poll_timeout_seconds: int | None = None
    backoff_scale_factor: int = always(1)
    max_retry_delay_seconds: int = always(0)
    backoff_jitter_ms: int = always(0)
    base_type: str | None = None
    total_timeout_seconds: int = always(0)
    task_status_listener_enabled: bool = flag(True)
    input_schema: Any = None
    output_schema: Any = None
    enforce_schema: bool = flag()


class SubWorkflowParams(Wire):
    """Which workflow a SUB_WORKFLOW task runs; the values may be `${...}` expressions."""

    name: str | None = None
    version: Any = None
    task_to_domain: Any = None
    idempotency_key: str | None = None
    idempotency_strategy: Any = None
    priority: Any = None
    workflow_definition: Any = None


class WorkflowTask(Wire):
    """One node of a workflow definition."""

    name: str | None = None
    task_reference_name: str | None = None
    description: str | None = None
    input_parameters: dict[str, Any] = mapping()
    type: str = always("SIMPLE")
    dynamic_task_name_param: str | None = None
    case_value_param: str | None = None
    case_expression: str | None = None
    script_expression: str | None = None
    decision_cases: dict[str, list[WorkflowTask]] = mapping()
    dynamic_fork_join_tasks_param: str | None = None
    dynamic_fork_tasks_param: str | None = None
    dynamic_fork_tasks_input_param_name: str | None = None
    default_case: list[WorkflowTask] = listing()
    fork_tasks: list[list[WorkflowTask]] = listing()
    start_delay: int = always(0)
    sub_workflow_param: SubWorkflowParams | None = None
    join_on: list[str] = listing()
    sink: str | None = None
    optional: bool = flag()
    task_definition: TaskDef | None = None
    rate_limited: bool | None = None
    default_exclusive_join_task: list[str] = listing()
    async_complete: bool = flag()
    loop_condition: str | None = None
    loop_over: list[WorkflowTask] = listing()
    items: str | None = None
    retry_count: int | None = None
    evaluator_type: str | None = None
    expression: str | None = None
    on_state_change: dict[str, Any] = mapping()
    join_status: str | None = None
    cache_config: Any = None
    permissive: bool = flag()
    join_mode: Literal["SYNC", "ASYNC"] | None = None
    metadata: dict[str, Any] = mapping()


class WorkflowDef(Wire):
    """A workflow definition, as registered (task definitions left out) or as an execution's snapshot (filled in)."""

    owner_app: str | None = None
    create_time: int = always(0)
    update_time: int = always(0)
    created_by: str | None = None
    updated_by: str | None = None
    name: str | None = None
    description: str | None = None
    version: int = always(1)
    tasks: list[WorkflowTask] = listing()
    input_parameters: list[str] = listing()
    output_parameters: dict[str, Any] = mapping()
    failure_workflow: str | None = None
    failure_workflow_version: int | None = None
    schema_version: int = always(2)
    restartable: bool = flag(True)
    workflow_status_listener_enabled: bool = flag()
    owner_email: str | None = None
    timeout_policy: Literal["TIME_OUT_WF", "ALERT_ONLY"] | None = always("ALERT_ONLY")  # type: ignore[assignment]
    timeout_seconds: int = always(0)
    variables: dict[str, Any] = mapping()
    input_template: dict[str, Any] = mapping()
    workflow_status_listener_sink: str | None = None
    rate_limit_config: Any = None
    input_schema: Any = None
    output_schema: Any = None
    enforce_schema: bool = flag(True)
    metadata: dict[str, Any] = mapping()
    cache_config: Any = None
    masked_fields: list[str] = listing()


class Task(Wire):
    """A task as the API shows it.

    `workflow_task`, `task_definition` and `execution_metadata` hold JSON that is already encoded (`msgspec.Raw`),
    since each task of a definition shows the same one.
    """

    task_type: str | None = None
    status: str | None = None
    input_data: dict[str, Any] = mapping()
    reference_task_name: str | None = None
    retry_count: int = always(0)
    seq: int = always(0)
    correlation_id: str | None = None
    poll_count: int = always(0)
    task_def_name: str | None = None
    scheduled_time: int = always(0)
    start_time: int = always(0)
    end_time: int = always(0)
    update_time: int = always(0)
    start_delay_in_seconds: int = always(0)
    retried_task_id: str | None = None
    retried: bool = flag()
    executed: bool = flag()
    callback_from_worker: bool = flag(True)
    response_timeout_seconds: int = always(0)
    workflow_instance_id: str | None = None
    workflow_type: str | None = None
    task_id: str | None = None
    reason_for_incompletion: str | None = None
    callback_after_seconds: int = always(0)
    worker_id: str | None = None
    output_data: dict[str, Any] = mapping()
    workflow_task: Any = None
    domain: str | None = None
    rate_limit_per_frequency: int = always(0)
    rate_limit_frequency_in_seconds: int = always(0)
    external_input_payload_storage_path: str | None = None
    external_output_payload_storage_path: str | None = None
    workflow_priority: int = always(0)
    execution_name_space: str | None = None
    isolation_group_id: str | None = None
    iteration: int = always(0)
    sub_workflow_id: str | None = None
    subworkflow_changed: bool = flag()
    first_start_time: int = always(0)
    execution_metadata: Any = None
    parent_task_id: str | None = None
    runtime_metadata: dict[str, Any] | None = None
    task_definition: Any = None
    loop_over_task: bool = flag()
    queue_wait_time: int = always(0)


class Workflow(Wire):
    """A workflow execution as the API shows it; `workflow_definition` is encoded JSON (`msgspec.Raw`)."""

    owner_app: str | None = always("")
    create_time: int = always(0)
    update_time: int = always(0)
    created_by: str | None = None
    updated_by: str | None = None
    status: str | None = None
    end_time: int = always(0)
    workflow_id: str | None = None
    parent_workflow_id: str | None = None
    parent_workflow_task_id: str | None = None
    tasks: list[Task] = listing()
    input: dict[str, Any] = mapping()
    output: dict[str, Any] = mapping()
    correlation_id: str | None = None
    re_run_from_workflow_id: str | None = None
    reason_for_incompletion: str | None = None
    event: str | None = None
    task_to_domain: dict[str, str] = mapping()
    failed_reference_task_names: list[str] = listing()
    workflow_definition: Any = None
    external_input_payload_storage_path: str | None = None
    external_output_payload_storage_path: str | None = None
    priority: int = always(0)
    variables: dict[str, Any] = mapping()
    last_retried_time: int = always(0)
    failed_task_names: list[str] = listing()
    history: list[Any] = listing()
    idempotency_key: str | None = None
    rate_limited: bool = flag()
    start_time: int = always(0)
    workflow_name: str | None = None
    workflow_version: int = always(0)


class TaskResult(Wire):
    """What a worker reports of a task."""

    workflow_instance_id: str | None = None
    task_id: str | None = None
    reason_for_incompletion: str | None = None
    callback_after_seconds: int = always(0)
    worker_id: str | None = None
    status: ResultStatus | None = None
    output_data: dict[str, Any] | None = None
    execution_metadata: Any = None
    logs: list[TaskExecLog] | None = None
    external_output_payload_storage_path: str | None = None
    sub_workflow_id: str | None = None
    extend_lease: bool = flag()


class StartWorkflowRequest(Wire):
    """What to start: a registered workflow by name and version (None: the latest), or an inline definition."""

    name: str | None = None
    version: int | None = None
    correlation_id: str | None = None
    input: dict[str, Any] | None = mapping()
    task_to_domain: dict[str, str] | None = mapping()
    workflow_def: WorkflowDef | None = None
    external_input_payload_storage_path: str | None = None
    priority: int | None = always(0)
    created_by: str | None = None
    idempotency_key: str | None = None
    idempotency_strategy: IdempotencyStrategy | None = None


class WorkflowTestRequest(StartWorkflowRequest):
    """A start with the answers that workers would give: reference name -> mocks, used one after another."""

    task_ref_to_mock_output: dict[str, list[TaskMock]] | None = None
    sub_workflow_test_request: dict[str, WorkflowTestRequest] | None = None


class RerunWorkflowRequest(Wire):
    """From which task (None: from the start) and with which inputs a finished workflow runs again."""

    re_run_from_workflow_id: str | None = None
    workflow_input: dict[str, Any] | None = None
    re_run_from_task_id: str | None = None
    task_input: dict[str, Any] | None = None
    correlation_id: str | None = None


class SkipTaskRequest(Wire):
    """What a skipped task shows as its input and output."""

    task_input: dict[str, Any] | None = None
    task_output: dict[str, Any] | None = None


class WorkflowSchedule(Wire):
    """When to start what; cron expressions have six fields (seconds first)."""

    name: str | None = None
    cron_expression: str | None = None
    run_catchup_schedule_instances: bool = flag()
    paused: bool = flag()
    paused_reason: str | None = None
    start_workflow_request: StartWorkflowRequest | None = None
    zone_id: str | None = always("UTC")
    schedule_start_time: int | None = None
    schedule_end_time: int | None = None
    create_time: int | None = None
    updated_time: int | None = None
    created_by: str | None = None
    updated_by: str | None = None
    description: str | None = None
    next_run_time: int | None = None
    cron_schedules: list[CronSchedule] = listing()
