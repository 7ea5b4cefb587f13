"""Connections that a user brings (`Configuration.http_connection`), fitted to the transport port."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from conductor.client.configuration.errors import ConfigurationError
from conductor.client.http._foreign import translate
from conductor.client.http._port import Request, Response, Transport
from conductor.client.http._transport import TransportSettings, Urllib3Transport
from conductor.client.http.rest import ApiException, ConnectionLostError, RequestTimeoutError, UnreachableError

if TYPE_CHECKING:
    from conductor.client.configuration.configuration import Configuration


class _PoolTransport(Urllib3Transport):
    """A `urllib3.PoolManager` of the user's."""

    def __init__(self, settings: TransportSettings, pool: Any) -> None:
        super().__init__(settings)
        self._pool = pool

    def _manager(self, url: str) -> Any:
        return self._pool


class _SessionTransport:
    """A `requests.Session` of the user's."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def send(self, request: Request) -> Response:
        """See `Transport.send`."""
        import requests

        try:
            answer = self._session.request(
                request.method,
                request.url,
                headers=request.headers,
                data=request.body,
                timeout=request.timeout,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            inner = error.args[0] if error.args and isinstance(error.args[0], Exception) else error
            raise translate(inner, request) from error
        return Response(answer.status_code, answer.reason or "", _lower(answer.headers), answer.content)


class _HttpxTransport:
    """An `httpx.Client` of the user's."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(self, request: Request) -> Response:
        """See `Transport.send`."""
        connect, read = request.timeout
        try:
            answer = self._client.request(
                request.method,
                request.url,
                headers=dict(request.headers),
                content=request.body,
                timeout=(connect, read, read, connect),
                follow_redirects=False,
            )
        except Exception as error:
            names = {cls.__name__ for cls in type(error).__mro__}
            if "HTTPError" not in names:
                raise
            if names & {"ConnectError", "ConnectTimeout"}:
                raise _lost(UnreachableError, request, "connection failed") from error
            cls = RequestTimeoutError if "TimeoutException" in names else ConnectionLostError
            raise _lost(cls, request, f"no whole answer ({type(error).__name__})") from error
        return Response(answer.status_code, answer.reason_phrase, _lower(answer.headers), answer.content)


def _lost(cls: type[ApiException], request: Request, reason: str) -> ApiException:
    return cls(None, reason, method=request.method, url=request.url.partition("?")[0])


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


_adapted: dict[tuple[int, int], tuple[Any, Transport]] = {}


def adapt(configuration: Configuration) -> Transport:
    """The transport for `http_connection`; the same one for the same connection."""
    given = configuration.http_connection
    key = os.getpid(), id(given)
    if key not in _adapted:  # `given` is kept beside it, so that its id stays its own
        _adapted[key] = given, _fit(given, TransportSettings.of(configuration))
    return _adapted[key][1]


def _fit(connection: Any, settings: TransportSettings) -> Transport:
    kinds = {f"{cls.__module__.partition('.')[0]}.{cls.__name__}" for cls in type(connection).__mro__}
    if "urllib3.PoolManager" in kinds:
        return _PoolTransport(settings, connection)
    if "requests.Session" in kinds:
        return _SessionTransport(connection)
    if "httpx.Client" in kinds:
        return _HttpxTransport(connection)
    if hasattr(connection, "send"):
        transport: Transport = connection
        return transport
    if callable(connection):
        return _fit(connection(), settings)
    raise ConfigurationError(
        f"Configuration.http_connection: a {type(connection).__name__} is no connection; expected a"
        " urllib3.PoolManager, requests.Session, httpx.Client, Transport, or a function that makes one"
    )
