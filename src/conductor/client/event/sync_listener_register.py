"""Registers a listener for one kind of event."""

from __future__ import annotations

from conductor.client.event.listeners import TaskEventsListener, TaskRunnerEventsListener, WorkflowEventsListener
from conductor.client.event.sync_event_dispatcher import SyncEventDispatcher
from conductor.client.event.task_events import TaskEvent
from conductor.client.event.task_runner_events import TaskRunnerEvent
from conductor.client.event.workflow_events import WorkflowEvent


def register_task_runner_listener(listener: TaskRunnerEventsListener, dispatcher: SyncEventDispatcher) -> None:
    """Tell the listener of polls, executions and updates."""
    dispatcher.add_listener(listener, TaskRunnerEvent)


def register_task_listener(listener: TaskEventsListener, dispatcher: SyncEventDispatcher) -> None:
    """Tell the listener of the payloads of tasks."""
    dispatcher.add_listener(listener, TaskEvent)


def register_workflow_listener(listener: WorkflowEventsListener, dispatcher: SyncEventDispatcher) -> None:
    """Tell the listener of workflows that are started."""
    dispatcher.add_listener(listener, WorkflowEvent)
