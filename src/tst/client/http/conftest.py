"""A server made of real sockets, whose every byte a test decides."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from conductor.client.configuration.configuration import Configuration
from conductor.client.http.api_client import ApiClient


@dataclass
class Received:
    """One request as it came over the wire, on which connection, and the socket to answer on."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int
    sock: socket.socket = field(repr=False)

    def json(self) -> Any:
        return msgspec.json.decode(self.body)


Answer = Callable[[Received], "bytes | None"]


def answer(status: int = 200, body: object = None, **headers: str) -> bytes:
    """An answer with a length; `body` is JSON unless it is bytes or text."""
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else msgspec.json.encode(body)
    content = b"" if body is None else content
    headers = {"content-type": "text/plain" if isinstance(body, str) else "application/json"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"content-length: {len(content)}", "", ""]).encode() + content


class WireServer:
    """Answers each request with the bytes that `script` gives; None closes the connection without a word."""

    def __init__(self, script: Answer, context: ssl.SSLContext | None = None) -> None:
        self.script, self._context = script, context
        self.requests: list[Received] = []
        self.connections = 0
        self.open_now = self.most_open = 0
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://localhost:{self.port}/api"

    def targets(self, target: str) -> list[Received]:
        return [r for r in self.requests if r.target.partition("?")[0] == target]

    def drop_connections(self) -> None:
        """Close every connection, as a server does with idle ones."""
        with self._lock:
            for sock in self._sockets:
                _shut(sock)

    def close(self) -> None:
        _shut(self._listener)
        self._listener.close()
        self.drop_connections()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(sock, self.connections), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        try:
            if self._context:
                sock = self._context.wrap_socket(sock, server_side=True)
            with self._lock:
                self._sockets.add(sock)
                self.open_now += 1
                self.most_open = max(self.most_open, self.open_now)
            try:
                with sock.makefile("rb") as stream:
                    while request := _read_request(stream, number, sock):
                        self.requests.append(request)
                        content = self.script(request)
                        if content is None:
                            break
                        sock.sendall(content)
            finally:
                with self._lock:
                    self._sockets.discard(sock)
                    self.open_now -= 1
        except (OSError, ValueError):
            pass
        finally:
            _shut(sock)
            sock.close()


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def _read_request(stream: Any, number: int, sock: socket.socket) -> Received | None:
    if stream.peek(1)[:1] == b"\x16":  # a TLS handshake: answered as plain servers do
        sock.sendall(answer(400, "plain HTTP only"))
        return None
    line = stream.readline()
    if not line:
        return None
    method, target, _ = line.decode("latin-1").split(" ", 2)
    headers: dict[str, str] = {}
    while (line := stream.readline().decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", "0")))
    return Received(method, target, headers, body, number, sock)


@pytest.fixture
def serve() -> Iterator[Callable[..., WireServer]]:
    """Start servers that end with the test."""
    servers: list[WireServer] = []

    def start(script: Answer | bytes | None = None, context: ssl.SSLContext | None = None) -> WireServer:
        fixed = script if isinstance(script, bytes) else answer(200, [])
        servers.append(WireServer(script if callable(script) else lambda _: fixed, context))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def client_of() -> Iterator[Callable[..., ApiClient]]:
    """Make clients whose connections end with the test."""
    clients: list[ApiClient] = []

    def make(server: WireServer | str, **settings: Any) -> ApiClient:
        url = server if isinstance(server, str) else server.url
        # Settings of its own, so that no other test shares the pool.
        settings.setdefault("max_response_bytes", 10_000_000 + len(clients))
        clients.append(ApiClient(Configuration(server_api_url=url, **settings)))
        return clients[-1]

    yield make
    for client in clients:
        close = getattr(client.transport, "close", None)
        if close:
            close()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def reply() -> Callable[..., bytes]:
    """Makes answers: ``reply(status, body, **headers)``."""
    return answer
