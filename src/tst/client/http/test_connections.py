"""Connections: kept, bounded, renewed; broken and hostile answers end in one typed error in bounded time."""

from __future__ import annotations

import gzip
import random
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
import requests
import urllib3

from conductor.client.configuration import ConfigurationError
from conductor.client.configuration.configuration import Configuration
from conductor.client.http._connections import adapt
from conductor.client.http._port import Request
from conductor.client.http.api_client import ApiClient
from conductor.client.http.rest import (
    AnswerError,
    ApiException,
    ConnectionLostError,
    RequestTimeoutError,
    SetupError,
    ThrottledError,
    TransientError,
    UnreachableError,
)

SOON = 5.0


def test_connections_are_kept_and_shared_by_clients(serve: Any, client_of: Any) -> None:
    """Ten calls of two clients with equal settings take one connection."""
    server = serve()
    clients = [client_of(server, max_response_bytes=1_000_001) for _ in range(2)]
    for client in clients * 5:
        client.call("GET", "/x")
    assert server.connections == 1


def test_a_connection_closed_while_idle_is_replaced_unnoticed(serve: Any, client_of: Any) -> None:
    """Even a POST goes through: the closed connection is seen before anything is sent."""
    server = serve()
    client = client_of(server)
    client.call("GET", "/x")
    server.drop_connections()
    _until(lambda: server.open_now == 0)
    client.call("POST", "/x", body={})
    assert (server.connections, len(server.requests)) == (2, 2)


def test_a_call_that_may_have_been_done_is_repeated_only_where_that_is_safe(serve: Any, client_of: Any) -> None:
    """A request that the server took and did not answer: GET is sent again, POST is the caller's to decide."""
    server = serve(lambda request: None)
    with pytest.raises(ConnectionLostError, match="the server closed the connection without an answer") as raised:
        client_of(server).call("POST", "/x", body={})
    assert (len(server.requests), raised.value.transient, raised.value.status) == (1, True, None)
    with pytest.raises(ConnectionLostError):
        client_of(server).call("GET", "/y")
    assert len(server.targets("/api/y")) == 3


def test_a_passing_failure_is_ridden_out(serve: Any, client_of: Any, reply: Any) -> None:
    """502, 503 and 504 are tried again for calls that may be repeated; 500 is not, nor is a POST."""
    script = {"/api/get": [502, 504, 200], "/api/broken": [500], "/api/post": [503]}
    server = serve(lambda request: reply(script[request.target].pop(0), {}))
    client = client_of(server)
    client.call("GET", "/get")
    for method, path in (("GET", "/broken"), ("POST", "/post")):
        with pytest.raises(TransientError):
            client.call(method, path)
    assert all(not left for left in script.values())


def test_retry_after_is_obeyed_up_to_a_cap(serve: Any, client_of: Any, reply: Any) -> None:
    """A throttled call waits as long as it is asked to; a wait too long is the caller's to decide."""
    answers = [reply(429, {}, retry_after="1"), reply(200, 1), reply(429, {}, retry_after="3600")]
    server = serve(lambda _: answers.pop(0))
    client = client_of(server)
    started = time.monotonic()
    assert client.call("POST", "/x", response_type=int) == 1
    assert time.monotonic() - started >= 1.0
    with pytest.raises(ThrottledError) as raised:
        client.call("POST", "/x")
    assert raised.value.retry_after == 3600
    assert len(server.requests) == 3


def test_a_date_in_retry_after_is_understood() -> None:
    """The other form of the header gives seconds as well, and nonsense gives nothing."""
    from email.utils import formatdate

    for value, least, most in ((formatdate(time.time() + 60), 50, 61), (formatdate(0), 0, 0)):
        error = ThrottledError(429, headers={"retry-after": value})
        assert error.retry_after is not None
        assert least <= error.retry_after <= most
    assert ThrottledError(429, headers={"retry-after": "soon"}).retry_after is None


def test_the_pool_is_bounded_for_any_number_of_threads(serve: Any, client_of: Any, reply: Any) -> None:
    """Thirty threads share three connections, and each gets its own answer."""

    def script(request: Any) -> bytes:
        time.sleep(0.005)
        return bytes(reply(200, request.target))

    server = serve(script)
    client = client_of(server, pool_size=3)
    wrong: list[object] = []

    def work(number: int) -> None:
        for i in range(5):
            if (got := client.call("GET", f"/{number}-{i}", response_type=str)) != f"/api/{number}-{i}":
                wrong.append(got)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert wrong == []
    assert server.most_open <= 3


def test_a_full_pool_is_a_clear_error(serve: Any, client_of: Any, reply: Any) -> None:
    """Waiting for a free connection ends with the connect timeout and names the setting."""
    release = threading.Event()

    def script(_: Any) -> bytes:
        release.wait(10)
        return bytes(reply(200, []))

    client = client_of(serve(script), pool_size=1, connect_timeout=0.2)
    busy = threading.Thread(target=client.call, args=("GET", "/x"))
    busy.start()
    try:
        with pytest.raises(TransientError, match="pool_size"):
            _until(lambda: client.call("POST", "/x") is not None)
    finally:
        release.set()
        busy.join(10)


@pytest.mark.parametrize("where", ["status line", "headers", "body", "chunks"])
def test_a_server_that_trickles_cannot_hold_the_caller(serve: Any, client_of: Any, where: str) -> None:
    """The read timeout is for the whole answer, not for each byte of it."""
    heads = {
        "status line": b"",
        "headers": b"HTTP/1.1 200 OK\r\n",
        "body": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
        "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n",
    }

    def script(request: Any) -> None:
        request.sock.sendall(heads[where])
        try:
            for _ in range(200):
                request.sock.sendall(b"H")
                time.sleep(0.02)
        except OSError:
            pass

    started = time.monotonic()
    with pytest.raises(RequestTimeoutError, match=r"no whole answer within 0\.3 s"):
        client_of(serve(script)).call("GET", "/x", timeout=0.3, response_type=str)
    assert time.monotonic() - started < 2.0


def test_a_silent_server_is_given_up_after_the_read_timeout(serve: Any, client_of: Any) -> None:
    """Nobody waits for ever, and a call that took too long is not made again."""
    release = threading.Event()
    server = serve(lambda _: release.wait(10) and None)
    with pytest.raises(RequestTimeoutError):
        client_of(server, read_timeout=0.2).call("GET", "/x")
    assert len(server.requests) == 1
    release.set()


BROKEN = {
    "truncated": (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1,", ConnectionLostError),
    "truncated chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n[1", ConnectionLostError),
    "bad chunk size": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n[1]\r\n", ApiException),
    "not http": (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", AnswerError),
    "half a status line": (b"HTTP/1.1 2", ApiException),
    "endless header": (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n", AnswerError),
    "too many headers": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5_000 + b"\r\n", AnswerError),
    "too large": (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b" " * 3_000_000, AnswerError),
    "gzip bomb": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n" + gzip.compress(b" " * 50_000_000),
        AnswerError,
    ),
    "broken gzip": (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd", AnswerError),
    "close-delimited half": (b"HTTP/1.1 200 OK\r\n\r\n[1, 2", AnswerError),
    "empty head": (b"\r\n\r\n", ApiException),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_answer_is_a_typed_error(serve: Any, client_of: Any, kind: str) -> None:
    """Never a None, never a foreign exception, always worth another try; the client works on."""
    content, cls = BROKEN[kind]
    state = {"broken": True}

    def script(request: Any) -> bytes | None:
        if not state["broken"]:
            return b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[7]"
        request.sock.sendall(content)
        return None

    server = serve(script)
    client = client_of(server, max_response_bytes=2_000_000)
    with pytest.raises(cls) as raised:
        client.call("POST", "/x", response_type=list[int], timeout=SOON)
    assert raised.value.transient
    assert "\n" not in str(raised.value)
    assert str(raised.value).startswith("POST http")
    state["broken"] = False
    _until(lambda: server.open_now == 0)
    assert client.call("POST", "/x", response_type=list[int]) == [7]


@pytest.mark.parametrize("seeds", [200, pytest.param(10_000, marks=[pytest.mark.slow, pytest.mark.timeout(900)])])
def test_a_mutilated_answer_is_decoded_or_refused(serve: Any, client_of: Any, seeds: int) -> None:
    """Seeded mutations of an answer give the list or an ApiException, nothing else."""
    whole = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 22\r\n\r\n[{"taskId":"1","x":2}]'
    rng = random.Random(7)
    client = client_of(serve(lambda _: _mutilate(whole, rng)))
    outcomes = {"list": 0, "error": 0}
    for _ in range(seeds):
        try:
            result = client.call("POST", "/x", response_type=list[dict[str, Any]], timeout=0.05)
            assert isinstance(result, list)
            outcomes["list"] += 1
        except ApiException:
            outcomes["error"] += 1
    assert min(outcomes.values()) > 10, outcomes


def _mutilate(whole: bytes, rng: random.Random) -> bytes:
    content = bytearray(whole)
    for _ in range(rng.choice((0, 1, 1, 3))):
        at = rng.randrange(len(content))
        what = rng.randrange(4)
        if what == 0:
            content[at] = rng.randrange(256)
        elif what == 1:
            del content[at : at + rng.randrange(1, 9)]
        elif what == 2:
            content[at:at] = rng.randbytes(rng.randrange(1, 9))
        else:
            content[at:at] = content[: rng.randrange(30)]
    return bytes(content)


def test_redirects_are_not_followed_and_take_no_credentials_along(serve: Any, client_of: Any, reply: Any) -> None:
    """The other origin is never called; the error says what to set."""
    other = serve()
    server = serve(lambda _: reply(307, b"", location=f"{other.url}/x"))
    client = client_of(server)
    client.configuration.update_token("canary-token")
    with pytest.raises(SetupError, match="the server redirects"):
        client.call("GET", "/x")
    assert server.requests[0].headers["x-authorization"] == "canary-token"
    assert other.requests == []


def test_a_forked_process_opens_connections_of_its_own(serve: Any) -> None:
    """The pool is made anew in the child, also when a thread of the parent was busy in it."""
    server = serve()
    code = f"""
import os, sys
from conductor.client.configuration.configuration import Configuration
from conductor.client.http.api_client import ApiClient
client = ApiClient(Configuration(server_api_url={server.url!r}))
client.call("GET", "/parent")
pid = os.fork()
client.call("GET", "/child" if pid == 0 else "/parent")
if pid: sys.exit(os.waitpid(pid, 0)[1])
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=30, env=_environment())
    by_target: dict[str, set[int]] = {}
    for request in server.requests:
        by_target.setdefault(request.target, set()).add(request.connection)
    assert len(by_target["/api/parent"]) == 1
    assert not by_target["/api/parent"] & by_target["/api/child"]


def _environment() -> dict[str, str]:
    import os
    from pathlib import Path

    import conductor

    return {**os.environ, "PYTHONPATH": str(Path(conductor.__file__).parents[1])}


def test_a_user_s_own_connection_is_used(serve: Any, reply: Any) -> None:
    """A urllib3 pool, a requests session, or a function that makes one; redirects stay unfollowed."""
    server = serve(lambda r: reply(302 if "redirect" in r.target else 200, [5], location="/elsewhere"))
    pool, session = urllib3.PoolManager(headers={"X-Whose": "mine"}), requests.Session()
    try:
        for connection in (pool, session, lambda: pool):
            configuration = Configuration(server_api_url=server.url, http_connection=connection)
            client = ApiClient(configuration)
            assert client.call("GET", "/x", response_type=list[int]) == [5]
            assert adapt(configuration) is adapt(configuration)
            with pytest.raises(SetupError):
                client.call("GET", "/redirect")
        down = Configuration("localhost:1", http_connection=session)
        with pytest.raises(UnreachableError):
            ApiClient(down).call("GET", "/x")
        with pytest.raises(ConfigurationError, match="http_connection: a int is no connection"):
            ApiClient(Configuration(http_connection=3)).call("GET", "/x")
    finally:
        pool.clear()
        session.close()


def test_a_request_s_repr_shows_no_secrets() -> None:
    """Requests may end up in tracebacks: neither headers nor bodies are shown."""
    request = Request("POST", "http://u:canary@h/x", {"X-Authorization": "canary"}, b"canary")
    assert "canary" not in repr(request)


def _until(condition: Any) -> None:
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
