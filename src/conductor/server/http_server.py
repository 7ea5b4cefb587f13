"""The server as one thing that starts and stops: sockets, the engine's loop, the application."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import uvicorn

from conductor.engine.loop import EngineLoop
from conductor.engine.service import Engine
from conductor.engine.tasks.http import Fetch, Fetched
from conductor.server.app import App
from conductor.server.handlers.system import system_routes
from conductor.server.handlers.waiting import WaitingHandlers
from conductor.server.metrics import Metrics
from conductor.server.protocol import protocol_class
from conductor.server.router import Router
from conductor.server.routes import all_routes
from conductor.server.security import Guard, Tokens, is_loopback
from conductor.server.settings import Settings
from conductor.server.waits import LongPolls, Waits

#: How long requests that are being answered may take once the server was asked to stop.
STOP_SECONDS = 5.0
_BACKLOG = 2048


class StartError(Exception):
    """The server cannot start; the message says why and what to do about it."""


def check_access(settings: Settings, *, insecure: bool = False) -> None:
    """Raises StartError for an address that others can reach when nothing would ask them who they are."""
    if not is_loopback(settings.host) and not settings.access.keys and not insecure:
        raise StartError(
            f"{settings.host} can be reached from other machines, and no key protects it: "
            "give --keys-file FILE (it is made where it does not exist), or --insecure to run it open to all"
        )


def bind(host: str, port: int) -> list[socket.socket]:
    """Listening sockets; for the loopback address on both IPv4 and, where there is one, IPv6. Port 0 takes a free one.

    Raises StartError where the address cannot be had.
    """
    first = _bind(host, port)
    sockets = [first]
    if host in {"localhost", "127.0.0.1"}:
        with contextlib.suppress(StartError):  # a machine without IPv6, or a port taken there
            sockets.append(_bind("::1", first.getsockname()[1]))
    return sockets


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, OverflowError, UnicodeError) as error:
        raise StartError(
            f"cannot listen on {host}:{port}: {error}; choose an address of this machine with --host"
        ) from None
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        raise StartError(_why_not(host, port, error)) from None
    listener.setblocking(False)
    return listener


def _why_not(host: str, port: int, error: OSError | OverflowError) -> str:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return (
            f"port {port} of {host} is in use: stop what listens there, or choose another with --port (0: a free one)"
        )
    if number == errno.EACCES:
        return f"no permission to listen on port {port} of {host}: choose a port above 1023 with --port"
    if number == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine: choose one with --host"
    return f"cannot listen on {host}:{port}: {error}"


def url_of(listener: socket.socket) -> str:
    """The address of a listening socket as clients write it, without a path."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "localhost", "::": "localhost"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class HttpServer:
    """An engine behind HTTP, on the running loop.

    async with HttpServer(engine, settings, bind("127.0.0.1", 0)) as server:
        server.url
    """

    def __init__(self, engine: Engine, settings: Settings, listeners: list[socket.socket]):
        self.url = url_of(listeners[0])
        if engine.fetch is None:
            engine.fetch = fetch_on_demand(settings, listeners[0].getsockname()[1])
        self._loop = EngineLoop(engine)
        self._listeners = listeners
        self._waits = Waits()
        self._server = uvicorn.Server(_uvicorn_config(_application(engine, settings, self._waits), settings))
        self._clock: asyncio.Task[None] | None = None

    async def __aenter__(self) -> HttpServer:
        await self._loop.start()
        server = self._server
        server.config.load()
        server.lifespan = server.config.lifespan_class(server.config)
        await server.startup(sockets=self._listeners)
        self._clock = asyncio.create_task(self._tick(), name="conductor-server-clock")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """End what waits, let requests in flight be answered, stop the engine."""
        if self._clock is not None:
            self._clock.cancel()
        self._waits.close()
        await self._server.shutdown(sockets=self._listeners)
        await self._loop.stop()

    async def _tick(self) -> None:
        while True:  # uvicorn keeps the Date header of answers here
            await self._server.on_tick(0)
            await asyncio.sleep(1.0)


def fetch_on_demand(settings: Settings, port: int) -> Fetch:
    """What sends the requests of HTTP tasks; the HTTP client is imported with the first one."""
    policy = replace(settings.fetch, own_port=port)
    if policy.local is None:
        policy = replace(policy, local=is_loopback(settings.host))

    def fetch(
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        connect_seconds: float,
        read_seconds: float,
    ) -> Fetched:
        from conductor.server.fetch import Fetcher

        return Fetcher(policy)(method, url, headers, body, connect_seconds=connect_seconds, read_seconds=read_seconds)

    return fetch


def _application(engine: Engine, settings: Settings, waits: Waits) -> App:
    metrics = Metrics()
    tokens = Tokens(settings.access) if settings.access.keys else None
    router = Router(
        all_routes(
            WaitingHandlers(LongPolls(engine, waits), waits, metrics).routes,
            system_routes(settings, metrics, tokens),
        )
    )
    return App(engine, settings, router, Guard(settings.access, settings.host, tokens), metrics)


def _uvicorn_config(app: App, settings: Settings) -> uvicorn.Config:
    protocol: Any = protocol_class(settings.limits)
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # nobody is believed about where a request came from
        timeout_keep_alive=int(settings.limits.idle_seconds),
        timeout_graceful_shutdown=int(STOP_SECONDS),
    )


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """How to make the event loop: uvloop's where it is installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop  # type: ignore[no-any-return,unused-ignore]
