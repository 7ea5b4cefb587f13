"""HTTP/1.1 on a connection: uvicorn's httptools protocol with limits on headers, time and the number of connections.

uvicorn bounds neither the size of a request's head nor the time that a client may take to send it, and a server without
those bounds is held up by a few hundred slow clients.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from conductor.server.errors import ApiError, error_body
from conductor.server.settings import Limits

_REASONS = {400: b"Bad Request", 408: b"Request Timeout", 414: b"URI Too Long", 431: b"Request Header Fields Too Large"}
_REASONS[503] = b"Service Unavailable"


#: How long a connection that was refused may still send before it is closed.
LINGER_SECONDS = 1.0


class _Offence(Exception):
    """The head of a request breaks a limit; the parser hands it out as its own error."""


def raw_response(status: int, message: str) -> bytes:
    """A whole response that ends the connection, for clients who never get to send a request."""
    body = msgspec.json.encode(error_body(ApiError(status, message, retryable=status == 503)))
    extra = b"retry-after: 1\r\n" if status == 503 else b""
    return b"".join(
        (
            b"HTTP/1.1 %d %s\r\n" % (status, _REASONS[status]),
            b"content-type: application/json\r\nx-content-type-options: nosniff\r\nconnection: close\r\n",
            extra,
            b"content-length: %d\r\n\r\n" % len(body),
            body,
        )
    )


class LimitedProtocol(HttpToolsProtocol):
    """One connection. `limits` is set by the server on a subclass of its own."""

    limits = Limits()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_bytes = 0
        self._ended = False
        self._head_complete = False
        self._message_complete = True
        self._offence: tuple[int, str] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._deadline_of_body = False
        if len(self.connections) > self.limits.connections:
            self._end(503, f"More than {self.limits.connections} connections")
        else:
            self._arm(self.limits.header_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._ended:
            return
        super().data_received(data)
        if self._ended or self.transport.is_closing():
            return
        if self._message_complete:
            self._disarm()
        elif self._head_complete:
            self._arm(self.limits.body_seconds, body=True)
        else:
            self._head_bytes += len(data)
            if self._head_bytes > self.limits.header_bytes + self.limits.url_bytes:
                self._end(431, f"Request head larger than {self.limits.header_bytes} bytes")
            self._arm(self.limits.header_seconds)

    def on_message_begin(self) -> None:
        self._head_bytes = self._headers_size = 0
        self._head_complete = self._message_complete = False
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > self.limits.url_bytes:
            self._refuse(414, f"URL longer than {self.limits.url_bytes} bytes")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers_size += len(name) + len(value)
        if self._headers_size > self.limits.header_bytes:
            self._refuse(431, f"Request head larger than {self.limits.header_bytes} bytes")
        if len(self.headers) >= self.limits.header_count:
            self._refuse(431, f"More than {self.limits.header_count} headers")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if not self.url.startswith(b"/"):
            self._refuse(400, "The request target must be a path")
        self._head_complete = True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._message_complete = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        status, message = self._offence or (400, "Malformed HTTP request")
        self._end(status, message)

    def _refuse(self, status: int, message: str) -> None:
        self._offence = (status, message)
        raise _Offence(message)

    def _end(self, status: int, message: str) -> None:
        """Answer and close. What the client still sends is read and dropped for a moment: closing a socket with unread
        bytes resets it, and the answer would be lost."""
        if self._ended or self.transport.is_closing():
            return
        self._ended = True
        self._disarm()
        self.transport.write(raw_response(status, message))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._deadline = self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _arm(self, seconds: float, *, body: bool = False) -> None:
        if self._deadline is not None and self._deadline_of_body == body:
            return  # a deadline counts from the first byte, not from the last
        self._disarm()
        self._deadline_of_body = body
        self._deadline = self.loop.call_later(seconds, self._too_slow)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        if self._message_complete:
            self.transport.close()  # a connection that was opened and never used
        else:
            self._end(408, "The request took too long to arrive")

    def _unsupported_upgrade_warning(self) -> None:
        """No protocol is upgraded to: the request is answered as a plain one, without a word in the log."""


def protocol_class(limits: Limits) -> Any:
    """The protocol with these limits, as uvicorn's setting `http` takes it."""
    return type("Protocol", (LimitedProtocol,), {"limits": limits})
