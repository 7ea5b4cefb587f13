"""What both collectors share: they listen to events, and count what is told to them by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from conductor.client.configuration.settings.metrics_settings import MetricsSettings
from conductor.client.event import task_events, task_runner_events, workflow_events
from conductor.client.telemetry import _families as families
from conductor.client.telemetry._cells import Family
from conductor.client.telemetry._store import SeriesStore

Labels = tuple[str, ...]

SUCCESS, FAILURE = "SUCCESS", "FAILURE"


def label_of(cause: object) -> str:
    """The label for an error: the name of its class, never its text, of which there may be any number."""
    if isinstance(cause, str):
        return cause
    return cause.__name__ if isinstance(cause, type) else type(cause).__name__


class MetricsCollectorBase:
    """Counts what happens in this process. Register it as a listener; `close` it when the process ends.

    The events of a task that goes well are only put down when they happen, and read when the numbers are written: what
    a task costs is an append.

    Args:
        settings: where the numbers go.
        background: write from a thread; otherwise at once, for a process that counts rarely and forks.
    """

    #: Metrics of a duration, and whether they have a status label.
    _EXECUTE_TIME: ClassVar[tuple[tuple[Family, bool], ...]]
    _UPDATE_TIME: ClassVar[tuple[tuple[Family, bool], ...]]
    _RESULT_SIZE: ClassVar[Family]

    def __init__(self, settings: MetricsSettings | None = None, *, background: bool = True) -> None:
        self.settings = settings or MetricsSettings()
        self._background = background
        self._store = SeriesStore(self.settings, background=background, read_events=self._read)
        self._record = self._store.record

    def __reduce__(self) -> tuple[Any, ...]:
        return _make, (type(self), self.settings, self._background)  # numbers stay with their process

    @classmethod
    def collector_name(cls) -> str:
        """Which of the collectors this is."""
        return cls.__name__

    @staticmethod
    def provide_metrics(settings: MetricsSettings) -> None:
        """Write the file, and serve the port, for ever."""
        import threading

        from conductor.client.telemetry.exporter import serve_metrics

        serve_metrics(settings, threading.Event())

    def flush(self) -> None:
        """Hand over what was counted up to now."""
        self._store.flush()

    def close(self) -> None:
        """Hand over the last numbers."""
        self._store.close()

    def increment_task_poll(self, task_type: str) -> None:
        """Count a poll."""
        self._record(families.POLLS, (task_type,))

    def increment_task_poll_error(self, task_type: str, exception: object) -> None:
        """Count a poll that failed."""
        self._record(families.POLL_ERRORS, (task_type, label_of(exception)))

    def increment_task_execution_started(self, task_type: str) -> None:
        """Count an execution that begins."""
        self._record(families.EXECUTIONS, (task_type,))

    def increment_task_execution_error(self, task_type: str, exception: object) -> None:
        """Count an execution that raised."""
        self._record(families.EXECUTION_ERRORS, (task_type, label_of(exception)))

    def increment_task_update_error(self, task_type: str, exception: object) -> None:
        """Count a result that the server did not take."""
        self._record(families.UPDATE_ERRORS, (task_type, label_of(exception)))

    def increment_task_ack_failed(self, task_type: str) -> None:
        """Count a task that was not acknowledged."""
        self._record(families.ACK_FAILURES, (task_type,))

    def increment_task_ack_error(self, task_type: str, exception: object) -> None:
        """Count an acknowledgement that failed."""
        self._record(families.ACK_ERRORS, (task_type, label_of(exception)))

    def increment_task_execution_queue_full(self, task_type: str) -> None:
        """Count a time that no slot was free."""
        self._record(families.QUEUE_FULL, (task_type,))

    def increment_task_paused(self, task_type: str) -> None:
        """Count a poll left out while paused."""
        self._record(families.PAUSES, (task_type,))

    def increment_uncaught_exception(self, exception: object = "unknown") -> None:
        """Count an error that escaped from a thread."""
        self._record(families.UNCAUGHT, (label_of(exception),))

    def increment_worker_restart(self, task_type: str) -> None:
        """Count a worker process that was started again."""
        self._record(families.RESTARTS, (task_type,))

    def increment_workflow_start_error(self, workflow_type: str, exception: object) -> None:
        """Count a workflow that could not be started."""
        self._record(families.WORKFLOW_ERRORS, (workflow_type, label_of(exception)))

    measure_workflow_start_error = increment_workflow_start_error

    def set_active_workers(self, task_type: str, count: int) -> None:
        """So many tasks are being executed now."""
        self._record(families.ACTIVE_WORKERS, (task_type,), count)

    # What the two families keep in different ways.

    def increment_external_payload_used(self, entity_name: str, operation: str, payload_type: str) -> None:
        """Count a use of external storage."""
        raise NotImplementedError

    def record_task_poll_time(self, task_type: str, time_spent: float, status: str = SUCCESS) -> None:
        """Take in the seconds of a poll."""
        raise NotImplementedError

    def record_task_execute_time(self, task_type: str, time_spent: float, status: str = SUCCESS) -> None:
        """Take in the seconds of an execution."""
        raise NotImplementedError

    def record_task_update_time(self, task_type: str, time_spent: float, status: str = SUCCESS) -> None:
        """Take in the seconds of an update."""
        raise NotImplementedError

    def record_api_request_time(
        self, method: str, uri: str, status: str, time_spent: float, metric_uri: str | None = None
    ) -> None:
        """Take in the seconds of an HTTP call; `uri`, or `metric_uri` in its place, is the template of its path."""
        raise NotImplementedError

    def record_task_result_payload_size(self, task_type: str, payload_size: int) -> None:
        """Take in the bytes of a result's output."""
        raise NotImplementedError

    def record_workflow_input_payload_size(self, workflow_type: str, version: object, payload_size: int) -> None:
        """Take in the bytes of a workflow's input."""
        raise NotImplementedError

    def _read(self, kind: type, task_type: str, events: Sequence[Any]) -> Iterator[tuple[Family, Labels, list[float]]]:
        """What events that were put down say."""
        if kind is task_runner_events.TaskExecutionStarted:
            yield families.EXECUTIONS, (task_type,), [float(len(events))]
            return
        is_execution = kind is task_runner_events.TaskExecutionCompleted
        seconds = [event.duration_ms / 1000 for event in events]
        for family, has_status in self._EXECUTE_TIME if is_execution else self._UPDATE_TIME:
            yield family, (task_type, SUCCESS) if has_status else (task_type,), seconds
        if is_execution and (sizes := [e.output_size_bytes for e in events if e.output_size_bytes is not None]):
            yield self._RESULT_SIZE, (task_type,), sizes

    # Events.

    def on_poll_started(self, event: task_runner_events.PollStarted) -> None:
        self.increment_task_poll(event.task_type)

    def on_poll_completed(self, event: task_runner_events.PollCompleted) -> None:
        self.record_task_poll_time(event.task_type, event.duration_ms / 1000)

    def on_poll_failure(self, event: task_runner_events.PollFailure) -> None:
        self.increment_task_poll_error(event.task_type, event.cause)
        self.record_task_poll_time(event.task_type, event.duration_ms / 1000, FAILURE)

    def on_task_execution_started(self, event: task_runner_events.TaskExecutionStarted) -> None:
        self._store.put_down(event)

    def on_task_execution_completed(self, event: task_runner_events.TaskExecutionCompleted) -> None:
        self._store.put_down(event)

    def on_task_execution_failure(self, event: task_runner_events.TaskExecutionFailure) -> None:
        self.increment_task_execution_error(event.task_type, event.cause)
        self.record_task_execute_time(event.task_type, event.duration_ms / 1000, FAILURE)

    def on_task_update_completed(self, event: task_runner_events.TaskUpdateCompleted) -> None:
        self._store.put_down(event)

    def on_task_update_failure(self, event: task_runner_events.TaskUpdateFailure) -> None:
        self.increment_task_update_error(event.task_type, event.cause)
        if event.duration_ms is not None:
            self.record_task_update_time(event.task_type, event.duration_ms / 1000, FAILURE)

    def on_task_paused(self, event: task_runner_events.TaskPaused) -> None:
        self.increment_task_paused(event.task_type)

    def on_task_execution_queue_full(self, event: task_runner_events.TaskExecutionQueueFull) -> None:
        self.increment_task_execution_queue_full(event.task_type)

    def on_active_workers_changed(self, event: task_runner_events.ActiveWorkersChanged) -> None:
        self.set_active_workers(event.task_type, event.count)

    def on_worker_restarted(self, event: task_runner_events.WorkerRestarted) -> None:
        self.increment_worker_restart(event.task_type)

    def on_thread_uncaught_exception(self, event: task_runner_events.ThreadUncaughtException) -> None:
        self.increment_uncaught_exception(event.cause)

    def on_task_result_payload_size(self, event: task_events.TaskResultPayloadSize) -> None:
        self.record_task_result_payload_size(event.task_type, event.size_bytes)

    def on_task_payload_used(self, event: task_events.TaskPayloadUsed) -> None:
        self.increment_external_payload_used(event.task_type, event.operation, event.payload_type)

    def on_workflow_started(self, event: workflow_events.WorkflowStarted) -> None:
        if not event.success:
            self.increment_workflow_start_error(event.name, event.cause or "unknown")

    def on_workflow_input_payload_size(self, event: workflow_events.WorkflowInputPayloadSize) -> None:
        self.record_workflow_input_payload_size(event.name, event.version, event.size_bytes)

    def on_workflow_payload_used(self, event: workflow_events.WorkflowPayloadUsed) -> None:
        self.increment_external_payload_used(event.name, event.operation, event.payload_type)


def _make(cls: type[MetricsCollectorBase], settings: MetricsSettings, background: bool) -> MetricsCollectorBase:
    return cls(settings, background=background)
