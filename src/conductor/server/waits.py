"""Requests that wait: long polls and synchronous calls. No thread waits for them; the engine calls back.

A waiter ends in one of four ways: what it waits for is there, its time is over, its client has gone, the server stops.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from conductor.engine.model import Task, TaskRun, WorkflowRun
from conductor.engine.pending import PendingAnswer
from conductor.engine.service import Engine
from conductor.server.messages import Receive

_LONGEST_SECONDS = 86_400.0
#: A task type and a domain.
Queue = tuple[str, str | None]


class Waits:
    """All waits of a server, so that a stop can end them."""

    def __init__(self) -> None:
        self._open: set[asyncio.Future[bool]] = set()
        self._closed = False

    async def wait(self, future: asyncio.Future[bool], seconds: float, receive: Receive) -> bool:
        """Wait for the future's result; False where the time ends, the client leaves or the server stops first."""
        if self._closed or seconds <= 0:
            return future.done() and future.result()
        self._open.add(future)
        timer = future.get_loop().call_later(min(seconds, _LONGEST_SECONDS), _give_up, future)
        gone = asyncio.ensure_future(_has_gone(receive))
        gone.add_done_callback(lambda _: _give_up(future))
        try:
            return await future
        finally:
            timer.cancel()
            gone.cancel()
            self._open.discard(future)

    async def answer(self, pending: PendingAnswer, seconds: float, receive: Receive) -> WorkflowRun | TaskRun:
        """The answer of a synchronous call, when it is ready or after ``seconds``, whichever comes first."""
        if not pending.ready:
            ready: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
            pending.on_ready(lambda: None if ready.done() else ready.set_result(True))
            try:
                await self.wait(ready, seconds, receive)
            except asyncio.CancelledError:
                pending.cancel()
                raise
        return pending.answer()

    def close(self) -> None:
        """End all waits, and let none begin."""
        self._closed = True
        for future in list(self._open):
            _give_up(future)


async def _has_gone(receive: Receive) -> None:
    """Return when the client has closed its connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _give_up(future: asyncio.Future[bool]) -> None:
    if not future.done():
        future.set_result(False)


class Polls(Protocol):
    """What a poll may wait on."""

    async def poll(
        self, queue: Queue, worker_id: str | None, count: int, seconds: float, receive: Receive
    ) -> list[Task]:
        """Up to ``count`` tasks of a queue, as soon as there is one; none after ``seconds``."""
        ...


class Answers(Protocol):
    """What a synchronous call may wait on."""

    async def answer(self, pending: PendingAnswer, seconds: float, receive: Receive) -> WorkflowRun | TaskRun:
        """The answer of a synchronous call, when it is ready or after ``seconds``, whichever comes first."""
        ...


@dataclass(eq=False, slots=True)
class _Poller:
    worker_id: str | None
    count: int
    served: asyncio.Future[bool]
    tasks: list[Task]


class LongPolls:
    """Waiting pollers by queue, served in the order in which they came.

    The engine's callback hands tasks straight to the first in line, so a poller that comes later cannot take them, and
    one whose client has gone is no longer in the line and takes none with it.
    """

    def __init__(self, engine: Engine, waits: Waits):
        self._engine = engine
        self._waits = waits
        self._lines: dict[Queue, deque[_Poller]] = {}
        self._cancel: dict[Queue, Callable[[], None]] = {}
        self._due: set[Queue] = set()

    async def poll(
        self, queue: Queue, worker_id: str | None, count: int, seconds: float, receive: Receive
    ) -> list[Task]:
        """Up to ``count`` tasks of a queue (type, domain), as soon as there is one; none after ``seconds``."""
        if queue not in self._due:  # asking also tells the engine that somebody polls there
            tasks = self._engine.poll(queue[0], worker_id, queue[1], count)
            if tasks or count < 1 or seconds <= 0:
                return tasks
        loop = asyncio.get_running_loop()
        poller = _Poller(worker_id, count, loop.create_future(), [])
        line = self._lines.setdefault(queue, deque())
        line.append(poller)
        if len(line) == 1:
            self._listen(queue)
        try:
            await self._waits.wait(poller.served, seconds, receive)
        finally:
            if not poller.tasks:
                self._leave(queue, poller)
        return poller.tasks

    def _listen(self, queue: Queue) -> None:
        loop = asyncio.get_running_loop()

        def pushed() -> None:
            # This is called from within an engine method; the engine is asked again once that has returned.
            self._due.add(queue)
            loop.call_soon(self._serve, queue)

        self._cancel[queue] = self._engine.on_push(*queue, pushed)

    def _serve(self, queue: Queue) -> None:
        self._due.discard(queue)
        line = self._lines.get(queue)
        while line:
            poller = line[0]
            if not poller.served.done():
                poller.tasks = self._engine.poll(queue[0], poller.worker_id, queue[1], poller.count)
                if not poller.tasks:
                    self._listen(queue)
                    return
                poller.served.set_result(True)
            line.popleft()
        self._forget(queue)

    def _leave(self, queue: Queue, poller: _Poller) -> None:
        line = self._lines.get(queue)
        if line and poller in line:
            line.remove(poller)
        if not line:
            self._forget(queue)

    def _forget(self, queue: Queue) -> None:
        self._lines.pop(queue, None)
        cancel = self._cancel.pop(queue, None)
        if cancel is not None:
            cancel()
