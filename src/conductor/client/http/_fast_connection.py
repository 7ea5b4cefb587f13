"""One keep-alive HTTP/1.1 connection over a blocking socket, its answers parsed by llhttp (through httptools).

This is the floor of the poll-execute-report path: one write, one read and one C parser for each exchange. It knows
HTTP, not what is said over it: `repeatable` tells it whether a request that may have been taken can be sent again.
"""

from __future__ import annotations

import select
import socket
import ssl
import time
import zlib
from dataclasses import dataclass

import httptools

from conductor.client.http.rest import (
    AnswerError,
    ConnectionLostError,
    RequestTimeoutError,
    SetupError,
    UnreachableError,
)

# An answer's head beyond this is no answer but an attack or another protocol.
_MAX_HEAD_BYTES = 256 * 1024
_RECEIVE_BYTES = 64 * 1024
# A connection unused for longer may have been closed by the server: worth one look before the next request.
_FRESH_SECONDS = 0.5


class _Gone(Exception):
    """The server closed the connection before it had answered; `sent` if it may have taken the request."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """Where a connection goes to; `tls` is None for plain HTTP."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None


class Answer:
    """What the parser's callbacks gather of one answer; used again for the next one on the same connection."""

    __slots__ = ("body", "complete", "head_complete", "headers", "keep_alive", "parser", "parts", "reason", "status")

    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.reset()

    def reset(self) -> None:
        self.status = 0
        self.reason = b""
        self.body = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.parts: list[bytes] = []
        self.head_complete = self.complete = self.keep_alive = False

    def on_status(self, reason: bytes) -> None:
        self.reason = reason

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self.head_complete = True
        self.keep_alive = self.parser.should_keep_alive()  # llhttp knows this now and no later

    def on_body(self, part: bytes) -> None:
        self.parts.append(part)

    def on_message_complete(self) -> None:
        self.status = self.parser.get_status_code()
        if self.status < 200:  # 100 Continue, 103 Early Hints: the answer proper follows
            self.reset()
        else:
            self.complete = True

    def header(self, name: bytes) -> bytes | None:
        """The last value of a header, by its lower-case name."""
        found = None
        for key, value in self.headers:
            if len(key) == len(name) and key.lower() == name:
                found = value
        return found

    def ends_with_connection(self) -> bool:
        """Whether the body has no length of its own, so that the end of the connection is its end."""
        return (
            self.head_complete and self.header(b"content-length") is None and self.header(b"transfer-encoding") is None
        )

    def finish(self, limit: int) -> None:
        """Join the body and undo its content encoding."""
        parts = self.parts
        self.body = parts[0] if len(parts) == 1 else b"".join(parts)
        encoding = self.header(b"content-encoding")
        if encoding is not None and self.body:
            self.body = _decoded(self.body, encoding.strip().lower(), limit)


def _decoded(body: bytes, encoding: bytes, limit: int) -> bytes:
    if encoding == b"identity":
        return body
    if encoding not in (b"gzip", b"x-gzip", b"deflate"):
        raise AnswerError(reason=f"the answer has an unknown content encoding: {encoding[:40]!r}")
    for window in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):  # gzip or zlib, then the raw deflate that some servers send
        inflater = zlib.decompressobj(window)
        try:
            plain = inflater.decompress(body, limit + 1)
        except zlib.error:
            continue
        if len(plain) > limit:
            raise AnswerError(reason=f"the answer is larger than {limit} bytes when decompressed")
        if not inflater.eof:
            raise AnswerError(reason="the answer's compressed body is cut short")
        return plain
    raise AnswerError(reason="the answer's body is not what its content encoding says")


class Connection:
    """A connection of one thread to one origin, made when first needed and again after it was lost."""

    def __init__(self, origin: Origin, body_limit: int) -> None:
        self._origin = origin
        self._body_limit = body_limit
        self._socket: socket.socket | None = None
        self._answer = Answer()
        self._timeout: float | None = None
        self._used = 0.0

    def exchange(self, payload: bytes, timeout: tuple[float, float], *, repeatable: bool) -> Answer:
        """Send one request (head and body) and return its answer, valid until the next exchange.

        A request of which the server took nothing, since the idle connection had gone, is sent again on a new one;
        one that may have been taken only if it is `repeatable`. `timeout` is (seconds to connect, seconds for the
        whole answer). Raises an error of `conductor.client.http.rest`.
        """
        reused = self._is_alive()
        if not reused:
            self._connect(timeout[0])
        try:
            return self._round_trip(payload, timeout[1])
        except _Gone as gone:
            if not reused or (gone.sent and not repeatable):
                raise self._lost(gone) from gone
        self._connect(timeout[0])
        try:
            return self._round_trip(payload, timeout[1])
        except _Gone as gone:
            raise self._lost(gone) from gone

    def close(self) -> None:
        """Close the socket, if there is one; the next exchange makes a new one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _lost(self, gone: _Gone) -> ConnectionLostError:
        return ConnectionLostError(reason=f"{self._name} {gone.reason}")

    def _is_alive(self) -> bool:
        if self._socket is None:
            return False
        if time.monotonic() - self._used < _FRESH_SECONDS:
            return True
        if readable := _is_readable(self._socket):
            # An idle connection has nothing to say: it was closed, or the server is out of step.
            self.close()
        return not readable

    def _connect(self, seconds: float) -> None:
        self.close()
        origin = self._origin
        try:
            plain = socket.create_connection((origin.host, origin.port), timeout=seconds)
        except OSError as error:
            raise UnreachableError(reason=_words(error)) from error
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            self._socket = origin.tls.wrap_socket(plain, server_hostname=origin.host) if origin.tls else plain
        except (OSError, ValueError) as error:
            plain.close()
            raise _setup_error(error) from error
        self._timeout = seconds
        self._answer = Answer()

    def _round_trip(self, payload: bytes, seconds: float) -> Answer:
        answer, keep = self._answer, False
        answer.reset()
        try:
            self._wait_at_most(seconds)
            try:
                self._sock().sendall(payload)
            except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError) as error:
                self._receive_early(answer, seconds, error)
            else:
                self._receive(answer, seconds)
            answer.finish(self._body_limit)
            keep = answer.keep_alive
            return answer
        except TimeoutError as error:
            raise RequestTimeoutError(reason=f"no whole answer from {self._name} within {seconds:g} s") from error
        except OSError as error:
            raise _Gone(f"closed the connection: {_words(error)}", sent=True) from error
        finally:
            if keep:
                self._used = time.monotonic()
            else:
                self.close()

    def _receive_early(self, answer: Answer, seconds: float, error: OSError) -> None:
        """A server may refuse a large request before it has read it all: take its answer, if it left one."""
        try:
            self._receive(answer, seconds)
        except (AnswerError, OSError, _Gone):
            raise _Gone(f"closed the connection: {_words(error)}", sent=False) from error

    def _receive(self, answer: Answer, seconds: float) -> None:
        receive, feed = self._sock().recv, answer.parser.feed_data
        received, deadline = 0, time.monotonic() + seconds
        while not answer.complete:
            data = receive(_RECEIVE_BYTES)
            if not data:
                self._end(answer, received)
                return
            try:
                feed(data)
            except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
                raise AnswerError(reason=f"{self._name} sent no valid HTTP answer: {error}") from error
            if not answer.complete:
                received += len(data)
                self._check_size(answer, received)
                self._wait_at_most(max(deadline - time.monotonic(), 0.001))

    def _check_size(self, answer: Answer, received: int) -> None:
        if received > self._body_limit + _MAX_HEAD_BYTES:
            raise AnswerError(reason=f"the answer of {self._name} is larger than {self._body_limit} bytes")
        if not answer.head_complete and received > _MAX_HEAD_BYTES:
            raise AnswerError(reason=f"the answer of {self._name} has a head of more than {_MAX_HEAD_BYTES} bytes")

    def _end(self, answer: Answer, received: int) -> None:
        if answer.ends_with_connection():
            answer.status = answer.parser.get_status_code()
            answer.complete = True
        elif received:
            raise AnswerError(reason=f"{self._name} closed the connection in the middle of its answer")
        else:
            raise _Gone("closed the connection without an answer", sent=True)

    def _wait_at_most(self, seconds: float) -> None:
        if self._timeout != seconds:
            self._timeout = seconds
            self._sock().settimeout(seconds)

    def _sock(self) -> socket.socket:
        if self._socket is None:
            raise _Gone("is not connected", sent=False)
        return self._socket

    @property
    def _name(self) -> str:
        return f"{self._origin.host}:{self._origin.port}"


def _is_readable(sock: socket.socket) -> bool:
    if not hasattr(select, "poll"):
        return bool(select.select([sock], [], [], 0)[0])
    poller = select.poll()
    poller.register(sock, select.POLLIN)
    return bool(poller.poll(0))


def _setup_error(error: OSError | ValueError) -> SetupError | UnreachableError:
    """A handshake that failed: either for ever, by what the two sides are, or for this time."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message
        return SetupError(reason=f"the server's certificate is not trusted: {why} (Configuration.ssl_ca_cert)")
    if isinstance(error, ssl.SSLEOFError) or not isinstance(error, ssl.SSLError):
        return UnreachableError(reason=_words(error))
    if error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST"):
        return SetupError(reason="the server does not speak TLS: is it http:// and not https://?")
    return SetupError(reason=f"TLS: {error.reason or error}")


def _words(error: OSError | ValueError) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
