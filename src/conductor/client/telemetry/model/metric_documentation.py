"""What the metrics mean, as the text file says it."""

from __future__ import annotations

from enum import Enum


class MetricDocumentation(str, Enum):
    """A metric's help text."""

    ACTIVE_WORKERS = "Tasks being executed now"
    API_REQUEST_TIME = "Seconds that HTTP calls took: quantiles of recent ones"
    API_REQUEST_TIME_CANONICAL = "Seconds that HTTP calls took"
    EXTERNAL_PAYLOAD_USED = "Uses of external storage for payloads"
    TASK_ACK_ERROR = "Acknowledgements of tasks that raised"
    TASK_ACK_FAILED = "Tasks that were not acknowledged"
    TASK_EXECUTE_ERROR = "Executions that raised"
    TASK_EXECUTE_TIME = "Seconds that the last execution took"
    TASK_EXECUTE_TIME_HISTOGRAM = "Seconds that executions took: quantiles of recent ones"
    TASK_EXECUTE_TIME_HISTOGRAM_CANONICAL = "Seconds that executions took"
    TASK_EXECUTION_QUEUE_FULL = "Times that no slot was free for a task"
    TASK_EXECUTION_STARTED = "Executions that began"
    TASK_PAUSED = "Polls left out because the worker is paused"
    TASK_POLL = "Polls"
    TASK_POLL_ERROR = "Polls that failed"
    TASK_POLL_TIME = "Seconds that the last poll took"
    TASK_POLL_TIME_HISTOGRAM = "Seconds that polls took: quantiles of recent ones"
    TASK_POLL_TIME_HISTOGRAM_CANONICAL = "Seconds that polls took"
    TASK_RESULT_SIZE = "Bytes of the last result's output as JSON"
    TASK_RESULT_SIZE_BYTES = "Bytes of results' outputs as JSON"
    TASK_UPDATE_ERROR = "Tries at which the server did not take a result"
    TASK_UPDATE_TIME_HISTOGRAM = "Seconds that updates took"
    THREAD_UNCAUGHT_EXCEPTION = "Errors that escaped from a thread"
    WORKER_RESTART = "Worker processes that were started again"
    WORKFLOW_INPUT_SIZE = "Bytes of the last workflow's input as JSON"
    WORKFLOW_INPUT_SIZE_BYTES = "Bytes of workflows' inputs as JSON"
    WORKFLOW_START_ERROR = "Workflows that could not be started"
