"""Traces and metrics for OpenTelemetry: ``pip install 'conductor-python[otel]'``.

::

    def set_up() -> None:                       # runs once in each worker process
        trace.set_tracer_provider(...)          # with the exporter of your choice
        metrics.set_meter_provider(...)

    TaskHandler(workers, event_listeners=[OpenTelemetryListener(set_up)])

A workflow carries a trace where its input has one: start it with ``input=with_trace_context({...})`` and hand
``${workflow.input.traceparent}`` on to a task's input as ``traceparent``; the task's span is then part of that trace,
and the current one while the worker's function runs.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from conductor.client.configuration.errors import ConfigurationError
from conductor.client.event import task_runner_events as events
from conductor.client.telemetry.metrics_collector_base import FAILURE, SUCCESS, label_of

try:
    from opentelemetry import context as otel_context
    from opentelemetry import metrics, propagate, trace
    from opentelemetry.trace import Span, SpanKind, Status, StatusCode
except ImportError:
    raise ConfigurationError(
        "conductor.client.telemetry.otel needs OpenTelemetry: pip install 'conductor-python[otel]'"
    ) from None

_NAME = "conductor-python"
#: Names under which a task's input carries a trace, as W3C's headers are called.
_CARRIED = ("traceparent", "tracestate", "baggage")
#: Spans kept open at most; what is given up never ends its span, and must not be kept for ever.
_MOST_OPEN = 10_000


def with_trace_context(workflow_input: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The input with the current trace in it, as ``traceparent`` (and ``tracestate``, ``baggage`` where there are)."""
    carried: dict[str, Any] = dict(workflow_input or {})
    propagate.inject(carried)
    return carried


class _Execution(NamedTuple):
    span: Span
    token: Any
    thread: int


class OpenTelemetryListener:
    """A span for each execution, and counts and times of polls, executions and updates.

    Args:
        set_up: run once in every process before the first event, to set the providers; they cannot be sent there.
        traces, metrics: which of the two are wanted.
        tracer_provider, meter_provider: in place of the global ones, in this process alone.
    """

    def __init__(
        self,
        set_up: Callable[[], object] | None = None,
        *,
        traces: bool = True,
        metrics: bool = True,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        self._set_up, self._traces, self._metrics = set_up, traces, metrics
        self._providers = tracer_provider, meter_provider
        self._lock = threading.Lock()
        self._pid: int | None = None
        self._open: dict[str, _Execution] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return _make, (type(self), self._set_up, self._traces, self._metrics)

    def on_poll_completed(self, event: events.PollCompleted) -> None:
        self._ready().polls(event.task_type, event.duration_ms, SUCCESS)

    def on_poll_failure(self, event: events.PollFailure) -> None:
        self._ready().polls(event.task_type, event.duration_ms, FAILURE, event.cause)

    def on_task_execution_started(self, event: events.TaskExecutionStarted) -> None:
        self._ready()
        if self._traces:
            span = self._tracer.start_span(
                f"task {event.task_type}",
                context=_carried_context(event),
                kind=SpanKind.CONSUMER,
                attributes={
                    "conductor.task.type": event.task_type,
                    "conductor.task.id": event.task_id,
                    "conductor.workflow.id": event.workflow_instance_id or "",
                    "conductor.worker.id": event.worker_id,
                },
            )
            token = otel_context.attach(trace.set_span_in_context(span))
            self._open[event.task_id] = _Execution(span, token, threading.get_ident())
            while len(self._open) > _MOST_OPEN:
                self._open.pop(next(iter(self._open))).span.end()

    def on_task_execution_completed(self, event: events.TaskExecutionCompleted) -> None:
        self._end(event.task_id, None)
        instruments = self._ready()
        instruments.executions(event.task_type, event.duration_ms, SUCCESS)
        if event.output_size_bytes is not None:
            instruments.sizes(event.task_type, event.output_size_bytes)

    def on_task_execution_failure(self, event: events.TaskExecutionFailure) -> None:
        self._end(event.task_id, event.cause)
        self._ready().executions(event.task_type, event.duration_ms, FAILURE, event.cause)

    def on_task_update_completed(self, event: events.TaskUpdateCompleted) -> None:
        self._ready().updates(event.task_type, event.duration_ms, SUCCESS)

    def on_task_update_failure(self, event: events.TaskUpdateFailure) -> None:
        self._ready().updates(event.task_type, event.duration_ms or 0.0, FAILURE, event.cause)

    def close(self) -> None:
        """Send what has been gathered, where the providers can."""
        if self._pid == os.getpid():
            for provider in (self._tracer_provider, self._meter_provider):
                if callable(flush := getattr(provider, "force_flush", None)):
                    flush()

    def _ready(self) -> _Instruments:
        if self._pid != os.getpid():
            with self._lock:
                if self._pid != os.getpid():
                    self._begin()
        return self._instruments

    def _begin(self) -> None:
        if self._set_up is not None:
            self._set_up()
        tracers, meters = self._providers
        self._tracer_provider = tracers or trace.get_tracer_provider()
        self._meter_provider = meters or metrics.get_meter_provider()
        self._tracer = self._tracer_provider.get_tracer(_NAME)
        meter = self._meter_provider if self._metrics else metrics.NoOpMeterProvider()
        self._instruments = _Instruments(meter.get_meter(_NAME))
        self._open = {}
        self._pid = os.getpid()

    def _end(self, task_id: str, cause: BaseException | None) -> None:
        execution = self._open.pop(task_id, None)
        if execution is None:
            return
        if execution.thread == threading.get_ident():
            otel_context.detach(execution.token)
        if cause is not None:
            execution.span.record_exception(cause)
            execution.span.set_status(Status(StatusCode.ERROR, label_of(cause)))
        execution.span.end()


class _Instruments:
    """Counts and times, by task type and outcome; an error's label is the name of its class."""

    def __init__(self, meter: metrics.Meter) -> None:
        self._poll = meter.create_histogram("conductor.task.poll.duration", "s", "Time of a poll")
        self._execution = meter.create_histogram("conductor.task.execution.duration", "s", "Time of an execution")
        self._update = meter.create_histogram("conductor.task.update.duration", "s", "Time of an update")
        self._size = meter.create_histogram("conductor.task.result.size", "By", "Size of a result's output")

    def polls(self, task_type: str, ms: float, status: str, cause: BaseException | None = None) -> None:
        self._poll.record(ms / 1000, _labels(task_type, status, cause))

    def executions(self, task_type: str, ms: float, status: str, cause: BaseException | None = None) -> None:
        self._execution.record(ms / 1000, _labels(task_type, status, cause))

    def updates(self, task_type: str, ms: float, status: str, cause: BaseException | None = None) -> None:
        self._update.record(ms / 1000, _labels(task_type, status, cause))

    def sizes(self, task_type: str, size: int) -> None:
        self._size.record(size, {"conductor.task.type": task_type})


def _labels(task_type: str, status: str, cause: BaseException | None) -> dict[str, str]:
    labels = {"conductor.task.type": task_type, "status": status}
    return labels if cause is None else {**labels, "error.type": label_of(cause)}


def _carried_context(event: events.TaskExecutionStarted) -> otel_context.Context | None:
    given = event.task.input_data if event.task is not None else None
    carried = {name: given[name] for name in _CARRIED if isinstance(given.get(name), str)} if given else {}
    return propagate.extract(carried) if "traceparent" in carried else None


def _make(
    cls: type[OpenTelemetryListener], set_up: Callable[[], object] | None, traces: bool, metrics: bool
) -> OpenTelemetryListener:
    return cls(set_up, traces=traces, metrics=metrics)
