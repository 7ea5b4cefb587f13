"""The metrics in the two families of names that Conductor's SDKs use: labels, and what their values are kept in."""

from __future__ import annotations

from typing import NamedTuple

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


class Shape(NamedTuple):
    """What the two families of names keep in different ways."""

    external_payloads: Family
    poll_times: tuple[Family, ...]
    execute_times: tuple[Family, ...]
    update_times: tuple[Family, ...]
    call_times: Family
    result_sizes: Family
    input_sizes: Family


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

# Histograms, units in the names.
CANONICAL = Shape(
    external_payloads=_family(
        Name.EXTERNAL_PAYLOAD_USED,
        (Label.ENTITY_NAME, Label.OPERATION, Label.PAYLOAD_TYPE_CAMEL),
        Help.EXTERNAL_PAYLOAD_USED,
        Counter,
    ),
    poll_times=(
        _family(
            Name.TASK_POLL_TIME_HISTOGRAM, _TASK_STATUS, Help.TASK_POLL_TIME_HISTOGRAM_CANONICAL, Histogram, _SECONDS
        ),
    ),
    execute_times=(
        _family(
            Name.TASK_EXECUTE_TIME_HISTOGRAM,
            _TASK_STATUS,
            Help.TASK_EXECUTE_TIME_HISTOGRAM_CANONICAL,
            Histogram,
            _SECONDS,
        ),
    ),
    update_times=(
        _family(Name.TASK_UPDATE_TIME_HISTOGRAM, _TASK_STATUS, Help.TASK_UPDATE_TIME_HISTOGRAM, Histogram, _SECONDS),
    ),
    call_times=_family(Name.API_REQUEST_TIME_CANONICAL, _CALL, Help.API_REQUEST_TIME_CANONICAL, Histogram, _SECONDS),
    result_sizes=_family(Name.TASK_RESULT_SIZE_BYTES, _TASK, Help.TASK_RESULT_SIZE_BYTES, Histogram, _BYTES),
    input_sizes=_family(Name.WORKFLOW_INPUT_SIZE_BYTES, _WORKFLOW, Help.WORKFLOW_INPUT_SIZE_BYTES, Histogram, _BYTES),
)

# Last values, and quantiles over recent ones.
LEGACY = Shape(
    external_payloads=_family(
        Name.EXTERNAL_PAYLOAD_USED,
        (Label.ENTITY_NAME, Label.OPERATION, Label.PAYLOAD_TYPE),
        Help.EXTERNAL_PAYLOAD_USED,
        Counter,
    ),
    poll_times=(
        _family(Name.TASK_POLL_TIME, _TASK, Help.TASK_POLL_TIME, LastValue),
        _family(Name.TASK_POLL_TIME_HISTOGRAM, _TASK_STATUS, Help.TASK_POLL_TIME_HISTOGRAM, Quantiles),
    ),
    execute_times=(
        _family(Name.TASK_EXECUTE_TIME, _TASK, Help.TASK_EXECUTE_TIME, LastValue),
        _family(Name.TASK_EXECUTE_TIME_HISTOGRAM, _TASK_STATUS, Help.TASK_EXECUTE_TIME_HISTOGRAM, Quantiles),
    ),
    update_times=(_family(Name.TASK_UPDATE_TIME_HISTOGRAM, _TASK_STATUS, Help.TASK_UPDATE_TIME_HISTOGRAM, Quantiles),),
    call_times=_family(Name.API_REQUEST_TIME, _CALL, Help.API_REQUEST_TIME, Quantiles),
    result_sizes=_family(Name.TASK_RESULT_SIZE, _TASK, Help.TASK_RESULT_SIZE, LastValue),
    input_sizes=_family(Name.WORKFLOW_INPUT_SIZE, _WORKFLOW, Help.WORKFLOW_INPUT_SIZE, LastValue),
)
