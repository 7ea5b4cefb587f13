"""Tells listeners on an event loop, without waiting for them."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

from conductor.client.event._registry import Callback, Registry

T = TypeVar("T")


class EventDispatcher(Registry):
    """Calls plain listeners at once and starts coroutine listeners; one that fails is logged once."""

    def __init__(self) -> None:
        super().__init__()
        self._running: set[asyncio.Future[Any]] = set()

    async def register(self, event_type: type[T], listener: Callable[[T], Awaitable[None] | None]) -> None:
        """Call `listener` with every event of this type."""
        self._add(event_type, listener)

    async def unregister(self, event_type: type[T], listener: Callable[[T], Awaitable[None] | None]) -> None:
        """Stop calling `listener`."""
        self._remove(event_type, listener)

    async def publish(self, event: object) -> None:
        """Tell everybody who wants to hear this type of event."""
        for callback in self._callbacks.get(type(event), ()):
            try:
                result = callback(event)
            except Exception as error:  # noqa: BLE001  a listener is foreign code
                self._complain(callback, type(event), error)
                continue
            if inspect.isawaitable(result):
                task = asyncio.ensure_future(result)
                self._running.add(task)  # the loop itself keeps only a weak reference
                task.add_done_callback(partial(self._ended, callback, type(event)))

    async def drain(self) -> None:
        """Wait for the listeners that are still running."""
        while self._running:
            await asyncio.wait(set(self._running))

    def _ended(self, callback: Callback, event_type: type, task: asyncio.Future[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._complain(callback, event_type, error)
