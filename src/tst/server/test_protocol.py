"""HTTP on the wire: malformed, oversized and slow requests get a 4xx and a closed connection, and hurt nobody else."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import pytest

from conductor.server.settings import Limits, Settings
from conductor.testing.embedded import ThreadServer, embedded

HEAD = b"host: localhost\r\n"
Raw = Callable[..., bytes]

BROKEN = {
    "no http": b"\x00\x01\x02\r\n\r\n",
    "http 0.9": b"GET /health\r\n\r\n",
    "nul in the path": b"GET /hea\x00lth HTTP/1.1\r\n" + HEAD + b"\r\n",
    "nul in a header": b"GET /health HTTP/1.1\r\n" + HEAD + b"x: a\x00b\r\n\r\n",
    "space in a header's name": b"GET /health HTTP/1.1\r\n" + HEAD + b"x y: a\r\n\r\n",
    "folded header": b"GET /health HTTP/1.1\r\n" + HEAD + b"x: a\r\n b\r\n\r\n",
    "two lengths": b"POST /api/workflow HTTP/1.1\r\n" + HEAD + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}",
    "length and chunks": (
        b"POST /api/workflow HTTP/1.1\r\n" + HEAD + b"content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "negative length": b"POST /api/workflow HTTP/1.1\r\n" + HEAD + b"content-length: -1\r\n\r\n",
    "length with a word": b"POST /api/workflow HTTP/1.1\r\n" + HEAD + b"content-length: 1x\r\n\r\n{}",
    "bad chunk": b"POST /api/workflow HTTP/1.1\r\n" + HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n",
    "absolute target": b"GET http://localhost/health HTTP/1.1\r\n" + HEAD + b"\r\n",
    "authority target": b"CONNECT localhost:1 HTTP/1.1\r\n" + HEAD + b"\r\n",
    "unknown method": b"FETCH /health HTTP/1.1\r\n" + HEAD + b"\r\n",
    "no host": b"GET /health HTTP/1.1\r\nconnection: close\r\n\r\n",
    "two hosts": b"GET /health HTTP/1.1\r\n" + HEAD + b"host: evil.com\r\nconnection: close\r\n\r\n",
    "long url": b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + HEAD + b"\r\n",
    "large header": b"GET /health HTTP/1.1\r\n" + HEAD + b"x: " + b"a" * 1_000_000 + b"\r\n\r\n",
    "large header without an end": b"GET /health HTTP/1.1\r\n" + HEAD + b"x: " + b"a" * 1_000_000,
    "many headers": b"GET /health HTTP/1.1\r\n" + HEAD + b"x: a\r\n" * 10_000 + b"\r\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_request_gets_a_4xx_and_a_closed_connection(raw: Raw, name: str) -> None:
    """The answer comes at once, and what follows on the connection is not read as a request."""
    started = time.monotonic()
    answer = raw(BROKEN[name], 3.0)

    assert answer.startswith((b"HTTP/1.1 4", b"")), answer[:100]
    assert time.monotonic() - started < 3
    if answer:  # a client that still sends when the server has closed may never see why
        assert answer.startswith(b"HTTP/1.1 4"), answer[:100]
        assert b"Traceback" not in answer


def test_a_smuggled_second_request_is_not_answered(raw: Raw) -> None:
    """Length and chunks together are refused as a whole."""
    inner = b"GET /api/version HTTP/1.1\r\n" + HEAD + b"\r\n"
    answer = raw(
        b"POST /api/workflow HTTP/1.1\r\n"
        + HEAD
        + b"content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
        + inner
    )

    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"3.32.3" not in answer


def test_pipelined_requests_are_answered_in_order(raw: Raw) -> None:
    """Two requests in one packet get two answers."""
    answer = raw(
        b"GET /api/version HTTP/1.1\r\n" + HEAD + b"\r\n"
        b"GET /api/nope HTTP/1.1\r\n" + HEAD + b"connection: close\r\n\r\n"
    )

    assert answer.count(b"HTTP/1.1 ") == 2
    assert answer.index(b"3.32.3") < answer.index(b"No static resource")


@pytest.fixture
def strict() -> Iterator[ThreadServer]:
    """A server with short deadlines and few connections."""
    limits = Limits(header_seconds=0.4, body_seconds=0.4, connections=30, idle_seconds=30)
    with embedded(settings=Settings(port=0, limits=limits)) as running:
        yield running


@pytest.mark.parametrize(
    "beginning",
    [
        b"GET /hea",
        b"GET /health HTTP/1.1\r\nx: y",
        b"POST /api/workflow HTTP/1.1\r\n" + HEAD + b"content-length: 9\r\n\r\n{",
    ],
)
def test_a_request_that_does_not_arrive_is_given_up(strict: ThreadServer, beginning: bytes) -> None:
    """Head and body have a deadline, which more bytes do not move."""
    with socket.create_connection(("127.0.0.1", strict.port), timeout=10) as slow:
        slow.sendall(beginning)
        answer = b""
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            slow.settimeout(0.1)
            try:
                part = slow.recv(1000)
                if not part:
                    break
                answer += part
            except TimeoutError:
                slow.sendall(b"a")
            except ConnectionError:
                break

    assert b" 408 " in answer


def test_slow_clients_do_not_keep_others_waiting(strict: ThreadServer) -> None:
    """While many dribble their headers, a request is answered as always."""
    slow = [socket.create_connection(("127.0.0.1", strict.port)) for _ in range(25)]
    for connection in slow:
        connection.sendall(b"GET /health HTT")

    started = time.monotonic()
    answer = exchange_one(strict.port)
    for connection in slow:
        connection.close()

    assert answer.startswith(b"HTTP/1.1 200")
    assert time.monotonic() - started < 1


def exchange_one(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\n" + HEAD + b"connection: close\r\n\r\n")
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_connection_too_many_gets_a_503_and_no_silence(strict: ThreadServer) -> None:
    """And the places are free again when the others have gone."""
    held = [socket.create_connection(("127.0.0.1", strict.port)) for _ in range(30)]
    with socket.create_connection(("127.0.0.1", strict.port), timeout=5) as late:
        assert late.recv(1000).startswith(b"HTTP/1.1 503")
    for connection in held:
        connection.close()

    deadline = time.monotonic() + 5
    while b" 503 " in exchange_one(strict.port) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert exchange_one(strict.port).startswith(b"HTTP/1.1 200")
