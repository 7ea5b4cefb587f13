"""Those who execute: threads for plain functions, an event loop for coroutine functions; so many at once, no more."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol

from conductor.client.http.models.task import Task

logger = logging.getLogger(__name__)

#: Threads that report what coroutines have done: reporting blocks, and the loop must not.
_REPORTERS: Final = 4


class Crew(Protocol):
    """Executes tasks, each until the server has no next one for its slot."""

    def free(self) -> int:
        """How many more tasks may be given."""

    def give(self, task: Task) -> None:
        """Execute a task, and those that follow it. There must be a free slot."""

    def dismiss(self) -> list[Task]:
        """Take back what nobody has begun; what runs goes on."""


class ThreadCrew:
    """A thread for each task at once, started when first needed.

    Args:
        size: how many tasks at once.
        work: executes and reports a task, and returns the next one; it does not raise.
        released: called whenever a slot becomes free.
        name: of the threads.
    """

    def __init__(self, size: int, work: Callable[[Task], Task | None], released: Callable[[], None], name: str) -> None:
        self._size = size
        self._work = work
        self._released = released
        self._name = name
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._busy = 0
        self._threads = 0

    def free(self) -> int:
        """How many more tasks may be given."""
        return self._size - self._busy

    def give(self, task: Task) -> None:
        """Execute a task, and those that follow it."""
        with self._lock:
            self._busy += 1
            new = self._busy > self._threads
            self._threads += new
            number = self._threads
        self._tasks.put(task)
        if new:
            threading.Thread(target=self._run, name=f"{self._name}-{number}", daemon=True).start()

    def dismiss(self) -> list[Task]:
        """Take back what no thread has begun, and end the threads that have nothing to do."""
        unbegun = []
        try:
            while True:
                if (task := self._tasks.get_nowait()) is not None:
                    unbegun.append(task)
        except queue.Empty:
            pass
        with self._lock:
            self._busy -= len(unbegun)
            for _ in range(self._threads):
                self._tasks.put(None)
        return unbegun

    def _run(self) -> None:
        next_task, work = self._tasks.get, self._work
        while (task := next_task()) is not None:
            while task is not None:
                task = work(task)
            with self._lock:
                self._busy -= 1
            self._released()


class LoopCrew:
    """A coroutine for each task at once, all on one event loop in a thread of its own.

    Args:
        size: how many tasks at once.
        work: executes a task and returns a function that reports it (and blocks) and returns the next one.
        released: called whenever a slot becomes free.
        name: of the threads.
    """

    def __init__(
        self,
        size: int,
        work: Callable[[Task], Awaitable[Callable[[], Task | None]]],
        released: Callable[[], None],
        name: str,
    ) -> None:
        self._size = size
        self._work = work
        self._released = released
        self._name = name
        self._lock = threading.Lock()
        self._busy = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reporters: ThreadPoolExecutor | None = None
        self._running: set[asyncio.Task[None]] = set()

    def free(self) -> int:
        """How many more tasks may be given."""
        return self._size - self._busy

    def give(self, task: Task) -> None:
        """Execute a task, and those that follow it."""
        with self._lock:
            self._busy += 1
            loop = self._loop or self._start()
        loop.call_soon_threadsafe(self._begin, loop, task)

    def dismiss(self) -> list[Task]:
        """Nothing waits here: every task given has begun."""
        return []

    def cancel(self) -> None:
        """Cancel every coroutine, and end the loop."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._end)

    def _start(self) -> asyncio.AbstractEventLoop:
        loop = self._loop = asyncio.new_event_loop()
        self._reporters = ThreadPoolExecutor(min(_REPORTERS, self._size), f"{self._name}-report")
        threading.Thread(target=self._run, args=(loop,), name=f"{self._name}-loop", daemon=True).start()
        return loop

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
        finally:
            loop.close()

    def _begin(self, loop: asyncio.AbstractEventLoop, task: Task) -> None:
        chain = loop.create_task(self._chain(loop, task))
        self._running.add(chain)  # the loop itself keeps only a weak reference
        chain.add_done_callback(self._running.discard)

    async def _chain(self, loop: asyncio.AbstractEventLoop, task: Task) -> None:
        following: Task | None = task
        try:
            while following is not None:
                report = await self._work(following)
                following = await loop.run_in_executor(self._reporters, report)
        finally:
            with self._lock:
                self._busy -= 1
            self._released()

    def _end(self) -> None:
        for chain in self._running:
            chain.cancel()
        assert self._loop is not None
        self._loop.call_soon(self._loop.stop)
