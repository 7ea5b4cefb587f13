"""The web as HTTP tasks see it in a test: what was mocked, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any


@dataclass(frozen=True)
class Page:
    """An answer of the web."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes


class MockedWeb:
    """Answers the requests of HTTP tasks."""

    def __init__(self) -> None:
        self._pages: list[tuple[str, int, Any]] = []

    def add(self, url: str, body: Any, status: int) -> None:
        """Answer requests for a URL; `*` stands for any text. The latest that fits counts."""
        self._pages.insert(0, (url, status, body))

    def __call__(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        connect_seconds: float,
        read_seconds: float,
    ) -> Page:
        for pattern, status, answer in self._pages:
            if fnmatchcase(url, pattern):
                return _page(status, answer(_read(body)) if callable(answer) else answer)
        raise ConnectionError(f"this test has no answer to {method} {url}: env.mock_http({url!r}, ...)")


def _read(body: bytes | None) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body


def _page(status: int, body: Any) -> Page:
    if isinstance(body, str):
        return Page(status, "", [("content-type", "text/plain")], body.encode())
    return Page(status, "", [("content-type", "application/json")], json.dumps(body).encode())
