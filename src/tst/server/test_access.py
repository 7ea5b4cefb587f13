"""Every operation of the document, with every method, refuses what it must before any handler runs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import urllib3

from conductor.server.handlers.system import document
from conductor.server.settings import Access, Settings
from conductor.testing.embedded import ThreadServer, embedded

PATHS = [re.sub(r"[{}]", "", path) for path in json.loads(document())["paths"]]
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]
OPEN = {"/health", "/api/health"}
FOREIGN = [
    {"host": "evil.com"},
    {"host": "localhost.evil.com:8080"},
    {"origin": "http://evil.com"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
]


@pytest.fixture(scope="module")
def guarded() -> Iterator[ThreadServer]:
    """A server that asks for a token."""
    access = Access(keys={"key": "the-canary-secret"}, token_attempts_per_second=1000)
    with embedded(settings=Settings(port=0, access=access)) as running:
        yield running


@pytest.fixture(scope="module")
def send() -> Iterator[Callable[..., urllib3.BaseHTTPResponse]]:
    pool = urllib3.PoolManager(maxsize=2, retries=False, timeout=20)
    yield pool.request
    pool.clear()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_no_operation_answers_to_another_site(
    server: ThreadServer, send: Callable[..., Any], method: str, headers: dict[str, str]
) -> None:
    """Whatever the method, also for reads: a poll is a read that claims a task."""
    answers = {
        path: send(method, server.base_url + path, headers=headers).status for path in PATHS if path.startswith("/api")
    }

    assert len(answers) > 100
    assert set(answers.values()) == {403}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("token", [None, "", "wrong", "Bearer x", "the-canary-secret"])
def test_no_operation_answers_without_a_token(
    guarded: ThreadServer, send: Callable[..., Any], method: str, token: str | None
) -> None:
    """Where keys are set, all but health needs a token; unknown paths say nothing either."""
    headers = {} if token is None else {"X-Authorization": token, "Authorization": token}
    paths = [*PATHS, "/metrics", "/api-docs", "/api/nope", "//api/version", "/API/workflow/x", "/api/./workflow/x"]
    answers = {
        path: send(method, guarded.base_url + path, headers=headers).status for path in paths if path not in OPEN
    }

    assert {path for path, status in answers.items() if status != 401} <= {"//api/version"}


def test_a_token_opens_what_it_should(guarded: ThreadServer, send: Callable[..., Any]) -> None:
    """The exchange that SDKs make: key and secret for a token, the token in X-Authorization."""
    answer = send("POST", f"{guarded.url}/token", json={"keyId": "key", "keySecret": "the-canary-secret"})
    token = answer.json()["token"]

    assert send("GET", f"{guarded.url}/version", headers={"X-Authorization": token}).data == b"3.32.3"
    assert send("GET", f"{guarded.url}/workflow/x", headers={"X-Authorization": token}).status == 404
    assert send("GET", f"{guarded.url}/workflow/x", headers={"X-Authorization": token[:-1]}).status == 401


def test_a_server_without_keys_has_no_tokens(server: ThreadServer, send: Callable[..., Any]) -> None:
    """As the open Conductor server: clients take the 404 for "no token needed"."""
    assert send("POST", f"{server.url}/token", json={"keyId": "a", "keySecret": "b"}).status == 404


def test_a_refusal_gives_nothing_away(guarded: ThreadServer, send: Callable[..., Any]) -> None:
    """Neither the secret nor what was sent comes back."""
    answer = send("POST", f"{guarded.url}/token", json={"keyId": "key", "keySecret": "my-own-canary"})

    assert answer.status == 401
    assert b"canary" not in answer.data
    assert answer.json()["error"] == "INVALID_KEY"
