"""Facts that the SDK tells, who may listen to them, and who tells them."""

from conductor.client.event.conductor_event import ConductorEvent
from conductor.client.event.event_dispatcher import EventDispatcher
from conductor.client.event.listener_register import (
    register_task_listener,
    register_task_runner_listener,
    register_workflow_listener,
)
from conductor.client.event.listeners import (
    MetricsCollector,
    TaskEventsListener,
    TaskRunnerEventsListener,
    WorkflowEventsListener,
)
from conductor.client.event.sync_event_dispatcher import SyncEventDispatcher
from conductor.client.event.task_events import TaskEvent, TaskPayloadUsed, TaskResultPayloadSize
from conductor.client.event.task_runner_events import (
    ActiveWorkersChanged,
    PollCompleted,
    PollFailure,
    PollStarted,
    TaskExecutionCompleted,
    TaskExecutionFailure,
    TaskExecutionQueueFull,
    TaskExecutionStarted,
    TaskPaused,
    TaskRunnerEvent,
    TaskUpdateCompleted,
    TaskUpdateFailure,
    ThreadUncaughtException,
    WorkerRestarted,
)
from conductor.client.event.workflow_events import (
    WorkflowEvent,
    WorkflowInputPayloadSize,
    WorkflowPayloadUsed,
    WorkflowStarted,
)

MetricsCollectorProtocol = MetricsCollector

__all__ = [
    "ActiveWorkersChanged",
    "ConductorEvent",
    "EventDispatcher",
    "MetricsCollector",
    "MetricsCollectorProtocol",
    "PollCompleted",
    "PollFailure",
    "PollStarted",
    "SyncEventDispatcher",
    "TaskEvent",
    "TaskEventsListener",
    "TaskExecutionCompleted",
    "TaskExecutionFailure",
    "TaskExecutionQueueFull",
    "TaskExecutionStarted",
    "TaskPaused",
    "TaskPayloadUsed",
    "TaskResultPayloadSize",
    "TaskRunnerEvent",
    "TaskRunnerEventsListener",
    "TaskUpdateCompleted",
    "TaskUpdateFailure",
    "ThreadUncaughtException",
    "WorkerRestarted",
    "WorkflowEvent",
    "WorkflowEventsListener",
    "WorkflowInputPayloadSize",
    "WorkflowPayloadUsed",
    "WorkflowStarted",
    "register_task_listener",
    "register_task_runner_listener",
    "register_workflow_listener",
]
