"""The transport of the poll-execute-report path: a keep-alive connection for each thread, llhttp as the parser.

It fills the same port as the urllib3 transport and leaves to that one whatever it does not do itself: proxies, HEAD,
schemes other than http and https.
"""

from __future__ import annotations

import os
import re
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from conductor.client.configuration.redact import redact_url
from conductor.client.http._fast_connection import Connection, Origin
from conductor.client.http._port import Request, Response, Transport
from conductor.client.http._tls import TransportSettings, make_ssl_context, proxy_for
from conductor.client.http.rest import ApiException, SetupError

if TYPE_CHECKING:
    from conductor.client.configuration.configuration import Configuration

# A runner has a handful of URLs; should they vary after all, the memory of their heads stays bounded.
_MOST_HEADS = 256
_PORTS = {"http": 80, "https": 443}
_NOT_IN_A_HEAD = re.compile(r"[^\x21-\x7e]")
_NOT_IN_A_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class _Head(NamedTuple):
    """The part of a request that is the same each time."""

    headers: Mapping[str, str]
    origin: Origin
    start: bytes
    repeatable: bool


class FastTransport:
    """Sends requests over one connection per thread.

    Args:
        settings: TLS, proxy and the largest answer, as for the urllib3 transport.
        fallback: makes the transport for all that this one does not do, when first needed.
        repeatable: whether a request that may have been taken can be sent once more when the server closed an idle
            connection under it. A poll is not: its answer holds tasks that were claimed.
    """

    def __init__(
        self,
        settings: TransportSettings,
        fallback: Callable[[], Transport],
        repeatable: Callable[[Request], bool] = lambda _: False,
    ) -> None:
        self._settings = settings
        self._make_fallback = fallback
        self._repeatable = repeatable
        self._lock = threading.Lock()
        self._fallback: Transport | None = None
        self._origins: dict[tuple[str, str, int], Origin] = {}
        self._heads: dict[tuple[str, str], _Head] = {}
        self._local = threading.local()
        self._open: weakref.WeakSet[Connection] = weakref.WeakSet()

    def send(self, request: Request) -> Response:
        """Send and wait for the whole answer (see `Transport`)."""
        head = self._heads.get((request.method, request.url))
        # The same mapping means the same headers: a runner's do not change until its token does.
        if head is None or head.headers is not request.headers:
            if not self._applies(request):
                return self._other().send(request)
            head = self._make_head(request)
        body = request.body
        if body is not None:
            payload = b"%bContent-Length: %d\r\n\r\n%b" % (head.start, len(body), body)
        else:
            payload = head.start + (b"\r\n" if request.method == "GET" else b"Content-Length: 0\r\n\r\n")
        try:
            answer = self._connection(head.origin).exchange(payload, request.timeout, repeatable=head.repeatable)
        except ApiException as error:
            error.method, error.url = request.method, redact_url(request.url).partition("?")[0]
            raise
        return Response(answer.status, answer.reason.decode("latin-1"), _Headers(answer.headers), answer.body)

    def close(self) -> None:
        """Close every connection; a later request makes new ones."""
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            connection.close()

    def _applies(self, request: Request) -> bool:
        scheme = request.url.partition(":")[0]
        if request.method == "HEAD" or scheme not in _PORTS or self._settings.assert_hostname is not None:
            return False
        return proxy_for(request.url, self._settings) is None

    def _other(self) -> Transport:
        with self._lock:
            if self._fallback is None:
                self._fallback = self._make_fallback()
            return self._fallback

    def _connection(self, origin: Origin) -> Connection:
        local = self._local
        # A socket made before a fork belongs to the parent.
        if getattr(local, "pid", None) != os.getpid():
            local.pid, local.connections = os.getpid(), {}
        connection: Connection | None = local.connections.get(origin)
        if connection is None:
            connection = local.connections[origin] = Connection(origin, self._settings.max_response_bytes)
            with self._lock:
                self._open.add(connection)
        return connection

    def _make_head(self, request: Request) -> _Head:
        url = urlsplit(request.url)
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        if bad := _NOT_IN_A_HEAD.search(request.method + target + url.netloc):
            raise SetupError(reason=f"{bad[0]!r} may not stand in a URL", method=request.method, url=request.url)
        lines = [f"{request.method} {target} HTTP/1.1"]
        headers = {"host": url.netloc.rpartition("@")[2], "accept-encoding": "gzip, deflate"}
        headers |= {name.lower(): value for name, value in request.headers.items()}
        for name, value in headers.items():
            if _NOT_IN_A_HEAD.search(name) or ":" in name or _NOT_IN_A_VALUE.search(value):
                raise SetupError(reason=f"a control character in the header {name!r}", method=request.method)
            lines.append(f"{name}: {value}")
        start = "\r\n".join([*lines, ""]).encode("latin-1", "replace")
        head = _Head(request.headers, self._origin(request.url), start, self._repeatable(request))
        if len(self._heads) >= _MOST_HEADS:
            self._heads.clear()
        self._heads[request.method, request.url] = head
        return head

    def _origin(self, url: str) -> Origin:
        parts = urlsplit(url)
        try:
            key = (parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme])
        except ValueError as error:
            raise SetupError(reason=f"the address has no valid port: {error}", url=url) from error
        with self._lock:
            if key not in self._origins:
                self._origins[key] = self._make_origin(key[1], key[2], tls=key[0] == "https")
            return self._origins[key]

    def _make_origin(self, host: str, port: int, *, tls: bool) -> Origin:
        return Origin(host, port, make_ssl_context(self._settings) if tls else None)


def fast_transport(configuration: Configuration, repeatable: Callable[[Request], bool]) -> Transport:
    """The fast transport with a configuration's settings, or the user's own where the configuration brings one."""

    def urllib3_transport() -> Transport:
        # It costs its import, in memory and time: only those pay who need it.
        from conductor.client.http._transport import shared_transport

        return shared_transport(configuration)

    if configuration.http_connection is not None:
        return urllib3_transport()
    return FastTransport(TransportSettings.of(configuration), urllib3_transport, repeatable)


class _Headers(Mapping[str, str]):
    """Headers of an answer, names in lower case; read only where somebody asks, which for a good answer nobody does."""

    __slots__ = ("_raw", "_read")

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        self._raw = raw
        self._read: dict[str, str] | None = None

    def _all(self) -> dict[str, str]:
        if self._read is None:
            self._read = {}
            for name, value in self._raw:
                key, text = name.decode("latin-1").lower(), value.decode("latin-1")
                self._read[key] = f"{self._read[key]}, {text}" if key in self._read else text
        return self._read

    def __getitem__(self, name: str) -> str:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())
