"""What a Configuration takes, refuses, shows and hides."""

from __future__ import annotations

import copy
import logging
import pickle

import pytest

from conductor.client.configuration import ConfigurationError
from conductor.client.configuration.configuration import Configuration
from conductor.client.configuration.settings.authentication_settings import AuthenticationSettings

VARIABLES = (
    "CONDUCTOR_SERVER_URL", "CONDUCTOR_UI_SERVER_URL", "CONDUCTOR_AUTH_KEY", "CONDUCTOR_AUTH_SECRET",
    "CONDUCTOR_LOG_LEVEL", "CONDUCTOR_REGISTER_SCHEMAS",
)  # fmt: skip
CANARY = "canary-f00d"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_without_arguments_it_is_the_local_server() -> None:
    """The default is a server on this machine."""
    assert Configuration().host == "http://localhost:8080/api"


@pytest.mark.parametrize(
    ("base_url", "host"),
    [
        ("localhost:8000/api", "http://localhost:8000/api"),
        ("localhost:8000", "http://localhost:8000/api"),
        ("http://localhost:8080", "http://localhost:8080/api"),
        ("http://localhost:8080/", "http://localhost:8080/api"),
        ("http://localhost:8080/api/", "http://localhost:8080/api"),
        ("HTTPS://Example.com/gate", "https://example.com/gate/api"),
        ("http://[::1]:8080", "http://[::1]:8080/api"),
        (" 10.0.0.1 ", "http://10.0.0.1/api"),
        ("http://bücher.example", "http://xn--bcher-kva.example/api"),
    ],
)
def test_a_base_url_is_completed(base_url: str, host: str) -> None:
    """Scheme and /api are added where they are missing, a trailing slash is dropped."""
    assert Configuration(base_url=base_url).host == host
    assert Configuration(base_url).host == host


def test_a_server_api_url_is_taken_as_it_is() -> None:
    """server_api_url wins over base_url and gets no /api."""
    configuration = Configuration("http://a", server_api_url="https://b.example/conductor/")
    assert configuration.host == "https://b.example/conductor"
    assert configuration.ui_host == "https://b.example/conductor"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "empty"),
        ("ftp://host", "scheme 'ftp'"),
        ("http://", "no host"),
        ("http://host:99999", "[Pp]ort"),
        ("http://host:0", "port is 0"),
        ("http://host:port", "[Pp]ort"),
        ("http://ho st", "white space"),
        ("http://host/api?x=1", "query"),
        ("http://host\r\nX: y/", "control character"),
        ("http://[::1", "IPv6"),
        ("http://exa$mple", "not a host name"),
    ],
)
def test_a_malformed_address_is_refused_at_construction(url: str, why: str) -> None:
    """The error names the setting, the value and what is wrong with it."""
    with pytest.raises(ConfigurationError, match=f"server_api_url.*{why}"):
        Configuration(server_api_url=url)


def test_the_environment_is_named_in_its_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bad value from the environment is blamed on its variable."""
    monkeypatch.setenv("CONDUCTOR_SERVER_URL", "htp://x")
    with pytest.raises(ConfigurationError, match="CONDUCTOR_SERVER_URL"):
        Configuration()
    monkeypatch.setenv("CONDUCTOR_SERVER_URL", "http://x:1/api")
    monkeypatch.setenv("CONDUCTOR_LOG_LEVEL", "LOUD")
    with pytest.raises(ConfigurationError, match="CONDUCTOR_LOG_LEVEL: 'LOUD'"):
        Configuration()
    monkeypatch.setenv("CONDUCTOR_LOG_LEVEL", "WARNING")
    monkeypatch.setenv("CONDUCTOR_REGISTER_SCHEMAS", "maybe")
    with pytest.raises(ConfigurationError, match="CONDUCTOR_REGISTER_SCHEMAS"):
        Configuration()
    monkeypatch.setenv("CONDUCTOR_REGISTER_SCHEMAS", "on")
    monkeypatch.setenv("CONDUCTOR_AUTH_KEY", "k")
    with pytest.raises(ConfigurationError, match="CONDUCTOR_AUTH_SECRET is not"):
        Configuration()


def test_everything_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Server, web page, key, level and schemas are read from the variables."""
    monkeypatch.setenv("CONDUCTOR_SERVER_URL", "https://c.example/api")
    monkeypatch.setenv("CONDUCTOR_UI_SERVER_URL", "https://ui.example")
    monkeypatch.setenv("CONDUCTOR_AUTH_KEY", "key")
    monkeypatch.setenv("CONDUCTOR_AUTH_SECRET", "secret")
    monkeypatch.setenv("CONDUCTOR_LOG_LEVEL", "error")
    monkeypatch.setenv("CONDUCTOR_REGISTER_SCHEMAS", "yes")
    configuration = Configuration()
    assert (configuration.host, configuration.ui_host) == ("https://c.example/api", "https://ui.example")
    assert configuration.authentication_settings == AuthenticationSettings("key", "secret")
    assert (configuration.log_level, configuration.register_schema) == (logging.ERROR, True)
    configuration.debug = True
    assert configuration.log_level == logging.DEBUG


def test_one_half_of_a_key_is_an_error() -> None:
    """A key without its secret is refused; neither of them means no authentication."""
    with pytest.raises(ConfigurationError, match="key_secret is not"):
        AuthenticationSettings(key_id="id")
    assert not AuthenticationSettings(None, None)


def test_secrets_are_in_no_repr_and_no_error() -> None:
    """Key, secret, token and the passwords in addresses are never shown."""
    settings = AuthenticationSettings(CANARY, CANARY)
    configuration = Configuration(
        f"https://user:{CANARY}@host", authentication_settings=settings, proxy=f"http://u:{CANARY}@proxy:1"
    )
    configuration.update_token(CANARY)
    with pytest.raises(ConfigurationError) as raised:
        Configuration(f"https://user:{CANARY}@host:99999999")
    for text in (repr(configuration), str(configuration), repr(settings), configuration.host, str(raised.value)):
        assert CANARY not in text
    assert configuration.basic_credentials == f"user:{CANARY}"


def test_it_reaches_other_processes() -> None:
    """A Configuration survives pickling and copying, its token included."""
    configuration = Configuration("https://u:p@h", authentication_settings=AuthenticationSettings("k", "s"))
    configuration.update_token("token")
    for other in (pickle.loads(pickle.dumps(configuration)), copy.deepcopy(configuration)):  # noqa: S301
        assert (other.host, other.AUTH_TOKEN, other.basic_credentials) == ("https://h/api", "token", "u:p")
        assert other.authentication_settings == configuration.authentication_settings


def test_a_connection_that_cannot_be_pickled_stays_behind_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    """Pickling does not fail on it; a function that makes the connection is kept."""

    class Session:
        request = None
        lock = (lambda: None,)

    assert pickle.loads(pickle.dumps(Configuration(http_connection=Session()))).http_connection is None  # noqa: S301
    assert "stays in this process" in caplog.text
    assert pickle.loads(pickle.dumps(Configuration(http_connection=dict))).http_connection is dict  # noqa: S301


@pytest.mark.parametrize("field", ["connect_timeout", "read_timeout", "pool_size", "auth_token_ttl_min"])
def test_numbers_out_of_range_are_refused(field: str) -> None:
    """Zero, negative numbers and text are errors that name the field."""
    for value in (0, -1, "10", True, float("nan")):
        with pytest.raises(ConfigurationError, match=field):
            Configuration(**{field: value})  # type: ignore[arg-type]


def test_logging_is_untouched_until_asked_for() -> None:
    """Neither a Configuration nor debug=True changes a level or a handler."""
    root = logging.getLogger()
    before = root.level, list(root.handlers), logging.getLogger("conductor").level
    Configuration(debug=True)
    assert (root.level, list(root.handlers), logging.getLogger("conductor").level) == before


def test_logging_is_set_up_when_asked_for() -> None:
    """apply_logging_config sets the level of the conductor logger and keeps the handlers that are there."""
    conductor, urllib3, root = (logging.getLogger(name) for name in ("conductor", "urllib3", None))
    before = conductor.level, urllib3.level, list(root.handlers)
    try:
        Configuration(debug=True).apply_logging_config()
        assert conductor.level == logging.DEBUG
        assert urllib3.level == logging.WARNING
        assert list(root.handlers) == before[2]
    finally:
        conductor.setLevel(before[0])
        urllib3.setLevel(before[1])
