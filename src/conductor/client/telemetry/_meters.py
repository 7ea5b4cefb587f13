"""What is counted: told by name, or read off an event."""

from __future__ import annotations

from typing import Protocol

from conductor.client.event import task_events, task_runner_events, workflow_events
from conductor.client.telemetry import _families as families
from conductor.client.telemetry._cells import Family

SUCCESS, FAILURE = "SUCCESS", "FAILURE"


class Record(Protocol):
    """Takes in a value of a metric under the values of its labels."""

    def __call__(self, family: Family, labels: tuple[str, ...], value: float = 1.0, /) -> None: ...


def label_of(cause: object) -> str:
    """The label for an error: the name of its class, never its text, of which there may be any number."""
    if isinstance(cause, str):
        return cause
    return cause.__name__ if isinstance(cause, type) else type(cause).__name__


class Meters:
    """Turns what happens into values of metrics, in the shape of one family of names, and gives them to `record`."""

    def __init__(self, shape: families.Shape, record: Record) -> None:
        self._shape, self._record = shape, record

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

    def increment_external_payload_used(self, entity_name: str, operation: str, payload_type: str) -> None:
        """Count a use of external storage."""
        self._record(self._shape.external_payloads, (entity_name, operation, payload_type))

    def record_task_poll_time(self, task_type: str, time_spent: float, status: str = SUCCESS) -> None:
        """Take in the seconds of a poll."""
        self._record_all(self._shape.poll_times, (task_type, status), time_spent)

    def record_task_execute_time(self, task_type: str, time_spent: float, status: str = SUCCESS) -> None:
        """Take in the seconds of an execution."""
        self._record_all(self._shape.execute_times, (task_type, status), time_spent)

    def record_task_update_time(self, task_type: str, time_spent: float, status: str = SUCCESS) -> None:
        """Take in the seconds of an update."""
        self._record_all(self._shape.update_times, (task_type, status), time_spent)

    def record_api_request_time(
        self, method: str, uri: str, status: str, time_spent: float, metric_uri: str | None = None
    ) -> None:
        """Take in the seconds of an HTTP call; `uri`, or `metric_uri` in its place, is the template of its path."""
        self._record(self._shape.call_times, (method, metric_uri or uri, str(status)), time_spent)

    def record_task_result_payload_size(self, task_type: str, payload_size: int) -> None:
        """Take in the bytes of a result's output."""
        self._record(self._shape.result_sizes, (task_type,), payload_size)

    def record_workflow_input_payload_size(self, workflow_type: str, version: object, payload_size: int) -> None:
        """Take in the bytes of a workflow's input."""
        self._record(self._shape.input_sizes, (workflow_type, str(version)), payload_size)

    def _record_all(self, families: tuple[Family, ...], labels: tuple[str, ...], value: float) -> None:
        for family in families:  # one that has fewer labels has the first of them
            self._record(family, labels[: len(family.labels)], value)

    def execution_started(self, task_type: str) -> None:
        """A worker's function is about to be called."""
        self._record(families.EXECUTIONS, (task_type,))

    def execution_completed(self, task_type: str, duration_ms: float, size: int | None) -> None:
        """A worker's function returned."""
        self.record_task_execute_time(task_type, duration_ms / 1000)
        if size is not None:
            self._record(self._shape.result_sizes, (task_type,), size)

    def update_completed(self, task_type: str, duration_ms: float) -> None:
        """The server took a result."""
        self.record_task_update_time(task_type, duration_ms / 1000)

    def on_poll_started(self, event: task_runner_events.PollStarted) -> None:
        self.increment_task_poll(event.task_type)

    def on_poll_completed(self, event: task_runner_events.PollCompleted) -> None:
        self.record_task_poll_time(event.task_type, event.duration_ms / 1000)

    def on_poll_failure(self, event: task_runner_events.PollFailure) -> None:
        self.increment_task_poll_error(event.task_type, event.cause)
        self.record_task_poll_time(event.task_type, event.duration_ms / 1000, FAILURE)

    def on_task_execution_started(self, event: task_runner_events.TaskExecutionStarted) -> None:
        self.execution_started(event.task_type)

    def on_task_execution_completed(self, event: task_runner_events.TaskExecutionCompleted) -> None:
        self.execution_completed(event.task_type, event.duration_ms, event.output_size_bytes)

    def on_task_execution_failure(self, event: task_runner_events.TaskExecutionFailure) -> None:
        self.increment_task_execution_error(event.task_type, event.cause)
        self.record_task_execute_time(event.task_type, event.duration_ms / 1000, FAILURE)

    def on_task_update_completed(self, event: task_runner_events.TaskUpdateCompleted) -> None:
        self.update_completed(event.task_type, event.duration_ms)

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
