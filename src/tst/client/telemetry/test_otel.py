"""OpenTelemetry: a span for each execution, in the trace that the task's input carries; counts and times."""

from __future__ import annotations

import multiprocessing
import pickle
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from conductor.client.event import (
    PollCompleted,
    PollFailure,
    SyncEventDispatcher,
    TaskExecutionCompleted,
    TaskExecutionFailure,
    TaskExecutionStarted,
    TaskUpdateCompleted,
    TaskUpdateFailure,
)
from conductor.client.http.models import Task
from conductor.client.telemetry.otel import OpenTelemetryListener, with_trace_context

TASK = ("greet", "id", "worker", "workflow")


class Telemetry:
    """Providers that keep all in memory, and a dispatcher with the listener on them."""

    def __init__(self, **options: Any) -> None:
        self.exporter, self.reader = InMemorySpanExporter(), InMemoryMetricReader()
        self.tracers, self.meters = TracerProvider(), MeterProvider([self.reader])
        self.tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        listener = OpenTelemetryListener(tracer_provider=self.tracers, meter_provider=self.meters, **options)
        self.dispatcher = SyncEventDispatcher([listener])

    def tell(self, *events: object) -> None:
        for event in events:
            self.dispatcher.publish(event)

    def numbers(self) -> dict[tuple[str, Any], tuple[int, float]]:
        data = self.reader.get_metrics_data()
        return {
            (metric.name, point.attributes.get("error.type")): (point.count, point.sum)
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            for point in metric.data.data_points
        }


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    telemetry = Telemetry()
    yield telemetry
    telemetry.dispatcher.close()
    telemetry.tracers.shutdown()
    telemetry.meters.shutdown()


def test_an_execution_is_a_span_of_the_trace_in_its_input(telemetry: Telemetry) -> None:
    """The trace of who started the workflow goes on in the worker, whose own spans are inside."""
    tracer = telemetry.tracers.get_tracer("test")
    with tracer.start_as_current_span("caller") as caller:
        carried = with_trace_context({"name": "x"})
    assert set(carried) == {"name", "traceparent"}
    telemetry.tell(TaskExecutionStarted(*TASK, Task(input_data=carried)))
    tracer.start_span("inside").end()
    telemetry.tell(TaskExecutionCompleted(*TASK, 20.0, 100))
    assert not trace.get_current_span().get_span_context().is_valid
    spans = {span.name: span for span in telemetry.exporter.get_finished_spans()}
    task, inside = spans["task greet"], spans["inside"]
    assert task.context.trace_id == caller.get_span_context().trace_id == inside.context.trace_id
    assert task.parent is not None
    assert inside.parent is not None
    assert (task.parent.span_id, inside.parent.span_id) == (caller.get_span_context().span_id, task.context.span_id)
    assert task.attributes is not None
    assert task.attributes["conductor.workflow.id"] == "workflow"


def test_a_failed_execution_is_a_failed_span(telemetry: Telemetry) -> None:
    """With the error in it; a task without a trace begins one."""
    telemetry.tell(TaskExecutionStarted(*TASK, Task()), TaskExecutionFailure(*TASK, ValueError("wrong"), 5.0))
    (span,) = telemetry.exporter.get_finished_spans()
    assert (span.parent, span.status.is_ok, span.status.description) == (None, False, "ValueError")
    assert span.events[0].name == "exception"


@pytest.mark.parametrize("traceparent", ["", "nonsense", 7, None, "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_a_trace_that_is_none_harms_nothing(telemetry: Telemetry, traceparent: Any) -> None:
    """Whatever stands in the input, the execution has a span of its own."""
    task = Task(input_data={"traceparent": traceparent})
    telemetry.tell(TaskExecutionStarted(*TASK, task), TaskExecutionCompleted(*TASK, 1.0))
    (span,) = telemetry.exporter.get_finished_spans()
    assert span.parent is None


def test_polls_executions_and_updates_are_counted_and_timed(telemetry: Telemetry) -> None:
    """In seconds and bytes, with the class of the error where there was one."""
    telemetry.tell(
        PollCompleted("greet", 10.0, 1),
        PollFailure("greet", 30.0, TimeoutError()),
        TaskExecutionCompleted(*TASK, 20.0, 100),
        TaskExecutionFailure(*TASK, ValueError("x"), 40.0),
        TaskUpdateCompleted(*TASK, 50.0),
        TaskUpdateFailure(*TASK, OSError("x"), 1, None, 60.0),
    )
    numbers = telemetry.numbers()
    assert numbers["conductor.task.poll.duration", None] == (1, pytest.approx(0.01))
    assert numbers["conductor.task.poll.duration", "TimeoutError"] == (1, pytest.approx(0.03))
    assert numbers["conductor.task.execution.duration", None] == (1, pytest.approx(0.02))
    assert numbers["conductor.task.execution.duration", "ValueError"] == (1, pytest.approx(0.04))
    assert numbers["conductor.task.update.duration", "OSError"] == (1, pytest.approx(0.06))
    assert numbers["conductor.task.result.size", None] == (1, 100)


def test_either_half_can_be_left_out() -> None:
    """Traces without metrics, metrics without traces."""
    for options, spans in (({"metrics": False}, 1), ({"traces": False}, 0)):
        telemetry = Telemetry(**options)
        telemetry.tell(TaskExecutionStarted(*TASK, Task()), TaskExecutionCompleted(*TASK, 1.0))
        assert len(telemetry.exporter.get_finished_spans()) == spans
        assert bool(telemetry.numbers()) is (spans == 0)
        telemetry.meters.shutdown()


def _remember(process: list[int] = []) -> None:  # noqa: B006  one list in each process is what is tested
    process.append(1)
    assert len(process) == 1, "set up twice in one process"


def _tell(listener: OpenTelemetryListener) -> None:
    for _ in range(2):
        listener.on_poll_completed(PollCompleted("greet", 1.0, 0))


def test_a_listener_is_set_up_once_in_each_process() -> None:
    """It is sent to the process without its providers, and makes them there."""
    listener = OpenTelemetryListener(_remember)
    _tell(listener)
    assert isinstance(pickle.loads(pickle.dumps(OpenTelemetryListener())), OpenTelemetryListener)  # noqa: S301
    fork: Any = multiprocessing.get_context("fork")
    process = fork.Process(target=_tell, args=(OpenTelemetryListener(),))
    process.start()
    process.join(10)
    assert process.exitcode == 0


def test_without_opentelemetry_the_error_says_what_to_install() -> None:
    """One line, and nothing else of the SDK needs it."""
    code = """
import sys
sys.modules["opentelemetry"] = None
import conductor.client.telemetry.metrics_factory
try:
    import conductor.client.telemetry.otel
except ValueError as error:
    assert "pip install 'conductor-python[otel]'" in str(error), error
else:
    raise SystemExit("no error")
"""
    import os
    from pathlib import Path

    source = str(Path(__file__).resolve().parents[3])
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30, env={**os.environ, "PYTHONPATH": source})
