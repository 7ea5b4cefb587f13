"""Who wants to hear what: shared by both dispatchers."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable
from typing import Any

from conductor.client.event import task_events, task_runner_events, workflow_events
from conductor.client.event.conductor_event import ConductorEvent

Callback = Callable[[Any], Any]

logger = logging.getLogger(__name__)


def _handler_name(event_type: type[ConductorEvent]) -> str:
    return "on_" + re.sub(r"(?<=[a-z])(?=[A-Z])", "_", event_type.__name__).lower()


#: Method of a listener: the event that it is called with.
HANDLERS: dict[str, type[ConductorEvent]] = {
    _handler_name(event_type): event_type
    for module in (task_runner_events, task_events, workflow_events)
    for event_type in vars(module).values()
    if isinstance(event_type, type)
    and issubclass(event_type, ConductorEvent)
    and not event_type.__name__.endswith("Event")
}


class Registry:
    """The callbacks of each type of event. Reading takes no lock: a change replaces what readers look at."""

    def __init__(self, listeners: Iterable[object] = ()) -> None:
        self._callbacks: dict[type[Any], tuple[Callback, ...]] = {}
        #: Of the listeners that want no whole event: what takes its fields, and what would take it whole.
        self._quick: dict[type[Any], tuple[tuple[Callback, Callback], ...]] = {}
        self._objects: list[object] = []
        self._lock = threading.Lock()
        self._failed: set[tuple[Any, type]] = set()
        for listener in listeners:
            self.add_listener(listener)

    def add_listener(self, listener: object, events: type[ConductorEvent] = ConductorEvent) -> None:
        """Register every ``on_...`` method that the object has, for this kind of event.

        A method ``heard_...`` beside it is called in its place, with the event's fields, where events are told often.
        """
        self._objects.append(listener)
        for name, event_type in HANDLERS.items():
            if issubclass(event_type, events) and callable(method := getattr(listener, name, None)):
                self._add(event_type, method)
                if callable(quick := getattr(listener, name.replace("on_", "heard_", 1), None)):
                    self._quick = {**self._quick, event_type: (*self._quick.get(event_type, ()), (quick, method))}

    def _add(self, event_type: type[Any], callback: Callback) -> None:
        if not callable(callback):
            raise TypeError(f"a listener must be callable, got {type(callback).__name__}")
        with self._lock:
            present = self._callbacks.get(event_type, ())
            if callback not in present:
                self._callbacks = {**self._callbacks, event_type: (*present, callback)}

    def _remove(self, event_type: type[Any], callback: Callback) -> None:
        with self._lock:
            left = tuple(c for c in self._callbacks.get(event_type, ()) if c != callback)
            self._callbacks = {**self._callbacks, event_type: left}

    def has_listeners(self, event_type: type[Any]) -> bool:
        """Whether anybody would hear an event of this type; cheap enough to ask before making one."""
        return bool(self._callbacks.get(event_type))

    def listener_count(self, event_type: type[Any] | None = None) -> int:
        """How many callbacks there are for a type of event, or for all."""
        if event_type is not None:
            return len(self._callbacks.get(event_type, ()))
        return sum(len(callbacks) for callbacks in self._callbacks.values())

    def close(self) -> None:
        """Call `close()` of every listener object that has one, so that it may write what it has gathered."""
        for listener in self._objects:
            if callable(close := getattr(listener, "close", None)):
                try:
                    close()
                except Exception as error:  # noqa: BLE001  a listener is foreign code
                    self._complain(close, type(None), error)

    def _complain(self, callback: Callback, event_type: type, error: BaseException) -> None:
        """Log the first failure of a callback with an event type; a listener that always fails is heard of once."""
        key = getattr(callback, "__qualname__", type(callback).__qualname__), event_type
        if key not in self._failed:
            self._failed.add(key)
            logger.error("listener %s failed (said once; tasks are not affected): %r", key[0], error, exc_info=error)
