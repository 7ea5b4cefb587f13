"""A server process: from start to the signal that ends it, or in a thread of another program."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from conductor.engine.service import Engine
from conductor.server.http_server import HttpServer, loop_factory
from conductor.server.settings import Settings

T = TypeVar("T")

#: The exit code of a process that was asked a second time to stop and left its requests unanswered.
KILLED = 137


def run_on_new_loop(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a loop of its own, uvloop's where it is installed, and leave nothing behind."""
    loop = loop_factory()()
    try:
        return loop.run_until_complete(main)
    finally:
        loop.run_until_complete(_cancel_what_is_left())
        loop.close()


async def _cancel_what_is_left() -> None:
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()


async def serve_until_stopped(
    engine: Engine, settings: Settings, listeners: list[socket.socket], ready: Callable[[HttpServer], None]
) -> None:
    """Serve until SIGTERM or SIGINT; requests in flight are answered. A second signal ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def asked_to_stop() -> None:
        if stop.is_set():
            os._exit(KILLED)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, asked_to_stop)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(asked_to_stop))
    async with HttpServer(engine, settings, listeners) as server:
        ready(server)
        await stop.wait()


class ServerThread:
    """A server in a thread of this process. `start` returns when it answers, `stop` when it is gone."""

    def __init__(self, make_engine: Callable[[], Engine], settings: Settings, listeners: list[socket.socket]):
        self._make_engine = make_engine
        self._settings = settings
        self._listeners = listeners
        self._thread = threading.Thread(target=self._run, name="conductor-server", daemon=True)
        self._started = threading.Event()
        self._error: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self.engine: Engine

    def start(self) -> None:
        """Raises what kept the server from starting."""
        self._thread.start()
        self._started.wait()
        if self._error is not None:
            self._thread.join()
            raise self._error

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def call(self, function: Callable[[Engine], T]) -> T:
        """What the function gives of the engine, called on the engine's own thread."""

        async def on_loop() -> T:
            return function(self.engine)

        return asyncio.run_coroutine_threadsafe(on_loop(), self._loop).result()

    def _run(self) -> None:
        try:
            run_on_new_loop(self._serve())
        except BaseException as error:  # noqa: BLE001  raised again in the thread that waits in start()
            self._error = error
        finally:
            self._started.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self.engine = self._make_engine()
        async with HttpServer(self.engine, self._settings, self._listeners):
            self._started.set()
            await self._stop.wait()
