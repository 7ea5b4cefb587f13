"""The transport for everything but the hot path: urllib3, one bounded pool for all clients of a process."""

from __future__ import annotations

import io
import os
import ssl
import time
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.response import BaseHTTPResponse

from conductor.client.http._foreign import translated
from conductor.client.http._port import Request, Response, Transport
from conductor.client.http._tls import TransportSettings, make_ssl_context, proxy_for
from conductor.client.http.rest import AnswerError

if TYPE_CHECKING:
    from conductor.client.configuration.configuration import Configuration

__all__ = ["Request", "Response", "Transport", "TransportSettings", "Urllib3Transport", "shared_transport"]

_CHUNK = 65_536


class _DeadlineReader(io.RawIOBase):
    """Reads a socket until a deadline for the whole answer: a server that trickles bytes cannot hold the caller."""

    def __init__(self, raw: io.RawIOBase, sock: Any) -> None:
        self._raw, self._sock = raw, sock
        seconds = sock.gettimeout()
        self._deadline = None if seconds is None else time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            self._sock.settimeout(left)
        return cast("int | None", self._raw.readinto(buffer))

    def close(self) -> None:
        self._raw.close()
        super().close()


class _DeadlineResponse(HTTPResponse):
    """An answer whose read timeout covers all of it, status line, headers and body."""

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_DeadlineReader(sock.makefile("rb", buffering=0), sock), _CHUNK)


class _Connection(HTTPConnection):
    response_class = _DeadlineResponse


class _TlsConnection(HTTPSConnection):
    response_class = _DeadlineResponse

    def connect(self) -> None:
        try:
            super().connect()
        except TimeoutError as error:  # in the handshake: said as what it is, for nothing has been sent yet
            raise ConnectTimeoutError(self, "TLS handshake timed out") from error
        except (ssl.SSLEOFError, ConnectionResetError) as error:
            raise NewConnectionError(self, "connection closed during the TLS handshake") from error
        # Whether to verify is the user's decision, warned of once by us; urllib3 would warn at each request.
        self.is_verified = True


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class Urllib3Transport:
    """A bounded, thread-safe pool of keep-alive connections, made when first used and anew after a fork."""

    def __init__(self, settings: TransportSettings | None = None) -> None:
        self._settings = settings or TransportSettings()
        self._managers: dict[tuple[int, str], urllib3.PoolManager] = {}

    def send(self, request: Request) -> Response:
        """See `Transport.send`."""
        connect, read = request.timeout
        with translated(request):
            answer = self._manager(request.url).urlopen(
                request.method,
                request.url,
                body=request.body,
                headers=request.headers,
                timeout=urllib3.Timeout(connect=connect, read=read),
                pool_timeout=connect,
                retries=False,
                redirect=False,
                preload_content=False,
            )
            body = _read(answer, request, self._settings.max_response_bytes)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status, answer.reason or "", headers, body)

    def close(self) -> None:
        """Close idle connections; the next request opens new ones."""
        managers, self._managers = self._managers, {}
        for (pid, _), manager in managers.items():
            if pid == os.getpid():
                manager.clear()

    def _manager(self, url: str) -> urllib3.PoolManager:
        # One process never touches the sockets and locks that it inherited from another.
        key = os.getpid(), url[: url.find("/", 8)] if url.find("/", 8) > 0 else url
        manager = self._managers.get(key)
        return manager if manager is not None else self._managers.setdefault(key, self._make_manager(url))

    def _make_manager(self, url: str) -> urllib3.PoolManager:
        settings, proxy = self._settings, proxy_for(url, self._settings)
        options: dict[str, Any] = {"num_pools": 2, "maxsize": settings.pool_size, "block": True}
        if url.startswith("https:"):
            options["ssl_context"] = make_ssl_context(settings)
            if settings.assert_hostname is not None:
                options["assert_hostname"] = settings.assert_hostname
        manager = _proxy_manager(proxy, settings, options) if proxy else urllib3.PoolManager(**options)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        return manager


def _proxy_manager(proxy: str, settings: TransportSettings, options: dict[str, Any]) -> urllib3.ProxyManager:
    userinfo = urlsplit(proxy).netloc.rpartition("@")[0]
    headers = urllib3.make_headers(proxy_basic_auth=unquote(userinfo)) if userinfo else None
    if proxy.startswith("https:"):
        options["proxy_ssl_context"] = make_ssl_context(settings)
    return urllib3.ProxyManager(proxy.replace(f"{userinfo}@", "", 1), proxy_headers=headers, **options)


def _read(answer: BaseHTTPResponse, request: Request, most: int) -> bytes:
    try:
        chunks, size = [], 0
        for chunk in answer.stream(_CHUNK, decode_content=True):
            chunks.append(chunk)
            size += len(chunk)
            if size > most:
                answer.close()
                raise AnswerError(
                    answer.status,
                    f"the answer is larger than {most} bytes (Configuration.max_response_bytes)",
                    method=request.method,
                    url=request.url,
                )
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)
    finally:
        answer.release_conn()


_shared: dict[TransportSettings, Transport] = {}


def shared_transport(configuration: Configuration) -> Transport:
    """The transport of all clients with these settings, or the one that `http_connection` brings."""
    if configuration.http_connection is not None:
        from conductor.client.http._connections import adapt

        return adapt(configuration)
    settings = TransportSettings.of(configuration)
    transport = _shared.get(settings)
    return transport if transport is not None else _shared.setdefault(settings, Urllib3Transport(settings))
