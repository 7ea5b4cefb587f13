"""`AwaitableThread`: what a call with `async_req=True` gives back, under the name that older code imports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from conductor.client.http.api._base import PendingCall


class AwaitableThread(PendingCall[Any]):
    """Runs `target(*args, **kwargs)` in a thread; `get()` gives its answer or raises its error."""

    def __init__(
        self, target: Callable[..., Any], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(lambda: target(*args, **(kwargs or {})))
