"""Deadlines by key, earliest first."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Timers(Generic[K]):
    """One deadline a key. Setting and clearing are cheap; cleared ones leave the heap when enough of them gather."""

    def __init__(self) -> None:
        self._due: dict[K, int] = {}
        self._heap: list[tuple[int, int, K]] = []
        self._made = 0
        self._on_earlier: Callable[[], None] | None = None
        self._watched: int | None = None

    def __len__(self) -> int:
        return len(self._due)

    def set(self, key: K, due: int | None) -> None:
        """Set, move or (None) clear the deadline of a key."""
        if due is None:
            self._due.pop(key, None)
            return
        if self._due.get(key) == due:
            return
        self._due[key] = due
        self._made += 1
        heapq.heappush(self._heap, (due, self._made, key))
        if self._on_earlier is not None and (self._watched is None or due < self._watched):
            callback, self._on_earlier = self._on_earlier, None
            callback()
        if len(self._heap) > 2 * len(self._due) + 1000:
            self._compact()

    def next(self) -> int | None:
        """The earliest deadline."""
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def watch(self, callback: Callable[[], None]) -> int | None:
        """The earliest deadline; `callback` is called once when an earlier one is set."""
        self._on_earlier, self._watched = callback, self.next()
        return self._watched

    def pop_due(self, now: int) -> Iterator[K]:
        """Clear and give the keys whose deadline has come."""
        while (due := self.next()) is not None and due <= now:
            key = heapq.heappop(self._heap)[2]
            del self._due[key]
            yield key

    def clear(self) -> None:
        """Forget all."""
        self._due.clear()
        self._heap.clear()

    def _compact(self) -> None:
        seen: set[K] = set()
        kept = []
        for entry in sorted(self._heap):
            due, _, key = entry
            if self._due.get(key) == due and key not in seen:
                seen.add(key)
                kept.append(entry)
        self._heap = kept  # sorted, and so a heap
