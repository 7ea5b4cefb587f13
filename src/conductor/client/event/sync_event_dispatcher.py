"""Tells listeners in the thread where something happens."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from conductor.client.event._registry import Callback, Registry

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

    def tell(self, event_type: type[Any], *fields: Any) -> None:
        """`publish` an event with these fields, which is made only where somebody wants it whole."""
        callbacks = self._callbacks.get(event_type)
        if not callbacks:
            return
        quick = self._quick.get(event_type, ())
        for hear, _ in quick:
            try:
                hear(*fields)
            except Exception as error:  # noqa: BLE001  a listener is foreign code
                self._complain(hear, event_type, error)
        if len(callbacks) > len(quick):
            slow = {method for _, method in quick}
            self._call([callback for callback in callbacks if callback not in slow], event_type(*fields))

    def publish(self, event: object) -> None:
        """Tell everybody who wants to hear this type of event."""
        self._call(self._callbacks.get(type(event), ()), event)

    def _call(self, callbacks: Iterable[Callback], event: object) -> None:
        for callback in callbacks:
            try:
                callback(event)
            except Exception as error:  # noqa: BLE001  a listener is foreign code
                self._complain(callback, type(event), error)
