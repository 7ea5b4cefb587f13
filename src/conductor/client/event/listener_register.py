"""Registers a listener for one kind of event at the dispatcher of an event loop."""

from __future__ import annotations

from conductor.client.event.event_dispatcher import EventDispatcher
from conductor.client.event.listeners import TaskEventsListener, TaskRunnerEventsListener, WorkflowEventsListener
from conductor.client.event.task_events import TaskEvent
from conductor.client.event.task_runner_events import TaskRunnerEvent
from conductor.client.event.workflow_events import WorkflowEvent


async def register_task_runner_listener(listener: TaskRunnerEventsListener, dispatcher: EventDispatcher) -> None:
    """Tell the listener of polls, executions and updates."""
    dispatcher.add_listener(listener, TaskRunnerEvent)


async def register_task_listener(listener: TaskEventsListener, dispatcher: EventDispatcher) -> None:
    """Tell the listener of the payloads of tasks."""
    dispatcher.add_listener(listener, TaskEvent)


async def register_workflow_listener(listener: WorkflowEventsListener, dispatcher: EventDispatcher) -> None:
    """Tell the listener of workflows that are started."""
    dispatcher.add_listener(listener, WorkflowEvent)
