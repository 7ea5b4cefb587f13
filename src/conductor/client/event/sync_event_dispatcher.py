"""Tells listeners in the thread where something happens."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TypeVar

from conductor.client.event._registry import Registry

T = TypeVar("T")


class SyncEventDispatcher(Registry):
    """Calls listeners one after the other; one that fails is logged once and harms nobody."""

    def register(self, event_type: type[T], listener: Callable[[T], None]) -> None:
        """Call `listener` with every event of this type.

        Raises:
            TypeError: it is a coroutine function, which nobody would await here.
        """
        self._add(event_type, listener)

    def _add(self, event_type: type[T], callback: Callable[[T], object]) -> None:
        if inspect.iscoroutinefunction(callback):
            raise TypeError(f"{callback.__qualname__} is a coroutine function; a plain one is needed here")
        super()._add(event_type, callback)

    def unregister(self, event_type: type[T], listener: Callable[[T], None]) -> None:
        """Stop calling `listener`."""
        self._remove(event_type, listener)

    def publish(self, event: object) -> None:
        """Tell everybody who wants to hear this type of event."""
        for callback in self._callbacks.get(type(event), ()):
            try:
                callback(event)
            except Exception as error:  # noqa: BLE001  a listener is foreign code
                self._complain(callback, type(event), error)
