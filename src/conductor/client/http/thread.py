"""Calls that run in a thread of their own: what `async_req=True` gives back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class PendingCall(threading.Thread, Generic[T]):
    """A call that runs in a thread of its own; `get()` gives its answer or raises its error."""

    def __init__(self, call: Callable[[], T]) -> None:
        super().__init__(name="conductor-call", daemon=True)
        self._call = call
        self._error: BaseException | None = None
        self._answer: T
        self.start()

    def run(self) -> None:
        try:
            self._answer = self._call()
        except BaseException as error:  # noqa: BLE001  raised again by get(), in the caller's thread
            self._error = error

    def wait(self, timeout: float | None = None) -> None:
        """Wait for the answer, at most this many seconds."""
        self.join(timeout)

    def get(self, timeout: float | None = None) -> T:
        """The answer; raises the call's error, or TimeoutError when it is not there after this many seconds."""
        self.join(timeout)
        if self.is_alive():
            raise TimeoutError("the call has not been answered yet")
        if self._error is not None:
            raise self._error
        return self._answer


class AwaitableThread(PendingCall[Any]):
    """Runs `target(*args, **kwargs)` in a thread; `get()` gives its answer or raises its error."""

    def __init__(
        self, target: Callable[..., Any], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(lambda: target(*args, **(kwargs or {})))
