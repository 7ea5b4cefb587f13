"""What a listener may define. Any object will do; methods that it lacks are not called."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from conductor.client.event import task_events, task_runner_events, workflow_events


@runtime_checkable
class TaskRunnerEventsListener(Protocol):
    """Is told what the runner does, in the worker's process, in the thread that does it."""

    def on_poll_started(self, event: task_runner_events.PollStarted) -> None: ...
    def on_poll_completed(self, event: task_runner_events.PollCompleted) -> None: ...
    def on_poll_failure(self, event: task_runner_events.PollFailure) -> None: ...
    def on_task_execution_started(self, event: task_runner_events.TaskExecutionStarted) -> None: ...
    def on_task_execution_completed(self, event: task_runner_events.TaskExecutionCompleted) -> None: ...
    def on_task_execution_failure(self, event: task_runner_events.TaskExecutionFailure) -> None: ...
    def on_task_update_failure(self, event: task_runner_events.TaskUpdateFailure) -> None: ...


@runtime_checkable
class TaskEventsListener(Protocol):
    """Is told about the payloads of tasks."""

    def on_task_result_payload_size(self, event: task_events.TaskResultPayloadSize) -> None: ...
    def on_task_payload_used(self, event: task_events.TaskPayloadUsed) -> None: ...


@runtime_checkable
class WorkflowEventsListener(Protocol):
    """Is told about workflows that are started."""

    def on_workflow_started(self, event: workflow_events.WorkflowStarted) -> None: ...
    def on_workflow_input_payload_size(self, event: workflow_events.WorkflowInputPayloadSize) -> None: ...
    def on_workflow_payload_used(self, event: workflow_events.WorkflowPayloadUsed) -> None: ...


@runtime_checkable
class MetricsCollector(TaskRunnerEventsListener, TaskEventsListener, WorkflowEventsListener, Protocol):
    """Is told everything."""
