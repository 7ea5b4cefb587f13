"""`RESTClientObject`, for code that made requests below the API client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from conductor.client.configuration.configuration import Configuration
from conductor.client.http._codec import encode_body, error_of
from conductor.client.http._port import Request
from conductor.client.http._transport import shared_transport
from conductor.client.http.rest import RESTResponse


class RESTClientObject:
    """Sends one request to a whole URL; an answer outside 2xx is an `ApiException`. It adds no credentials.

    Args:
        connection: what to send through, see `Configuration.http_connection`; default: the shared pool.
        configuration: TLS, proxy and timeouts; default from the environment.
    """

    def __init__(self, connection: Any = None, *, configuration: Configuration | None = None) -> None:
        self._configuration = configuration or Configuration(http_connection=connection)

    def request(
        self,
        method: str,
        url: str,
        query_params: Any = None,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        post_params: Any = None,
        _preload_content: bool = True,
        _request_timeout: float | tuple[float, float] | None = None,
    ) -> RESTResponse:
        """Send and wait for the answer."""
        sent = dict(headers or {})
        content_type = next((value for name, value in sent.items() if name.lower() == "content-type"), None)
        if post_params and body is None:
            body, content_type = urlencode(post_params), "application/x-www-form-urlencoded"
        content, content_type = encode_body(body, content_type)
        if content_type:
            sent = {name: value for name, value in sent.items() if name.lower() != "content-type"}
            sent["Content-Type"] = content_type
        timeout = _request_timeout or self._configuration.read_timeout
        pair = timeout if isinstance(timeout, tuple) else (self._configuration.connect_timeout, timeout)
        whole = f"{url}?{urlencode(query_params, doseq=True)}" if query_params else url
        response = shared_transport(self._configuration).send(Request(method, whole, sent, content, pair))
        text = response.body.decode("utf-8", "replace")
        if not 200 <= response.status < 300:
            raise error_of(response, method, url, text)
        return RESTResponse(response.status, response.reason, text, response.headers)

    def GET(self, url: str, **options: Any) -> RESTResponse:
        """`request` with GET."""
        return self.request("GET", url, **options)

    def HEAD(self, url: str, **options: Any) -> RESTResponse:
        """`request` with HEAD."""
        return self.request("HEAD", url, **options)

    def OPTIONS(self, url: str, **options: Any) -> RESTResponse:
        """`request` with OPTIONS."""
        return self.request("OPTIONS", url, **options)

    def DELETE(self, url: str, **options: Any) -> RESTResponse:
        """`request` with DELETE."""
        return self.request("DELETE", url, **options)

    def POST(self, url: str, **options: Any) -> RESTResponse:
        """`request` with POST."""
        return self.request("POST", url, **options)

    def PUT(self, url: str, **options: Any) -> RESTResponse:
        """`request` with PUT."""
        return self.request("PUT", url, **options)

    def PATCH(self, url: str, **options: Any) -> RESTResponse:
        """`request` with PATCH."""
        return self.request("PATCH", url, **options)

    def close(self) -> None:
        """Nothing to close: connections belong to the process's shared pool."""
