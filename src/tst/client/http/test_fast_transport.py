"""What the fast transport promises, against servers that answer byte for byte what a test says."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from conductor.client.configuration.configuration import Configuration
from conductor.client.http._fast_transport import FastTransport, fast_transport
from conductor.client.http._port import Request, Response
from conductor.client.http._tls import TransportSettings
from conductor.client.http.rest import (
    AnswerError,
    ConnectionLostError,
    RequestTimeoutError,
    SetupError,
    UnreachableError,
)

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Script = Callable[["Peer"], None]


class Peer:
    """One accepted connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.file = sock.makefile("rb")

    def request(self) -> tuple[str, dict[str, str], bytes]:
        """The next request's first line, headers and body; an empty line at the end of the connection."""
        line = self.file.readline().decode().strip()
        headers: dict[str, str] = {}
        while raw := self.file.readline().decode().strip():
            name, _, value = raw.partition(":")
            headers[name.lower()] = value.strip()
        return line, headers, self.file.read(int(headers.get("content-length", 0)))

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def reset(self) -> None:
        """Close with an RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.close()

    def close(self) -> None:
        self.file.close()
        self.sock.close()


@contextmanager
def serving(*scripts: Script) -> Iterator[str]:
    """A server that plays one script for each connection, in order."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        for script in scripts:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            peer = Peer(sock)
            try:
                script(peer)
            except OSError:
                pass
            finally:
                peer.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()
        thread.join(5)


def answering(*answers: bytes) -> Script:
    def script(peer: Peer) -> None:
        for answer in answers:
            peer.request()
            peer.send(answer)

    return script


@pytest.fixture
def transport() -> Iterator[FastTransport]:
    made = FastTransport(TransportSettings(), lambda: pytest.fail("the fallback was used"))
    yield made
    made.close()


def get(url: str, **more: Any) -> Request:
    return Request("GET", url, {}, None, more.pop("timeout", (2.0, 2.0)))


def test_a_request_is_sent_as_it_was_asked_for(transport: FastTransport) -> None:
    """Method, path with query, headers, length and body arrive at the server."""
    seen: list[Any] = []

    def script(peer: Peer) -> None:
        seen.append(peer.request())
        peer.send(OK)

    with serving(script) as url:
        transport.send(Request("POST", f"{url}/api/tasks?a=b", {"X-Authorization": "t"}, b'{"a":1}', (2, 2)))

    line, headers, body = seen[0]
    assert line == "POST /api/tasks?a=b HTTP/1.1"
    assert body == b'{"a":1}'
    assert headers["x-authorization"] == "t"
    assert headers["host"] == url.removeprefix("http://")


def test_connections_are_kept_for_the_next_request(transport: FastTransport) -> None:
    """Two requests of a thread go over one connection."""
    with serving(answering(OK, OK)) as url:
        assert [transport.send(get(url)).body for _ in range(2)] == [b"ok", b"ok"]


def test_a_post_without_body_says_that_it_has_none(transport: FastTransport) -> None:
    """Servers wait for a body unless told its length."""
    seen: list[Any] = []

    def script(peer: Peer) -> None:
        seen.append(peer.request())
        peer.send(OK)

    with serving(script) as url:
        transport.send(Request("POST", url, {}, None, (2, 2)))
    assert seen[0][1]["content-length"] == "0"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n", b"abcde"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, b"ok"),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", b"until the end"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end", b"until the end"),
    ],
    ids=["chunked", "no content", "continue", "http 1.0", "ends with the connection"],
)
def test_every_way_to_frame_an_answer_is_read(transport: FastTransport, answer: bytes, expected: bytes) -> None:
    """Chunks, no body, interim answers, and bodies that end with the connection."""
    with serving(answering(answer)) as url:
        assert transport.send(get(url)).body == expected


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", raw_deflate)]
)
def test_compressed_answers_are_unpacked(transport: FastTransport, encoding: str, pack: Any) -> None:
    """The content encodings that we ask for are undone."""
    body = pack(b"x" * 10_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with serving(answering(head + body)) as url:
        assert transport.send(get(url)).body == b"x" * 10_000


def test_an_answer_is_read_however_it_is_cut_into_packets(transport: FastTransport) -> None:
    """A byte at a time gives the same answer."""

    def script(peer: Peer) -> None:
        peer.request()
        for i in range(len(OK)):
            peer.send(OK[i : i + 1])

    with serving(script) as url:
        assert transport.send(get(url)).body == b"ok"


def test_headers_of_an_answer_are_found_by_their_lower_case_names(transport: FastTransport) -> None:
    """Repeated headers are joined."""
    answer = b"HTTP/1.1 429 Slow down\r\nRetry-After: 3\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 0\r\n\r\n"
    with serving(answering(answer)) as url:
        response = transport.send(get(url))
    assert (response.status, response.reason) == (429, "Slow down")
    assert dict(response.headers) == {"retry-after": "3", "x-a": "1, 2", "content-length": "0"}


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000,
    ],
    ids=["other protocol", "cut short", "bad chunk", "bad gzip", "unknown encoding", "endless head"],
)
def test_garbage_is_an_error_and_not_an_answer(transport: FastTransport, answer: bytes) -> None:
    """What is no whole HTTP answer raises, and the next request gets a new connection."""
    with serving(answering(answer), answering(OK)) as url:
        with pytest.raises(AnswerError):
            transport.send(get(url))
        assert transport.send(get(url)).body == b"ok"


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip bomb"])
def test_an_answer_larger_than_the_limit_is_refused(packed: bool) -> None:
    """The limit counts bytes on the wire and bytes unpacked."""
    transport = FastTransport(TransportSettings(max_response_bytes=100_000), lambda: pytest.fail("fallback"))
    body = gzip.compress(b"0" * 10_000_000) if packed else b"0" * 1_000_000
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n".encode() + b"Content-Encoding: gzip\r\n" * packed
    with serving(answering(head + b"\r\n" + body)) as url, pytest.raises(AnswerError, match="larger than 100000"):
        transport.send(get(url))


def test_no_server_means_unreachable(transport: FastTransport) -> None:
    """A refused connection says that nothing was sent, and where it was tried."""
    with serving() as url:
        pass
    with pytest.raises(UnreachableError) as caught:
        transport.send(get(url + "/api/tasks"))
    assert url in str(caught.value)


def test_a_silent_server_is_given_up_after_the_time_given(transport: FastTransport) -> None:
    """A half-open connection does not hold the caller, and the next request gets a new connection."""

    def silent(peer: Peer) -> None:
        peer.request()
        peer.request()  # returns when the client hangs up

    with serving(silent, answering(OK)) as url:
        with pytest.raises(RequestTimeoutError):
            transport.send(get(url, timeout=(1.0, 0.2)))
        assert transport.send(get(url)).body == b"ok"


def test_a_trickling_server_is_given_up_after_the_time_for_the_whole_answer(transport: FastTransport) -> None:
    """The limit is for the whole answer, not for each of its bytes."""
    gone = threading.Event()

    def trickle(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not gone.wait(0.02):
            peer.send(b"x")

    with serving(trickle) as url:
        started = time.monotonic()
        with pytest.raises(RequestTimeoutError):
            transport.send(get(url, timeout=(1.0, 0.3)))
        assert time.monotonic() - started < 3
        gone.set()


def test_a_connection_closed_while_idle_is_noticed_before_a_poll_is_sent(transport: FastTransport) -> None:
    """A poll goes over a new connection when the server closed the idle one: it is sent once."""
    with serving(answering(OK), answering(OK)) as url:
        transport.send(get(f"{url}/tasks/poll/a"))
        time.sleep(0.7)  # past the time within which a connection counts as fresh
        assert transport.send(get(f"{url}/tasks/poll/a")).body == b"ok"


@pytest.mark.parametrize("repeatable", [True, False])
def test_a_request_that_may_have_been_taken_is_sent_again_only_where_that_is_safe(repeatable: bool) -> None:
    """The server resets a kept connection after it has read the request."""
    transport = FastTransport(TransportSettings(), lambda: pytest.fail("fallback"), lambda _: repeatable)
    requests: list[str] = []

    def taken_then_reset(peer: Peer) -> None:
        peer.request()
        peer.send(OK)
        requests.append(peer.request()[0])
        peer.reset()

    def again(peer: Peer) -> None:
        requests.append(peer.request()[0])
        peer.send(OK)

    with serving(taken_then_reset, again) as url:
        transport.send(get(url))
        if repeatable:
            assert transport.send(get(url)).body == b"ok"
        else:
            with pytest.raises(ConnectionLostError):
                transport.send(get(url))
    assert len(requests) == (2 if repeatable else 1)
    transport.close()


def test_the_answer_to_a_request_refused_half_way_is_read(transport: FastTransport) -> None:
    """A server may answer 413 and close before it has read the whole body."""

    def script(peer: Peer) -> None:
        peer.file.readline()
        peer.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        peer.sock.shutdown(socket.SHUT_WR)
        while peer.sock.recv(1 << 20):
            pass

    with serving(script) as url:
        response = transport.send(Request("POST", url, {}, b"x" * 5_000_000, (2, 5)))
    assert response.status == 413


@pytest.mark.parametrize(
    "request_",
    [
        Request("HEAD", "http://127.0.0.1:1/", {}, None),
        Request("GET", "http+unix://socket/", {}, None),
    ],
    ids=["HEAD", "scheme"],
)
def test_what_the_fast_path_cannot_do_goes_to_the_other_transport(request_: Request) -> None:
    """The fallback is used by itself."""
    answer = Response(200, "OK", {}, b"from the other")

    class Other:
        def send(self, request: Request) -> Response:
            return answer

    assert FastTransport(TransportSettings(), Other).send(request_) is answer


def test_a_proxy_is_left_to_the_other_transport(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy from the environment is honoured without a setting."""
    seen: list[str] = []

    def script(peer: Peer) -> None:
        seen.append(peer.request()[0])
        peer.send(OK)

    with serving(script) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.delenv("NO_PROXY", raising=False)
        configuration = Configuration(server_api_url="http://conductor.invalid/api")
        made = fast_transport(configuration, lambda _: False)
        assert made.send(get("http://conductor.invalid/api/tasks")).body == b"ok"
        made._other().close()  # type: ignore[attr-defined]
    assert seen == ["GET http://conductor.invalid/api/tasks HTTP/1.1"]


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", "http://127.0.0.1:1/a b", {}, None),
        Request("GET", "http://127.0.0.1:1/a", {"X-Token": "a\r\nX-Evil: 1"}, None),
        Request("GET", "http://127.0.0.1:1/a", {"X: 1\r\nY": "a"}, None),
        Request("GET", "http://127.0.0.1:99999/a", {}, None),
    ],
    ids=["blank in the path", "line break in a value", "line break in a name", "no such port"],
)
def test_what_would_break_out_of_its_place_in_a_request_is_refused(transport: FastTransport, request_: Request) -> None:
    """No header and no URL can add lines to a request."""
    with pytest.raises(SetupError):
        transport.send(request_)


def test_many_threads_share_one_transport(transport: FastTransport) -> None:
    """Each thread has its own connection, and gets its own answers."""

    def echo(peer: Peer) -> None:
        while (line := peer.request()[0]) and line:
            body = line.split()[1].encode()
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    listener = socket.create_server(("127.0.0.1", 0))
    peers: list[threading.Thread] = []

    def accept() -> None:
        for _ in range(8):
            sock, _ = listener.accept()
            peers.append(threading.Thread(target=_play, args=(echo, sock)))
            peers[-1].start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    url, wrong = f"http://127.0.0.1:{listener.getsockname()[1]}", []

    def client(name: int) -> None:
        for i in range(200):
            expected = f"/{name}/{i}".encode()
            if transport.send(get(url + expected.decode())).body != expected:
                wrong.append(expected)

    clients = [threading.Thread(target=client, args=(n,)) for n in range(8)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join(30)
    transport.close()
    acceptor.join(5)
    for thread in peers:
        thread.join(5)
    listener.close()
    assert not wrong


def _play(script: Script, sock: socket.socket) -> None:
    peer = Peer(sock)
    try:
        script(peer)
    finally:
        peer.close()
