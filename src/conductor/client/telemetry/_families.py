"""The metrics in the two families of names that Conductor's SDKs use: labels, and what their values are kept in."""

from __future__ import annotations

from conductor.client.telemetry._cells import Cell, Counter, Family, Histogram, LastValue, LiveSum, Quantiles
from conductor.client.telemetry.model.metric_documentation import MetricDocumentation as Help
from conductor.client.telemetry.model.metric_label import MetricLabel as Label
from conductor.client.telemetry.model.metric_name import MetricName as Name

_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_BYTES = (100.0, 1_000.0, 10_000.0, 100_000.0, 1_000_000.0, 10_000_000.0)
_TASK = (Label.TASK_TYPE,)
_TASK_STATUS = (Label.TASK_TYPE, Label.STATUS)
_TASK_ERROR = (Label.TASK_TYPE, Label.EXCEPTION)
_CALL = (Label.METHOD, Label.URI, Label.STATUS)
_WORKFLOW = (Label.WORKFLOW_TYPE, Label.WORKFLOW_VERSION)
_WORKFLOW_ERROR = (Label.WORKFLOW_TYPE, Label.EXCEPTION)


def _family(
    name: Name, labels: tuple[Label, ...], text: Help, cell: type[Cell], buckets: tuple[float, ...] = ()
) -> Family:
    return Family(name.value, tuple(label.value for label in labels), text.value, cell, buckets)


# In both families.
POLLS = _family(Name.TASK_POLL, _TASK, Help.TASK_POLL, Counter)
POLL_ERRORS = _family(Name.TASK_POLL_ERROR, _TASK_ERROR, Help.TASK_POLL_ERROR, Counter)
EXECUTIONS = _family(Name.TASK_EXECUTION_STARTED, _TASK, Help.TASK_EXECUTION_STARTED, Counter)
EXECUTION_ERRORS = _family(Name.TASK_EXECUTE_ERROR, _TASK_ERROR, Help.TASK_EXECUTE_ERROR, Counter)
UPDATE_ERRORS = _family(Name.TASK_UPDATE_ERROR, _TASK_ERROR, Help.TASK_UPDATE_ERROR, Counter)
ACK_FAILURES = _family(Name.TASK_ACK_FAILED, _TASK, Help.TASK_ACK_FAILED, Counter)
ACK_ERRORS = _family(Name.TASK_ACK_ERROR, _TASK_ERROR, Help.TASK_ACK_ERROR, Counter)
QUEUE_FULL = _family(Name.TASK_EXECUTION_QUEUE_FULL, _TASK, Help.TASK_EXECUTION_QUEUE_FULL, Counter)
PAUSES = _family(Name.TASK_PAUSED, _TASK, Help.TASK_PAUSED, Counter)
UNCAUGHT = _family(Name.THREAD_UNCAUGHT_EXCEPTION, (Label.EXCEPTION,), Help.THREAD_UNCAUGHT_EXCEPTION, Counter)
RESTARTS = _family(Name.WORKER_RESTART, _TASK, Help.WORKER_RESTART, Counter)
WORKFLOW_ERRORS = _family(Name.WORKFLOW_START_ERROR, _WORKFLOW_ERROR, Help.WORKFLOW_START_ERROR, Counter)
ACTIVE_WORKERS = _family(Name.ACTIVE_WORKERS, _TASK, Help.ACTIVE_WORKERS, LiveSum)

# The canonical family: histograms, units in the names.
EXTERNAL_PAYLOADS = _family(
    Name.EXTERNAL_PAYLOAD_USED,
    (Label.ENTITY_NAME, Label.OPERATION, Label.PAYLOAD_TYPE_CAMEL),
    Help.EXTERNAL_PAYLOAD_USED,
    Counter,
)
POLL_SECONDS = _family(
    Name.TASK_POLL_TIME_HISTOGRAM, _TASK_STATUS, Help.TASK_POLL_TIME_HISTOGRAM_CANONICAL, Histogram, _SECONDS
)
EXECUTE_SECONDS = _family(
    Name.TASK_EXECUTE_TIME_HISTOGRAM, _TASK_STATUS, Help.TASK_EXECUTE_TIME_HISTOGRAM_CANONICAL, Histogram, _SECONDS
)
UPDATE_SECONDS = _family(
    Name.TASK_UPDATE_TIME_HISTOGRAM, _TASK_STATUS, Help.TASK_UPDATE_TIME_HISTOGRAM, Histogram, _SECONDS
)
CALL_SECONDS = _family(Name.API_REQUEST_TIME_CANONICAL, _CALL, Help.API_REQUEST_TIME_CANONICAL, Histogram, _SECONDS)
RESULT_BYTES = _family(Name.TASK_RESULT_SIZE_BYTES, _TASK, Help.TASK_RESULT_SIZE_BYTES, Histogram, _BYTES)
INPUT_BYTES = _family(Name.WORKFLOW_INPUT_SIZE_BYTES, _WORKFLOW, Help.WORKFLOW_INPUT_SIZE_BYTES, Histogram, _BYTES)

# The legacy family: last values, and quantiles over recent ones.
LEGACY_EXTERNAL_PAYLOADS = _family(
    Name.EXTERNAL_PAYLOAD_USED,
    (Label.ENTITY_NAME, Label.OPERATION, Label.PAYLOAD_TYPE),
    Help.EXTERNAL_PAYLOAD_USED,
    Counter,
)
POLL_LAST = _family(Name.TASK_POLL_TIME, _TASK, Help.TASK_POLL_TIME, LastValue)
EXECUTE_LAST = _family(Name.TASK_EXECUTE_TIME, _TASK, Help.TASK_EXECUTE_TIME, LastValue)
POLL_QUANTILES = _family(Name.TASK_POLL_TIME_HISTOGRAM, _TASK_STATUS, Help.TASK_POLL_TIME_HISTOGRAM, Quantiles)
EXECUTE_QUANTILES = _family(Name.TASK_EXECUTE_TIME_HISTOGRAM, _TASK_STATUS, Help.TASK_EXECUTE_TIME_HISTOGRAM, Quantiles)
UPDATE_QUANTILES = _family(Name.TASK_UPDATE_TIME_HISTOGRAM, _TASK_STATUS, Help.TASK_UPDATE_TIME_HISTOGRAM, Quantiles)
CALL_QUANTILES = _family(Name.API_REQUEST_TIME, _CALL, Help.API_REQUEST_TIME, Quantiles)
RESULT_LAST = _family(Name.TASK_RESULT_SIZE, _TASK, Help.TASK_RESULT_SIZE, LastValue)
INPUT_LAST = _family(Name.WORKFLOW_INPUT_SIZE, _WORKFLOW, Help.WORKFLOW_INPUT_SIZE, LastValue)
