"""The port that every transport fills: one request in, one answer out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from conductor.client.configuration.redact import redact_url

#: Seconds for the whole answer, or (seconds to connect, seconds for the whole answer); None: as configured.
Timeout = float | tuple[float, float] | None


class Request(msgspec.Struct, frozen=True):
    """What to send. `timeout` is (seconds to connect, seconds for the whole answer)."""

    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes | None = None
    timeout: tuple[float, float] = (10.0, 120.0)

    def __repr__(self) -> str:
        return f"Request({self.method} {redact_url(self.url)})"  # its headers carry credentials, its body anything


class Response(msgspec.Struct, frozen=True):
    """What came back, whatever its status. Names of headers are in lower case."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"Response({self.status} {self.reason}, {len(self.body)} bytes)"


class Transport(Protocol):
    """Sends one request. It neither retries nor follows redirects, and may be used by many threads at once."""

    def send(self, request: Request) -> Response:
        """Send and wait for the whole answer.

        Raises:
            UnreachableError: nothing was sent.
            ConnectionLostError, RequestTimeoutError: no whole answer came.
            AnswerError: what came is not HTTP, or too large.
            SetupError: certificate or proxy.
        """
        ...
