"""The task queues: what is due goes out by priority, then by the time it became due, then by age."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from typing import NamedTuple


class Message(NamedTuple):
    """A task in a queue."""

    task_id: str
    workflow_id: str
    priority: int
    due: int
    order: int


class TaskQueue:
    """One queue; a message is known by its task's id."""

    __slots__ = ("_delayed", "_ready", "messages", "waiters")

    def __init__(self) -> None:
        self.messages: dict[str, Message] = {}
        self._ready: list[tuple[int, int, int, str]] = []
        self._delayed: list[tuple[int, int, str]] = []
        self.waiters: dict[int, Callable[[], None]] = {}

    def put(self, message: Message, now: int) -> None:
        """Add a message, or move it."""
        self.messages[message.task_id] = message
        if message.due <= now:
            heapq.heappush(self._ready, (-message.priority, message.due, message.order, message.task_id))
        else:
            heapq.heappush(self._delayed, (message.due, message.order, message.task_id))

    def remove(self, task_id: str) -> None:
        """Take a message out."""
        self.messages.pop(task_id, None)
        if len(self._ready) + len(self._delayed) > 2 * len(self.messages) + 100:
            self._compact()

    def pop(self, now: int) -> Message | None:
        """The next message that is due, taken out."""
        self.ripen(now)
        while self._ready:
            _, due, order, task_id = heapq.heappop(self._ready)
            message = self.messages.get(task_id)
            if message is not None and (message.due, message.order) == (due, order):
                del self.messages[task_id]
                return message
        return None

    def ripen(self, now: int) -> int:
        """Make ready what has become due; returns how many."""
        ripe = 0
        while self._delayed and self._delayed[0][0] <= now:
            due, order, task_id = heapq.heappop(self._delayed)
            message = self.messages.get(task_id)
            if message is not None and (message.due, message.order) == (due, order):
                heapq.heappush(self._ready, (-message.priority, due, order, task_id))
                ripe += 1
        return ripe

    def next_due(self) -> int | None:
        """When the next delayed message becomes due."""
        while self._delayed:
            due, order, task_id = self._delayed[0]
            message = self.messages.get(task_id)
            if message is not None and (message.due, message.order) == (due, order):
                return due
            heapq.heappop(self._delayed)
        return None

    def _compact(self) -> None:
        entries = self.messages.values()
        ready = {entry[3] for entry in self._ready}
        self._ready = sorted((-m.priority, m.due, m.order, m.task_id) for m in entries if m.task_id in ready)
        self._delayed = sorted((m.due, m.order, m.task_id) for m in entries if m.task_id not in ready)


class Queues:
    """All queues by name, and who waits at them."""

    def __init__(self, on_delay: Callable[[str, int | None], None]) -> None:
        """`on_delay(name, due)` is told when a queue's next delayed message becomes due."""
        self._queues: dict[str, TaskQueue] = {}
        self._where: dict[str, str] = {}
        self._order = 0
        self._woken: deque[Callable[[], None]] = deque()
        self._on_delay = on_delay

    def put(self, name: str, task_id: str, workflow_id: str, *, priority: int, due: int, now: int) -> None:
        """Put a task into a queue, out of the one that it was in."""
        old = self._where.get(task_id)
        queue = self._queues.setdefault(name, TaskQueue())
        if old == name:
            known = queue.messages[task_id]
            if known.due == due:
                return
        elif old is not None:
            self._queues[old].remove(task_id)
        self._order += 1
        self._where[task_id] = name
        queue.put(Message(task_id, workflow_id, priority, due, self._order), now)
        if due <= now:
            self._wake(queue, 1)
        else:
            self._on_delay(name, queue.next_due())

    def remove(self, task_id: str) -> None:
        """Take a task out of its queue, if it is in one."""
        name = self._where.pop(task_id, None)
        if name is not None:
            self._queues[name].remove(task_id)

    def pop(self, name: str, now: int) -> Message | None:
        """The next task that is due in a queue, taken out."""
        queue = self._queues.get(name)
        message = queue.pop(now) if queue else None
        if message is not None:
            del self._where[message.task_id]
        return message

    def ripen(self, name: str, now: int) -> None:
        """Make ready what has become due in a queue and tell those who wait."""
        queue = self._queues.get(name)
        if queue is not None:
            self._wake(queue, queue.ripen(now))
            self._on_delay(name, queue.next_due())

    def wait(self, name: str, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back once when a message of the queue is due; returns what cancels it."""
        waiters = self._queues.setdefault(name, TaskQueue()).waiters
        self._order += 1
        number = self._order
        waiters[number] = callback

        def cancel() -> None:
            waiters.pop(number, None)

        return cancel

    def sizes(self) -> dict[str, int]:
        """Messages by queue."""
        return {name: len(queue.messages) for name, queue in self._queues.items()}

    def size(self, name: str) -> int:
        queue = self._queues.get(name)
        return len(queue.messages) if queue else 0

    def messages(self, name: str) -> list[Message]:
        """What is in a queue, due or not."""
        queue = self._queues.get(name)
        return list(queue.messages.values()) if queue else []

    def clear(self) -> None:
        """Forget all messages; who waits goes on waiting."""
        self._where.clear()
        for name, queue in self._queues.items():
            fresh = TaskQueue()
            fresh.waiters = queue.waiters
            self._queues[name] = fresh

    def wake_all(self) -> None:
        """Tell all who wait at a queue with something in it."""
        for queue in self._queues.values():
            if queue.messages:
                self._wake(queue, len(queue.messages))

    def _wake(self, queue: TaskQueue, count: int) -> None:
        for _ in range(min(count, len(queue.waiters))):
            self._woken.append(queue.waiters.pop(next(iter(queue.waiters))))

    def tell_waiters(self) -> None:
        """Call back those for whom something has become due, now that the engine is at rest."""
        while self._woken:
            self._woken.popleft()()
