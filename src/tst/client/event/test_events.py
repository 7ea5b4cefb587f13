"""Events are facts; listeners hear them and cannot harm who tells."""

from __future__ import annotations

import asyncio
import dataclasses
import logging

import pytest

from conductor.client.event import (
    EventDispatcher,
    MetricsCollector,
    PollCompleted,
    PollStarted,
    SyncEventDispatcher,
    TaskExecutionCompleted,
    TaskUpdateFailure,
    WorkflowStarted,
    register_task_runner_listener,
    sync_listener_register,
)

POLL = PollStarted("t", "w", 3)


class Listener:
    """Hears two of the events."""

    def __init__(self) -> None:
        self.heard: list[object] = []
        self.closed = 0

    def on_poll_started(self, event: PollStarted) -> None:
        self.heard.append(event)

    def on_workflow_started(self, event: WorkflowStarted) -> None:
        self.heard.append(event)

    def close(self) -> None:
        self.closed += 1


def test_an_event_is_a_frozen_fact_with_a_time() -> None:
    """Fields are as told, in order, with a timestamp in UTC, and cannot be changed."""
    event = TaskExecutionCompleted("type", "id", "worker", "workflow", 12.5, 99)
    assert (event.task_type, event.duration_ms, event.output_size_bytes) == ("type", 12.5, 99)
    assert event.timestamp.utcoffset() is not None
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.task_type = "other"  # type: ignore[misc]


def test_an_event_s_repr_leaves_the_payload_out() -> None:
    """The task result, which may hold anything, is not shown in logs."""
    event = TaskUpdateFailure("t", "i", "w", "wf", ValueError("x"), 2, task_result="canary")  # type: ignore[arg-type]
    assert "canary" not in repr(event)


def test_a_listener_hears_what_it_has_methods_for() -> None:
    """Methods that a listener lacks are not needed."""
    listener = Listener()
    dispatcher = SyncEventDispatcher([listener])
    started = WorkflowStarted("wf", 1, True, "id")
    for event in (POLL, PollCompleted("t", 1.0, 0), started):
        dispatcher.publish(event)
    assert listener.heard == [POLL, started]
    assert dispatcher.has_listeners(PollStarted)
    assert not dispatcher.has_listeners(PollCompleted)
    assert (dispatcher.listener_count(), dispatcher.listener_count(PollStarted)) == (2, 1)
    dispatcher.close()
    assert listener.closed == 1


def test_a_callback_is_registered_once_and_unregistered() -> None:
    """Registering twice does not call twice."""
    heard: list[PollStarted] = []
    dispatcher = SyncEventDispatcher()
    for _ in range(2):
        dispatcher.register(PollStarted, heard.append)
    dispatcher.publish(POLL)
    dispatcher.unregister(PollStarted, heard.append)
    dispatcher.publish(POLL)
    assert heard == [POLL]
    assert not dispatcher.has_listeners(PollStarted)


def test_a_failing_listener_is_logged_once_and_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """The others still hear, the publisher goes on, the log has one record."""
    listener = Listener()
    dispatcher = SyncEventDispatcher()

    def fail(_: object) -> None:
        raise RuntimeError("broken")

    dispatcher.register(PollStarted, fail)
    dispatcher.add_listener(listener)
    with caplog.at_level(logging.ERROR):
        for _ in range(5):
            dispatcher.publish(POLL)
    assert len(listener.heard) == 5
    assert len(caplog.records) == 1
    assert "broken" in caplog.text


def test_a_coroutine_function_is_refused_where_nobody_would_await_it() -> None:
    """The plain dispatcher says so at registration."""

    async def hear(_: object) -> None: ...

    with pytest.raises(TypeError, match="coroutine function"):
        SyncEventDispatcher().register(PollStarted, hear)  # type: ignore[arg-type]


def test_the_async_dispatcher_tells_both_kinds_and_waits_for_none(caplog: pytest.LogCaptureFixture) -> None:
    """Plain listeners are called, coroutines are started, failures are logged once."""
    heard: list[str] = []

    async def slow(_: PollStarted) -> None:
        await asyncio.sleep(0)
        heard.append("slow")

    async def broken(_: PollStarted) -> None:
        raise RuntimeError("broken")

    async def run() -> None:
        dispatcher = EventDispatcher()
        for listener in (slow, broken, lambda _: heard.append("plain")):
            await dispatcher.register(PollStarted, listener)
        await dispatcher.publish(POLL)
        await dispatcher.publish(POLL)
        assert heard == ["plain", "plain"]
        await dispatcher.drain()
        await dispatcher.unregister(PollStarted, slow)
        assert dispatcher.listener_count(PollStarted) == 2

    asyncio.run(run())
    assert sorted(heard) == ["plain", "plain", "slow", "slow"]
    assert len(caplog.records) == 1


def test_the_collector_protocol_is_the_sum_of_the_others() -> None:
    """A listener with some of the methods only is no MetricsCollector."""
    assert not isinstance(Listener(), MetricsCollector)


def test_a_listener_is_registered_for_one_kind_of_event() -> None:
    """The functions of older code tell the listener of their kind alone, at either dispatcher."""
    listener, dispatcher = Listener(), SyncEventDispatcher()
    sync_listener_register.register_task_runner_listener(listener, dispatcher)
    assert (dispatcher.has_listeners(PollStarted), dispatcher.has_listeners(WorkflowStarted)) == (True, False)
    sync_listener_register.register_workflow_listener(listener, dispatcher)
    assert dispatcher.has_listeners(WorkflowStarted)

    async def run() -> None:
        other = EventDispatcher()
        await register_task_runner_listener(listener, other)
        assert (other.has_listeners(PollStarted), other.has_listeners(WorkflowStarted)) == (True, False)

    asyncio.run(run())


def test_an_event_that_nobody_wants_whole_is_not_made() -> None:
    """A listener with a `heard_` method gets the fields; the others get the event; one that fails harms nobody."""

    class Quick:
        def __init__(self) -> None:
            self.heard: list[object] = []

        def on_poll_started(self, event: PollStarted) -> None:
            self.heard.append(event)

        def heard_poll_started(self, *fields: object) -> None:
            self.heard.append(fields)
            raise RuntimeError("broken")

    quick, whole, dispatcher = Quick(), Listener(), SyncEventDispatcher()
    dispatcher.tell(PollStarted, "not", "even", "made")
    dispatcher.add_listener(quick)
    dispatcher.tell(PollStarted, "t", "w", 3)
    dispatcher.add_listener(whole)
    dispatcher.tell(PollStarted, "t", "w", 4)
    dispatcher.publish(POLL)
    assert quick.heard == [("t", "w", 3), ("t", "w", 4), POLL]
    assert [event.poll_count for event in whole.heard if isinstance(event, PollStarted)] == [4, 3]
