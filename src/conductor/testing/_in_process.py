"""A server without sockets, threads and waiting: requests go to the engine directly, and time passes when told to."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Coroutine
from inspect import iscoroutine
from random import Random
from threading import RLock
from typing import Any
from urllib.parse import urlsplit

from conductor.client.http._port import Request, Response
from conductor.engine.errors import EngineError
from conductor.engine.model import Task, TaskRun, WorkflowRun
from conductor.engine.pending import PendingAnswer
from conductor.engine.service import Engine
from conductor.engine.settings import EngineSettings
from conductor.server import messages
from conductor.server.answers import answer, answer_to_error
from conductor.server.errors import ApiError
from conductor.server.handlers.system import system_routes
from conductor.server.handlers.waiting import WaitingHandlers
from conductor.server.metrics import Metrics
from conductor.server.router import Router
from conductor.server.routes import all_routes
from conductor.server.settings import Settings
from conductor.server.waits import Queue
from conductor.testing._timelines import FOREVER
from conductor.testing._web import MockedWeb

#: Turns of work and time after which a workflow is taken to go on for ever.
MOST_TURNS = 100_000


class TooManyTurns(AssertionError):
    """So much happened that it will not end by itself, e.g. a loop without an end or a schedule that fires for ever."""


class VirtualTime:
    """An engine and the only clock it has."""

    def __init__(self, start_millis: int, seed: int):
        self.now = start_millis
        random = Random(seed)
        self.engine = Engine(
            EngineSettings(),
            clock=lambda: self.now,
            new_id=lambda: str(uuid.UUID(int=random.getrandbits(128), version=4)),
            random=random,
        )
        self.web = MockedWeb()
        self.engine.fetch = self.web

    def go(self, until: Callable[[], bool], work: Callable[[], int], limit: int) -> bool:
        """Work, and jump from deadline to deadline, until something is true or `limit` (epoch milliseconds) is reached.

        False where that came first, or where nothing is left that could happen; in the first case it is `limit` then.
        """
        turns = MOST_TURNS
        while turns:
            if until():
                return True
            turns -= 1
            if work():
                continue
            due = self.engine.next_deadline()
            if due is None or due > limit:
                return until()
            if due > self.now and limit < FOREVER:
                turns = MOST_TURNS  # each turn brings the limit nearer
            self.pass_to(due)
        raise TooManyTurns(f"{MOST_TURNS:,} turns, and still not done")

    def pass_to(self, moment: int) -> None:
        """Let it be that late."""
        self.now = max(self.now, moment)
        self.engine.tick(self.now)
        self.engine.flush()


class InProcessTransport:
    """Requests of a client, answered by the engine of a VirtualTime."""

    def __init__(self, time: VirtualTime, work: Callable[[], int]):
        self._time = time
        self._work = work
        self._lock = RLock()  # a mock may use a client while a request that waits is being answered
        self._settings = Settings()
        metrics = Metrics()
        self._router = Router(
            all_routes(WaitingHandlers(self, self, metrics).routes, system_routes(self._settings, metrics, None))
        )

    def send(self, request: Request) -> Response:
        """See `Transport.send`."""
        with self._lock:
            made = self._answer(request)
        headers = {"content-type": made.media.decode()} if made.media else {}
        return Response(made.status, "", headers, made.body)

    def _answer(self, request: Request) -> messages.Response:
        url = urlsplit(request.url)
        asked = messages.Request(request.method, {}, url.query.encode(), _never, self._settings.limits)
        asked.body = request.body or b""
        try:
            route, asked.params = self._router.match(request.method, url.path)
            result = route.handler(self._time.engine, asked)
            made = answer(_finished(result) if iscoroutine(result) else result)
            self._time.engine.flush()
        except (ApiError, EngineError) as error:
            return answer_to_error(error)
        return made

    async def poll(
        self, queue: Queue, worker_id: str | None, count: int, seconds: float, receive: messages.Receive
    ) -> list[Task]:
        """A poll does not wait: what is not there now comes when time passes."""
        return self._time.engine.poll(queue[0], worker_id, queue[1], count)

    async def answer(self, pending: PendingAnswer, seconds: float, receive: messages.Receive) -> WorkflowRun | TaskRun:
        """The workers work and time passes until the answer is ready, or for as long as the caller would wait."""
        limit = self._time.now + int(seconds * 1000)
        if not self._time.go(lambda: pending.ready, self._work, limit):
            self._time.pass_to(limit)
        return pending.answer()


async def _never() -> dict[str, Any]:
    raise AssertionError("nothing is received in process")


def _finished(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine returns that never has to wait."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("a handler waits for something that cannot happen in process")
