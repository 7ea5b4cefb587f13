"""Access: hosts, origins and tokens, without a socket."""

from __future__ import annotations

import pytest

from conductor.server.errors import Refused
from conductor.server.http_server import StartError, check_access
from conductor.server.security import Guard, Tokens
from conductor.server.settings import Access, Settings

LOCAL = Guard(Access(host_names=frozenset({"conductor.test"})), "127.0.0.1", None)
PUBLIC = Guard(Access(), "0.0.0.0", None)
POLL = "/api/tasks/poll/x"


def status_of(guard: Guard, headers: dict[bytes, bytes], path: str = POLL) -> int:
    try:
        guard.check(headers, path)
    except Refused as refused:
        return refused.status
    return 200


@pytest.mark.parametrize(
    "host", [b"localhost", b"localhost:8080", b"127.0.0.1:1", b"[::1]:8080", b"LOCALHOST.", b"conductor.test:80"]
)
def test_the_servers_own_names_are_answered(host: bytes) -> None:
    """Loopback names with any port, and names that were allowed."""
    assert status_of(LOCAL, {b"host": host}) == 200


@pytest.mark.parametrize(
    "host", [b"evil.com", b"localhost.evil.com", b"127.0.0.1.evil.com", b"192.168.0.1", b"[::2]", b"localhost@evil.com"]
)
def test_any_other_host_is_refused(host: bytes) -> None:
    """A name that was made to point here is not ours, whatever it looks like."""
    assert status_of(LOCAL, {b"host": host}) in (400, 403)


@pytest.mark.parametrize(
    "host", [b"", b"a b", b"[::1", b"localhost:", b"localhost:99999999", b"a,b", b"http://localhost"]
)
def test_a_malformed_host_is_a_bad_request(host: bytes) -> None:
    """What is no host and port is not guessed at."""
    assert status_of(LOCAL, {b"host": host}) == 400


def test_a_server_open_to_the_network_answers_to_addresses_but_not_to_foreign_names() -> None:
    """A page can rebind a name, not a number."""
    assert status_of(PUBLIC, {b"host": b"10.1.2.3:8080"}) == 200
    assert status_of(PUBLIC, {b"host": b"evil.com"}) == 403


@pytest.mark.parametrize("path", [POLL, "/api/workflow", "/api/version", "/api"])
@pytest.mark.parametrize(
    "headers",
    [
        {b"sec-fetch-site": b"cross-site"},
        {b"sec-fetch-site": b"same-site"},
        {b"sec-fetch-site": b"none"},
        {b"sec-fetch-site": b"anything"},
        {b"origin": b"null"},
        {b"origin": b"http://evil.com"},
        {b"origin": b"http://localhost:9999"},
        {b"origin": b"file://"},
        {b"origin": b"http://evil.com", b"sec-fetch-site": b"same-origin"},
    ],
)
def test_other_web_pages_are_refused_under_api(headers: dict[bytes, bytes], path: str) -> None:
    """By what the browser says of the request, for every path; reading counts too, since a poll claims a task."""
    assert status_of(LOCAL, {b"host": b"localhost:8080", **headers}, path) == 403


def test_the_servers_own_page_and_programs_are_answered() -> None:
    """A page of this server, and a client that sends none of a browser's headers."""
    own = {b"host": b"localhost:8080", b"origin": b"http://localhost:8080", b"sec-fetch-site": b"same-origin"}

    assert status_of(LOCAL, own) == 200
    assert status_of(LOCAL, {b"host": b"localhost:8080"}) == 200


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> Tokens:
    return Tokens(Access(keys={"id": "secret"}, token_seconds=60), clock)


def test_a_key_and_its_secret_give_a_token_that_opens_the_api(tokens: Tokens) -> None:
    """The token is checked wherever it is not said otherwise."""
    token = tokens.issue("id", "secret").encode()
    guard = Guard(Access(), "127.0.0.1", tokens)

    assert status_of(guard, {b"host": b"localhost", b"x-authorization": token}) == 200
    assert status_of(guard, {b"host": b"localhost"}) == 401
    assert status_of(guard, {b"host": b"localhost", b"x-authorization": token + b"x"}) == 401
    assert status_of(guard, {b"host": b"localhost"}, "/health") == 200
    assert status_of(guard, {b"host": b"localhost"}, "/metrics") == 401


@pytest.mark.parametrize(("key", "secret"), [("id", "wrong"), ("other", "secret"), ("", ""), ("id", "sécret")])
def test_a_wrong_key_or_secret_gives_no_token(tokens: Tokens, key: str, secret: str) -> None:
    """The answer does not say which of the two was wrong."""
    with pytest.raises(Refused, match="Invalid key id or secret"):
        tokens.issue(key, secret)


def test_an_expired_token_says_that_it_expired(tokens: Tokens, clock: Clock) -> None:
    """Clients renew their token on that code."""
    token = tokens.issue("id", "secret").encode()
    clock.now += 61

    with pytest.raises(Refused) as refused:
        tokens.check(token)
    assert refused.value.code == "EXPIRED_TOKEN"


def test_secrets_cannot_be_guessed_by_trying_fast(tokens: Tokens, clock: Clock) -> None:
    """Five tries a second are answered, the sixth has to wait."""
    for _ in range(5):
        with pytest.raises(Refused, match="Invalid"):
            tokens.issue("id", "wrong")
    with pytest.raises(Refused) as refused:
        tokens.issue("id", "secret")
    assert refused.value.status == 429

    clock.now += 1
    assert tokens.issue("id", "secret")


def test_an_address_that_others_reach_needs_keys_or_a_word() -> None:
    """Binding to the network without protection must be said out loud."""
    open_to_all = Settings(host="0.0.0.0")

    with pytest.raises(StartError, match="--insecure"):
        check_access(open_to_all)
    check_access(open_to_all, insecure=True)
    check_access(Settings(host="0.0.0.0", access=Access(keys={"id": "secret"})))
    check_access(Settings(host="127.0.0.1"))
