"""The metrics: their names, labels and meaning, in the two families of names that Conductor's SDKs use."""

from __future__ import annotations

from conductor.client.telemetry._cells import Counter, Family, Histogram, LastValue, LiveSum, Quantiles

_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_BYTES = (100.0, 1_000.0, 10_000.0, 100_000.0, 1_000_000.0, 10_000_000.0)
_TASK, _TASK_STATUS, _TASK_ERROR = ("taskType",), ("taskType", "status"), ("taskType", "exception")
_WORKFLOW, _WORKFLOW_ERROR = ("workflowType", "version"), ("workflowType", "exception")

# In both families.
POLLS = Family("task_poll", _TASK, "Polls", Counter)
POLL_ERRORS = Family("task_poll_error", _TASK_ERROR, "Polls that failed", Counter)
EXECUTIONS = Family("task_execution_started", _TASK, "Executions that began", Counter)
EXECUTION_ERRORS = Family("task_execute_error", _TASK_ERROR, "Executions that raised", Counter)
UPDATE_ERRORS = Family("task_update_error", _TASK_ERROR, "Results that the server did not take at a try", Counter)
ACK_FAILURES = Family("task_ack_failed", _TASK, "Tasks that were not acknowledged", Counter)
ACK_ERRORS = Family("task_ack_error", _TASK_ERROR, "Acknowledgements that failed", Counter)
QUEUE_FULL = Family("task_execution_queue_full", _TASK, "Times that no slot was free", Counter)
PAUSES = Family("task_paused", _TASK, "Polls left out while paused", Counter)
UNCAUGHT = Family("thread_uncaught_exceptions", ("exception",), "Errors that escaped from a thread", Counter)
RESTARTS = Family("worker_restart", _TASK, "Worker processes started again", Counter)
WORKFLOW_ERRORS = Family("workflow_start_error", _WORKFLOW_ERROR, "Workflows that could not be started", Counter)
ACTIVE_WORKERS = Family("active_workers", _TASK, "Tasks being executed now", LiveSum)

# The canonical family: histograms, units in the names.
EXTERNAL_PAYLOADS = Family(
    "external_payload_used", ("entityName", "operation", "payloadType"), "Uses of external storage", Counter
)
POLL_SECONDS = Family("task_poll_time_seconds", _TASK_STATUS, "Time of a poll", Histogram, _SECONDS)
EXECUTE_SECONDS = Family("task_execute_time_seconds", _TASK_STATUS, "Time of an execution", Histogram, _SECONDS)
UPDATE_SECONDS = Family("task_update_time_seconds", _TASK_STATUS, "Time of an update", Histogram, _SECONDS)
CALL_SECONDS = Family(
    "http_api_client_request_seconds", ("method", "uri", "status"), "Time of an HTTP call", Histogram, _SECONDS
)
RESULT_BYTES = Family("task_result_size_bytes", _TASK, "Size of a result's output", Histogram, _BYTES)
INPUT_BYTES = Family("workflow_input_size_bytes", _WORKFLOW, "Size of a workflow's input", Histogram, _BYTES)

# The legacy family: last values, and quantiles over recent ones.
LEGACY_EXTERNAL_PAYLOADS = Family(
    "external_payload_used", ("entityName", "operation", "payload_type"), "Uses of external storage", Counter
)
POLL_LAST = Family("task_poll_time", _TASK, "Seconds that the last poll took", LastValue)
EXECUTE_LAST = Family("task_execute_time", _TASK, "Seconds that the last execution took", LastValue)
POLL_QUANTILES = Family("task_poll_time_seconds", _TASK_STATUS, "Time of a poll", Quantiles)
EXECUTE_QUANTILES = Family("task_execute_time_seconds", _TASK_STATUS, "Time of an execution", Quantiles)
UPDATE_QUANTILES = Family("task_update_time_seconds", _TASK_STATUS, "Time of an update", Quantiles)
CALL_QUANTILES = Family(
    "http_api_client_request", ("method", "uri", "status"), "Seconds that an HTTP call took", Quantiles
)
RESULT_LAST = Family("task_result_size", _TASK, "Bytes of the last result's output", LastValue)
INPUT_LAST = Family("workflow_input_size", _WORKFLOW, "Bytes of the last workflow's input", LastValue)
