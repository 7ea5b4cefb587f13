"""Tokens: asked for with the access key, shared by all clients of a process, renewed by one thread at a time."""

from __future__ import annotations

import base64
import copy
import os
import random
import threading
import time
from typing import TYPE_CHECKING

import msgspec

from conductor.client.configuration.redact import redact_secrets
from conductor.client.http._codec import JSON, error_of
from conductor.client.http._port import Request, Response, Transport
from conductor.client.http.rest import AnswerError, ApiException

if TYPE_CHECKING:
    from conductor.client.configuration.configuration import Configuration

#: Part of a token's life after which it is replaced.
_RENEW_AFTER = 0.9


class _TokenAnswer(msgspec.Struct):
    token: str


class TokenSource:
    """The token for one server and one access key. A renewal that fails keeps the token that there is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._token: str | None = None
        self._renew_at = 0.0
        self._stamp = 0
        self._failures = 0
        self._quiet_until = 0.0
        self._error: ApiException | None = None
        self.is_open = False  # the server has no /token: it asks for no credentials

    def token(self, configuration: Configuration, transport: Transport) -> str | None:
        """A token that the server should take, or None from a server that has none to give."""
        self._adopt(configuration)
        if self.is_open or (self._token and time.monotonic() < self._renew_at):
            return self._token
        if not self._token:
            return self.refresh(None, configuration, transport)
        if self._lock.acquire(blocking=False):  # the others go on with the old one meanwhile
            try:
                self._fetch(configuration, transport)
            except ApiException:
                pass  # the old one serves until the server refuses it
            finally:
                self._lock.release()
        return self._token

    def refresh(self, rejected: str | None, configuration: Configuration, transport: Transport) -> str | None:
        """A token other than the one that the server rejected; one call to the server for all who wait.

        Raises:
            ApiException: there is none; said again without asking the server until the back-off has passed.
        """
        with self._lock:
            if self._token != rejected or (self.is_open and not rejected):
                return self._token
            self._token = None
            return self._fetch(configuration, transport)

    def reopen(self) -> None:
        """Ask for a token again: a server that needed none answered 401."""
        self.is_open = False

    def _adopt(self, configuration: Configuration) -> None:
        """Take the token that the configuration brought from another process or was given by the user."""
        if configuration.AUTH_TOKEN and configuration.token_update_time > self._stamp:
            age = time.time() - configuration.token_update_time / 1000
            self._keep(configuration.AUTH_TOKEN, configuration, age)
            self._stamp = configuration.token_update_time

    def _fetch(self, configuration: Configuration, transport: Transport) -> str | None:
        if self._error is not None and time.monotonic() < self._quiet_until:
            raise copy.copy(self._error)
        try:
            token = ask_for_token(configuration, transport)
        except ApiException as error:
            self._back_off(error)
            raise
        self._failures, self._error = 0, None
        self.is_open = token is None
        if token:
            self._keep(token, configuration)
            configuration.update_token(token)
            self._stamp = configuration.token_update_time
        return token

    def _keep(self, token: str, configuration: Configuration, age: float = 0.0) -> None:
        life = min(configuration.auth_token_ttl_msec / 1000, _jwt_lifetime(token) or float("inf"))
        self._renew_at = time.monotonic() + life * _RENEW_AFTER - max(age, 0.0)
        self._token = token

    def _back_off(self, error: ApiException) -> None:
        self._failures += 1
        longest = min(5.0, 0.1 * 2**self._failures) if error.transient else min(60.0, 2.0**self._failures)
        self._quiet_until = time.monotonic() + longest * random.uniform(0.5, 1.0)
        self._error = error


def ask_for_token(configuration: Configuration, transport: Transport) -> str | None:
    """``POST /token``: the token, or None where the server has no such route and so asks for no credentials."""
    settings = configuration.authentication_settings
    assert settings is not None
    url = f"{configuration.host}/token"
    body = msgspec.json.encode({"keyId": settings.key_id, "keySecret": settings.key_secret})
    timeout = (configuration.connect_timeout, configuration.read_timeout)
    response = transport.send(Request("POST", url, {"Content-Type": JSON, "Accept": JSON}, body, timeout))
    if response.status == 404:
        return None
    if not 200 <= response.status < 300:
        raise masked_error(response, "POST", url, configuration, None)
    try:
        return msgspec.json.decode(response.body, type=_TokenAnswer).token
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise AnswerError(
            response.status, response.reason, method="POST", url=url, message="the answer has no token in it"
        ) from None


def masked_error(
    response: Response, method: str, url: str, configuration: Configuration, token: str | None
) -> ApiException:
    """The error that an answer is, with our own secrets masked: servers and proxies echo what they were sent."""
    settings = configuration.authentication_settings
    keys = (settings.key_id, settings.key_secret) if settings else ()
    secrets = (token, configuration.basic_credentials, *keys)
    text = redact_secrets(response.body.decode("utf-8", "replace"), secrets)
    headers = {name: redact_secrets(value, secrets) for name, value in response.headers.items()}
    return error_of(Response(response.status, response.reason, headers, b""), method, url, text)


def _jwt_lifetime(token: str) -> float | None:
    """Seconds from issue to expiry that a JSON web token states; nothing is verified, that is the server's part."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = msgspec.json.decode(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)), type=dict)
        life = float(claims["exp"]) - float(claims.get("iat") or time.time())
    except (ValueError, TypeError, KeyError, msgspec.DecodeError):
        return None
    return life if life > 0 else None


_sources: dict[tuple[int, str, str | None, str | None], TokenSource] = {}


def token_source(configuration: Configuration) -> TokenSource | None:
    """The source that all clients of this process with this server and this access key share."""
    settings = configuration.authentication_settings
    if not settings:
        return None
    # The process id is in the key for the lock's sake: a thread of the parent may have held it at the fork.
    key = os.getpid(), configuration.host, settings.key_id, settings.key_secret
    source = _sources.get(key)
    return source if source is not None else _sources.setdefault(key, TokenSource())
