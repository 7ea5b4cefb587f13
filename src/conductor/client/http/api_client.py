"""One call to Conductor: a method, a path and values in; a decoded answer or one typed error out."""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from conductor._version import __version__
from conductor.client.configuration.configuration import Configuration
from conductor.client.http._auth import TokenSource, masked_error, token_source
from conductor.client.http._codec import JSON, decode_body, encode_body
from conductor.client.http._older import OlderCalls, Pairs
from conductor.client.http._port import Request, Response, Timeout, Transport
from conductor.client.http._retry import RetryPolicy
from conductor.client.http.rest import AuthorizationException, TransientError, UnreachableError

logger = logging.getLogger(__name__)


class CallObserver(Protocol):
    """Is told of every request: the template of its path, its status (0: no answer), and how long it took."""

    def record_api_request_time(self, method: str, uri: str, status: str, time_spent: float) -> None:
        """Called after each request; `time_spent` is in seconds."""
        ...


class ApiClient(OlderCalls):
    """Calls one Conductor server. It keeps no state of its own and may be shared by threads and sent to processes.

    Args:
        configuration: the server and how to connect; default from the environment.
        header_name, header_value: one more header for every request.
        cookie: sent as the Cookie header.
        metrics_collector: told of every request.
        transport: what sends; default: the pool that all clients with the same settings share.
        retry: when to try again.
    """

    def __init__(
        self,
        configuration: Configuration | None = None,
        header_name: str | None = None,
        header_value: str | None = None,
        cookie: str | None = None,
        metrics_collector: CallObserver | None = None,
        *,
        transport: Transport | None = None,
        retry: RetryPolicy | None = None,
    ) -> None:
        self.configuration = configuration or Configuration()
        self.default_headers: dict[str, str] = {"User-Agent": f"conductor-python/{__version__}"}
        if header_name is not None:
            self.default_headers[header_name] = header_value or ""
        if cookie:
            self.default_headers["Cookie"] = cookie
        self.metrics_collector = metrics_collector
        self.retry = retry or RetryPolicy()
        self._transport = transport

    def call(
        self,
        method: str,
        path: str,
        *,
        path_params: Mapping[str, object] | None = None,
        query: Pairs = None,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        response_type: Any = None,
        timeout: Timeout = None,
    ) -> Any:
        """Make one call and decode its answer.

        Args:
            method: HTTP method.
            path: below `Configuration.host`, with ``{name}`` where `path_params` go.
            query: None is left out, a list is repeated, a bool is lower case.
            body: text where `headers` say that it is not JSON, bytes as they are, anything else as JSON.
            response_type: None for no answer, str for its text, any type that msgspec decodes for JSON.
            timeout: seconds for the whole answer, or (seconds to connect, seconds for the whole answer).

        Raises:
            ApiException: see `conductor.client.http.rest`.
            ValueError: a path parameter is missing or empty.
        """
        response = self.exchange(
            method, path, path_params=path_params, query=query, headers=headers, body=body, timeout=timeout
        )
        return decode_body(response, response_type, method, self._shown_url(path, path_params))

    def exchange(
        self,
        method: str,
        path: str,
        *,
        path_params: Mapping[str, object] | None = None,
        query: Pairs = None,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        timeout: Timeout = None,
    ) -> Response:
        """As `call`, but give the answer as it came: status, headers and the bytes of its body."""
        url = self._shown_url(path, path_params)
        sent = self._headers(headers)
        content, content_type = encode_body(body, _content_type(headers))
        if content_type:
            sent["Content-Type"] = content_type
        request = Request(method, url + _query(query), sent, content, self._timeout(timeout))
        attempt = 1
        while True:
            try:
                return self._authorized(request, path, url)
            except TransientError as error:
                wait = self.retry.wait_before_next(method, attempt, error)
                if wait is None:
                    raise
                logger.debug("%s %s: %s; trying again in %.2f s", method, path, error.reason, wait)
            time.sleep(wait)
            attempt += 1

    def get_authentication_headers(self) -> dict[str, str]:
        """The headers that carry the credentials; a token is asked for where there is none yet."""
        return self._credentials(self._token())

    def force_refresh_auth_token(self) -> bool:
        """Replace the token now; True if there is one."""
        source = token_source(self.configuration)
        if source is None:
            return False
        return bool(source.refresh(self._token(), self.configuration, self.transport))

    @property
    def transport(self) -> Transport:
        """What sends this client's requests."""
        if self._transport is not None:
            return self._transport
        from conductor.client.http._transport import shared_transport  # urllib3, which a worker may never need

        return shared_transport(self.configuration)

    def _authorized(self, request: Request, path: str, url: str) -> Response:
        token = self._token()
        try:
            return self._once(request, token, path, url)
        except AuthorizationException as error:
            source = token_source(self.configuration)
            if source is None or not _another_token_may_help(error, token, source):
                raise
        return self._once(request, source.refresh(token, self.configuration, self.transport), path, url)

    def _once(self, request: Request, token: str | None, path: str, url: str) -> Response:
        if credentials := self._credentials(token):
            headers = {**request.headers, **credentials}
            request = Request(request.method, request.url, headers, request.body, request.timeout)
        started, status = time.perf_counter(), 0
        try:
            response = self.transport.send(request)
            status = response.status
        except UnreachableError as error:
            error.server = self.configuration.host
            raise
        finally:
            self._observe(request.method, path, status, time.perf_counter() - started)
        if 200 <= response.status < 300:
            return response
        raise masked_error(response, request.method, url, self.configuration, token)

    def _observe(self, method: str, path: str, status: int, seconds: float) -> None:
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug("%s %s: %s in %.1f ms", method, path, status or "no answer", seconds * 1000)
        if self.metrics_collector is not None:
            self.metrics_collector.record_api_request_time(method, path, str(status), seconds)

    def _token(self) -> str | None:
        source = token_source(self.configuration)
        if source is None:
            return self.configuration.AUTH_TOKEN
        return source.token(self.configuration, self.transport)

    def _credentials(self, token: str | None) -> dict[str, str]:
        credentials = {"X-Authorization": token} if token else {}
        if basic := self.configuration.basic_credentials:
            credentials["Authorization"] = f"Basic {base64.b64encode(basic.encode()).decode('ascii')}"
        return credentials

    def _headers(self, headers: Mapping[str, str] | None) -> dict[str, str]:
        return {
            "Accept": f"{JSON}, text/plain, */*",
            "Accept-Encoding": "gzip",
            **self.default_headers,
            **(headers or {}),
        }

    def _timeout(self, timeout: Timeout) -> tuple[float, float]:
        if timeout is None:
            return self.configuration.connect_timeout, self.configuration.read_timeout
        if isinstance(timeout, (int, float)):
            return min(self.configuration.connect_timeout, timeout), timeout
        return timeout

    def _shown_url(self, path: str, path_params: Mapping[str, object] | None) -> str:
        for name, value in (path_params or {}).items():
            path = path.replace(f"{{{name}}}", self._path_segment(name, value))
        return self.configuration.host + path

    def _path_segment(self, name: str, value: object) -> str:
        text = "" if value is None else str(value)
        if text in ("", ".", ".."):
            raise ValueError(f"path parameter {name!r}: {value!r} cannot stand in a path")
        return quote(text, safe=self.configuration.safe_chars_for_path_param)


def _another_token_may_help(error: AuthorizationException, token: str | None, source: TokenSource) -> bool:
    if token:
        return error.token_expired or error.invalid_token
    if source.is_open and error.status == 401:
        source.reopen()
        return True
    return False


def _content_type(headers: Mapping[str, str] | None) -> str | None:
    return next((value for name, value in (headers or {}).items() if name.lower() == "content-type"), None)


def _query(query: Pairs) -> str:
    pairs: list[tuple[str, str]] = []
    for name, value in query.items() if isinstance(query, Mapping) else query or ():
        values = value if isinstance(value, (list, tuple, set, frozenset)) else (value,)
        pairs += [(name, _query_text(v)) for v in values if v is not None]
    return f"?{urlencode(pairs)}" if pairs else ""


def _query_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    enum_value = getattr(value, "value", None)
    return str(value if enum_value is None else enum_value)
