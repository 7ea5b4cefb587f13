"""Who may ask: the Host header, where a browser's request comes from, and the token.

The API is open to any program of this machine, so a web page must not be able to speak to it: not by sending requests
of its own (CSRF; `GET /tasks/poll` claims a task, so every verb counts), and not by a name that it points at this
address (DNS rebinding; there the Host header is all that tells).
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
import socket
import time
from collections import deque
from collections.abc import Callable, Mapping

from conductor.server.errors import Refused
from conductor.server.settings import Access

Headers = Mapping[bytes, bytes]

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
#: Paths under /api that answer without a token: they show nothing and change nothing, and clients ask them first.
OPEN_PATHS = frozenset({"/health", "/api/health", "/api/token", "/api/version"})
#: Headers of which a second copy could make two readers see two different requests.
SINGLE_HEADERS = frozenset(
    {b"host", b"origin", b"content-type", b"content-length", b"content-encoding", b"x-authorization"}
)

_HOST = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::(?P<port>[0-9]{1,5}))?")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_MOST_TOKENS = 10_000


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine only."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def split_host(value: str) -> tuple[str, int | None] | None:
    """Name and port of a Host header; None when it is not one."""
    match = _HOST.fullmatch(value)
    if match is None:
        return None
    name = match["six"] or match["name"].lower().removesuffix(".")
    if match["six"]:
        try:
            name = str(ipaddress.IPv6Address(name))
        except ValueError:
            return None
    return name, int(match["port"]) if match["port"] else None


class Guard:
    """Turns away requests before any handler sees them. Made once; `check` is called for each request."""

    def __init__(self, access: Access, bound_host: str, tokens: Tokens | None):
        self._tokens = tokens
        self._names = LOOPBACK_NAMES | {name.lower() for name in access.host_names}
        # A page can make a name point anywhere, but it cannot make an address of numbers its own: those are safe to
        # take where the server is open to the network on purpose.
        self._numbers_are_safe = not is_loopback(bound_host)
        if self._numbers_are_safe:
            self._names |= {bound_host.lower(), socket.gethostname().lower()}
        self._known_hosts: set[bytes] = set()

    def check(self, headers: Headers, path: str) -> None:
        """Raises Refused: 400 or 403 for a foreign Host or origin, 401 without a valid token where one is asked for."""
        host = headers.get(b"host", b"")
        if host not in self._known_hosts:
            self._check_host(host)
        if path.startswith("/api"):
            self._check_origin(headers, host)
        if self._tokens is not None and path not in OPEN_PATHS:
            self._tokens.check(headers.get(b"x-authorization", b""))

    def _check_host(self, host: bytes) -> None:
        found = split_host(host.decode("latin-1"))
        if found is None:
            raise Refused(400, "The Host header is missing or malformed", headers=((b"connection", b"close"),))
        name = found[0]
        if name not in self._names and not (self._numbers_are_safe and _is_number(name)):
            raise Refused(
                403,
                f"This server does not answer to the host name '{name[:100]}'; "
                "start it with --allow-host to add a name",
            )
        if len(self._known_hosts) < 1000:
            self._known_hosts.add(host)

    @staticmethod
    def _check_origin(headers: Headers, host: bytes) -> None:
        site = headers.get(b"sec-fetch-site")
        if site is not None and site != b"same-origin":
            raise Refused(403, "The API does not answer to other web pages (Sec-Fetch-Site)")
        origin = headers.get(b"origin")
        if origin is not None and not _same_origin(origin.decode("latin-1"), host.decode("latin-1")):
            raise Refused(403, "The API does not answer to other web pages (Origin)")


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _same_origin(origin: str, host: str) -> bool:
    # The scheme is not compared: a proxy in front may speak https, and no other program can own this host and port.
    scheme, separator, rest = origin.partition("://")
    mine, theirs = split_host(host), split_host(rest)
    if not separator or scheme not in _DEFAULT_PORTS or mine is None or theirs is None:
        return False
    port = _DEFAULT_PORTS[scheme]
    return mine[0] == theirs[0] and (mine[1] or port) == (theirs[1] or port)


class Tokens:
    """Tokens for those who know a key and its secret. They live in memory: a restart revokes them all."""

    def __init__(self, access: Access, clock: Callable[[], float] = time.monotonic):
        self._access = access
        self._clock = clock
        self._expiry: dict[bytes, float] = {}
        self._attempts: deque[float] = deque(maxlen=max(1, int(access.token_attempts_per_second)))

    def issue(self, key_id: str, key_secret: str) -> str:
        """A new token; Refused with 401 for a wrong key or secret, with 429 when asked too often."""
        now = self._clock()
        if len(self._attempts) == self._attempts.maxlen and now - self._attempts[0] < 1.0:
            raise Refused(429, "Too many token requests", headers=((b"retry-after", b"1"),), retryable=True)
        self._attempts.append(now)
        expected = self._access.keys.get(key_id)
        right = hmac.compare_digest((expected or secrets.token_hex(16)).encode(), key_secret.encode())
        if expected is None or not right:
            raise Refused(401, "Invalid key id or secret", code="INVALID_KEY")
        self._forget_expired(now)
        token = secrets.token_urlsafe(32)
        self._expiry[_digest(token.encode())] = now + self._access.token_seconds
        return token

    def check(self, token: bytes) -> None:
        """Raises Refused with 401 and the code that clients renew their token on."""
        # The look-up is by digest, so its time tells nothing about a token that is valid.
        expiry = self._expiry.get(_digest(token)) if token else None
        if expiry is None:
            message = (
                "Invalid token" if token else "A token is required: POST /api/token, then the X-Authorization header"
            )
            raise Refused(401, message, code="INVALID_TOKEN")
        if expiry <= self._clock():
            raise Refused(401, "The token has expired", code="EXPIRED_TOKEN")

    def _forget_expired(self, now: float) -> None:
        # An expired token is remembered for one more lifetime, so that its owner is told that it expired.
        if len(self._expiry) >= _MOST_TOKENS:
            kept = [(digest, expiry) for digest, expiry in self._expiry.items() if expiry > now]
            self._expiry = dict(kept[-_MOST_TOKENS // 2 :])


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()
