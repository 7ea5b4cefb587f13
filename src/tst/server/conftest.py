"""A server for the tests of this room, and the two ways to speak to it: as a client, and as bytes on a socket."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import urllib3

from conductor.testing.embedded import ThreadServer, embedded


@pytest.fixture(scope="session")
def server() -> Iterator[ThreadServer]:
    """One server with data in memory, shared by all tests that use names of their own."""
    with embedded() as running:
        yield running


@dataclass
class Answer:
    """An answer as tests look at it."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Sends requests to one server; paths are below its base address."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._pool = urllib3.PoolManager(maxsize=4, retries=False, timeout=20)

    def __call__(self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            raw = json.dumps(body).encode()
            sent.setdefault("content-type", "application/json")
        answer = self._pool.request(method, self._base_url + path, body=raw, headers=sent)
        return Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.data)

    def close(self) -> None:
        self._pool.clear()


@pytest.fixture(scope="session")
def client_of() -> Iterator[Callable[[str], Client]]:
    """Makes clients of servers by their base address."""
    made: list[Client] = []

    def make(base_url: str) -> Client:
        made.append(Client(base_url))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture(scope="session")
def client(server: ThreadServer, client_of: Callable[[str], Client]) -> Client:
    """A client of the shared server."""
    return client_of(server.base_url)


def exchange(port: int, data: bytes, seconds: float = 10.0) -> bytes:
    """What a server answers to bytes, until it closes the connection or says no more for as long as it may."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        answer = b""
        try:
            connection.sendall(data)
            while part := connection.recv(65536):
                answer += part
        except (TimeoutError, ConnectionError):
            pass
        return answer


@pytest.fixture
def raw(server: ThreadServer) -> Callable[..., bytes]:
    """Bytes to the shared server, its bytes back."""
    return lambda data, seconds=10.0: exchange(server.port, data, seconds)
