"""The ASGI application: one request in, checked, routed, answered; every refusal and every fault as one JSON shape."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from inspect import isawaitable
from typing import Any

from conductor.engine.errors import EngineError
from conductor.engine.service import Engine
from conductor.server.answers import answer, answer_to_error
from conductor.server.errors import ApiError, Refused
from conductor.server.messages import JSON, Receive, Request, Response
from conductor.server.metrics import Metrics
from conductor.server.router import Route, Router
from conductor.server.security import SINGLE_HEADERS, Guard
from conductor.server.settings import Settings

logger = logging.getLogger("conductor.server")

Send = Callable[[dict[str, Any]], Awaitable[None]]
HeaderList = Sequence[tuple[bytes, bytes]]

#: On every answer. A page that gets hold of an answer can do nothing with it.
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
)


class App:
    """Answers HTTP requests from an engine. An ASGI 3 callable."""

    def __init__(self, engine: Engine, settings: Settings, router: Router, guard: Guard, metrics: Metrics):
        self._engine = engine
        self._settings = settings
        self._router = router
        self._guard = guard
        self._metrics = metrics

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        started = time.perf_counter()
        route: Route | None = None
        try:
            request = self._read_head(scope, receive)
            route, request.params = self._find(request, scope)
            response = await self._answer(route, request)
        except (ApiError, EngineError) as error:
            response = answer_to_error(error, self._settings.malformed_status)
        except Exception:  # a fault in a handler must not end the server, and must not show its insides
            logger.exception("request failed", extra={"action": "request_failed", "route": route and route.template})
            response = answer_to_error(ApiError(500, "Internal error; the server's log has the details"))
        self._account(scope["method"], route, response.status, time.perf_counter() - started)
        await _send(send, response)

    def _account(self, method: str, route: Route | None, status: int, seconds: float) -> None:
        self._metrics.request(method, route, status, seconds)
        if logger.isEnabledFor(logging.DEBUG):  # templates and never values: an id, a query or a body may be a secret
            template = route.template if route else "unknown"
            fields = {"method": method, "route": template, "status": status, "ms": round(seconds * 1000, 2)}
            logger.debug("request", extra={"action": "request", **fields})

    def _read_head(self, scope: dict[str, Any], receive: Receive) -> Request:
        pairs: list[tuple[bytes, bytes]] = scope["headers"]
        headers = dict(pairs)
        if len(headers) != len(pairs):
            _refuse_repeated(pairs)
        path = scope["path"]
        self._guard.check(headers, path)
        return Request(scope["method"], headers, scope["query_string"], receive, self._settings.limits)

    def _find(self, request: Request, scope: dict[str, Any]) -> tuple[Route, dict[str, str]]:
        method, path = request.method, scope["raw_path"].decode("latin-1")
        if method == "OPTIONS" and (allowed := self._router.allowed(path)):
            raise Refused(204, None, headers=((b"allow", ",".join([*allowed, "OPTIONS"]).encode()),))
        if method == "HEAD" and not path.startswith("/api/"):
            method = "GET"  # under /api a GET may change something (a poll), and HEAD must not
        return self._router.match(method, path)

    async def _answer(self, route: Route, request: Request) -> Response:
        if request.method != "GET":
            await self._read_body(route, request)
        result = route.handler(self._engine, request)
        if isawaitable(result):
            result = await result
        response = answer(result)
        # No answer shows what a crash could undo: it waits until all that came before it is on disk.
        durable = self._engine.durable_future()
        if not durable.done():
            await durable
        elif error := durable.exception():
            raise error
        return response

    async def _read_body(self, route: Route, request: Request) -> None:
        # A refusal here leaves the connection open: the protocol drops what is still to come, within the body's
        # deadline, so that a client which sends all before it reads gets the answer and not a reset.
        headers, most = request.headers, self._settings.limits.body_bytes
        if headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise Refused(415, "Compressed request bodies are not supported")
        if int(headers.get(b"content-length", b"0")) > most:
            raise Refused(413, f"Request body larger than {most} bytes")
        request.body = await _read(request.receive, most)
        if request.body and not route.text:
            media = headers.get(b"content-type", b"application/octet-stream").split(b";")[0].strip().lower()
            if media != JSON and not media.endswith(b"+json"):
                raise Refused(415, f"Content-Type '{media.decode('latin-1')[:100]}' is not supported")


def _refuse_repeated(pairs: HeaderList) -> None:
    seen: set[bytes] = set()
    for name, _ in pairs:
        if name in seen and name in SINGLE_HEADERS:
            raise Refused(400, f"The header {name.decode('latin-1')} is given twice")
        seen.add(name)


async def _read(receive: Receive, most: int) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        parts, size = [body], len(body)
        while message.get("more_body"):
            message = await receive()
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > most:
                raise Refused(413, f"Request body larger than {most} bytes")
        body = b"".join(parts)
    if message["type"] == "http.disconnect":
        raise Refused(400, "The client closed the connection before the request was complete")
    if len(body) > most:
        raise Refused(413, f"Request body larger than {most} bytes")
    return body


async def _send(send: Send, response: Response) -> None:
    headers = list(SECURITY_HEADERS)
    if response.media is not None:
        headers.append((b"content-type", response.media))
    if response.status != 204:
        headers.append((b"content-length", b"%d" % len(response.body)))
    headers.extend(response.headers)
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
