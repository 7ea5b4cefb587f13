"""Tokens: one call for all who need one, renewed in time, never shown."""

from __future__ import annotations

import base64
import itertools
import logging
import threading
import time
import traceback
from typing import Any

import msgspec
import pytest

from conductor.client.configuration.configuration import Configuration
from conductor.client.configuration.settings.authentication_settings import AuthenticationSettings
from conductor.client.http.api_client import ApiClient
from conductor.client.http.rest import ApiException, AuthorizationException, ServerError

KEY, SECRET = "canary-key", "canary-secret"


class Guarded:
    """A server that takes only its newest token."""

    def __init__(self, serve: Any, reply: Any, *, token: Any = None, token_status: int = 200) -> None:
        self._numbers, self._reply = itertools.count(1), reply
        self._make_token = token or (lambda number: f"canary-token-{number}")
        self.token_status, self.refusal, self.delay = token_status, "EXPIRED_TOKEN", 0.0
        self.valid: str | None = None
        self.server = serve(self._answer)

    def _answer(self, request: Any) -> bytes:
        if request.target == "/api/token":
            time.sleep(self.delay)
            if self.token_status != 200:
                return bytes(self._reply(self.token_status, {"message": f"no for {request.body.decode()}"}))
            self.valid = self._make_token(next(self._numbers))
            return bytes(self._reply(200, {"token": self.valid}))
        sent = request.headers.get("x-authorization")
        if self.valid is None or sent == self.valid:
            return bytes(self._reply(200, []))
        return bytes(self._reply(401, {"error": self.refusal, "message": f"not {sent}"}))

    @property
    def token_calls(self) -> int:
        return len(self.server.targets("/api/token"))

    def client(self, **settings: Any) -> ApiClient:
        authentication = AuthenticationSettings(KEY, SECRET)
        return ApiClient(
            Configuration(server_api_url=self.server.url, authentication_settings=authentication, **settings)
        )


@pytest.fixture
def guarded(serve: Any, reply: Any) -> Any:
    return lambda **options: Guarded(serve, reply, **options)


def in_threads(count: int, work: Any) -> list[BaseException]:
    """Run `work` in so many threads at once and give what it raised."""
    errors: list[BaseException] = []
    barrier = threading.Barrier(count)

    def run() -> None:
        barrier.wait()
        try:
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return errors


def test_many_clients_and_threads_take_one_token(guarded: Any) -> None:
    """Twenty threads, each with a client and a Configuration of its own, ask for a token once."""
    server = guarded()
    server.delay = 0.05
    assert in_threads(20, lambda: server.client().call("GET", "/x")) == []
    assert server.token_calls == 1
    assert server.server.targets("/api/token")[0].json() == {"keyId": KEY, "keySecret": SECRET}
    assert "x-authorization" not in server.server.targets("/api/token")[0].headers


@pytest.mark.parametrize("refusal", ["EXPIRED_TOKEN", "INVALID_TOKEN"])
def test_a_storm_of_expired_answers_takes_one_new_token(guarded: Any, refusal: str) -> None:
    """Twenty threads are told that their token has expired; one of them gets another, all succeed."""
    server = guarded()
    client = server.client()
    client.call("GET", "/x")
    server.valid, server.refusal, server.delay = "revoked", refusal, 0.05
    assert in_threads(20, lambda: client.call("POST", "/x", body={})) == []
    assert server.token_calls == 2


def test_another_refusal_is_not_answered_with_a_new_token(guarded: Any) -> None:
    """Where the key is not allowed to do something, a new token would not help."""
    server = guarded()
    client = server.client()
    client.call("GET", "/x")
    server.valid, server.refusal = "revoked", "FORBIDDEN"
    with pytest.raises(AuthorizationException) as raised:
        client.call("GET", "/x")
    assert (raised.value.error_code, server.token_calls) == ("FORBIDDEN", 1)


def test_a_server_without_tokens_is_open(guarded: Any) -> None:
    """404 for /token means that no credentials are needed; it is asked once."""
    server = guarded(token_status=404)
    for _ in range(3):
        server.client().call("GET", "/x")
    assert server.token_calls == 1
    server.token_status, server.valid = 200, "something"
    server.client().call("GET", "/x")
    assert server.token_calls == 2


def test_a_token_is_replaced_before_it_expires(guarded: Any) -> None:
    """A JSON web token is replaced when nine tenths of its life have passed; nobody is refused meanwhile."""

    def token(number: int) -> str:
        claims = msgspec.json.encode({"iat": 1000, "exp": 1001, "n": number})
        return f"e30.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.c2ln"

    server = guarded(token=token)
    client = server.client()
    deadline = time.monotonic() + 10
    while server.token_calls < 2:
        client.call("GET", "/x")
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert len(server.server.requests) > 4


def test_a_renewal_that_fails_keeps_the_old_token(guarded: Any) -> None:
    """As long as the server takes the old token, calls go on."""
    server = guarded()
    client = server.client(auth_token_ttl_min=0.001)
    client.call("GET", "/x")
    time.sleep(0.07)
    server.token_status = 500
    for _ in range(3):
        client.call("GET", "/x")
    assert server.token_calls == 2  # the back-off keeps the others from asking


def test_a_refused_key_backs_off(guarded: Any) -> None:
    """Fifty calls with a wrong key are fifty errors and one question."""
    server = guarded(token_status=401)
    client = server.client()
    for _ in range(50):
        with pytest.raises(AuthorizationException, match="/token: 401 "):
            client.call("GET", "/x")
    assert server.token_calls == 1


def test_a_server_in_trouble_is_not_a_wrong_key(guarded: Any) -> None:
    """A 500 for /token is transient, and over when the server is well again."""
    server = guarded(token_status=500)
    client = server.client()
    with pytest.raises(ServerError) as raised:
        client.call("GET", "/x")
    assert raised.value.transient
    server.token_status = 200
    deadline = time.monotonic() + 10
    while True:
        try:
            client.call("GET", "/x")
            break
        except ServerError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_token_travels_with_the_configuration(guarded: Any) -> None:
    """A token that another process got is used here until it is refused."""
    server = guarded()
    server.valid = "canary-brought"
    client = server.client()
    client.configuration.update_token("canary-brought")
    client.call("GET", "/x")
    assert server.token_calls == 0
    assert client.get_authentication_headers() == {"X-Authorization": "canary-brought"}
    assert client.force_refresh_auth_token()
    assert client.get_authentication_headers() == {"X-Authorization": "canary-token-1"}
    assert client.configuration.AUTH_TOKEN == "canary-token-1"


def test_a_password_in_the_address_is_sent_as_basic_authentication(serve: Any, client_of: Any) -> None:
    """user:password@host goes into the header and nowhere else."""
    server = serve()
    client_of(server.url.replace("//", "//me:canary%21@")).call("GET", "/x")
    assert base64.b64decode(server.requests[0].headers["authorization"].split()[1]) == b"me:canary!"


@pytest.mark.parametrize("token_status", [200, 401, 500])
def test_secrets_are_in_no_log_and_no_error(guarded: Any, caplog: pytest.LogCaptureFixture, token_status: int) -> None:
    """Key, secret and tokens are looked for in every log record, repr, traceback and error, also when echoed."""
    server = guarded(token_status=token_status)
    texts = []
    with caplog.at_level(1):
        client = server.client()
        for revoked in (False, True):
            if revoked:
                server.valid, server.refusal = "revoked", "FORBIDDEN"
            try:
                client.call("POST", "/x", body={"password": KEY.replace("key", "payload")})
            except ApiException as error:
                texts += [str(error), repr(error), error.body or "", error.message or "", str(error.headers)]
                texts += ["".join(traceback.format_exception(error))]
        texts += [repr(client), repr(client.configuration), repr(vars(client))]
    texts += [r.getMessage() + str(r.exc_text) for r in caplog.records if r.levelno >= logging.DEBUG]
    assert texts
    assert [text for text in texts if "canary" in text] == []
