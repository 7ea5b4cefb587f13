"""The settings of a client: which server, which credentials, how to connect."""

from __future__ import annotations

import logging
import os
import time
from typing import Any, Final

from conductor.client.configuration._url import parse_server_url
from conductor.client.configuration.errors import ConfigurationError
from conductor.client.configuration.log import DEFAULT_FORMAT, configure_logging, parse_level
from conductor.client.configuration.redact import redact_url
from conductor.client.configuration.settings.authentication_settings import AuthenticationSettings

DEFAULT_HOST: Final = "http://localhost:8080/api"
_TRUE, _FALSE = frozenset({"true", "1", "yes", "on"}), frozenset({"false", "0", "no", "off", ""})

logger = logging.getLogger(__name__)


class Configuration:
    """Settings shared by everything that talks to one Conductor server. It never opens a socket and can be pickled.

    Args:
        base_url: the server, with or without ``/api`` and scheme: ``localhost:8080``, ``http://localhost:8080/api``.
        debug: log at DEBUG level once logging is set up.
        authentication_settings: access key; default from CONDUCTOR_AUTH_KEY and CONDUCTOR_AUTH_SECRET.
        server_api_url: the whole address of the API, taken as it is; default from CONDUCTOR_SERVER_URL.
        auth_token_ttl_min: minutes after which a token is replaced.
        register_schema: register JSON schemas of workers; default from CONDUCTOR_REGISTER_SCHEMAS.
        log_level: name or number; default from CONDUCTOR_LOG_LEVEL, else INFO.
        verify_ssl: verify the server's certificate.
        ssl_ca_cert: file of certificates to trust, in place of certifi's (or of SSL_CERT_FILE).
        cert_file, key_file: the client's certificate and its key, where the server asks for one.
        assert_hostname: name that the server's certificate must have; False: don't check; None: the host's.
        proxy: address of a proxy; default from HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY.
        connect_timeout: seconds to wait for a connection.
        read_timeout: seconds for a whole answer, from the request sent to its last byte.
        pool_size: connections kept and open at once, shared by all clients with the same settings.
        max_response_bytes: size above which an answer is refused, after decompression.
        http_connection: a ``urllib3.PoolManager``, ``requests.Session``, ``httpx.Client`` or `Transport` to use in
            place of the SDK's pool, or a function that makes one (which also reaches worker processes).

    Raises:
        ConfigurationError: a malformed setting, also one from the environment.
    """

    AUTH_TOKEN: str | None = None
    token_update_time = 0  # epoch milliseconds
    logger_format = DEFAULT_FORMAT
    temp_folder_path: str | None = None
    safe_chars_for_path_param = ""

    def __init__(
        self,
        base_url: str | None = None,
        debug: bool = False,
        authentication_settings: AuthenticationSettings | None = None,
        server_api_url: str | None = None,
        auth_token_ttl_min: float = 45,
        register_schema: bool | None = None,
        log_level: int | str | None = None,
        *,
        verify_ssl: bool = True,
        ssl_ca_cert: str | None = None,
        cert_file: str | None = None,
        key_file: str | None = None,
        assert_hostname: str | bool | None = None,
        proxy: str | None = None,
        connect_timeout: float = 10.0,
        read_timeout: float = 120.0,
        pool_size: int = 100,
        max_response_bytes: int = 64 * 1024 * 1024,
        http_connection: Any = None,
    ) -> None:
        self._set_host(*_choose_host(base_url, server_api_url))
        self.authentication_settings = authentication_settings or _authentication_from_environment()
        self.auth_token_ttl_msec = _positive("auth_token_ttl_min", auth_token_ttl_min) * 60_000
        self.register_schema = _flag("CONDUCTOR_REGISTER_SCHEMAS") if register_schema is None else register_schema
        self._log_level = _choose_level(log_level)
        self.debug = debug
        self.verify_ssl = verify_ssl
        self.ssl_ca_cert = ssl_ca_cert
        self.cert_file = cert_file
        self.key_file = key_file
        self.assert_hostname = assert_hostname
        self.proxy = proxy
        self.connect_timeout = _positive("connect_timeout", connect_timeout)
        self.read_timeout = _positive("read_timeout", read_timeout)
        self.pool_size = int(_positive("pool_size", pool_size))
        self.max_response_bytes = int(_positive("max_response_bytes", max_response_bytes))
        self.http_connection = http_connection

    @property
    def host(self) -> str:
        """The whole address of the API, without credentials and without a trailing slash."""
        return self._host

    @host.setter
    def host(self, value: str) -> None:
        self._set_host(value, "Configuration.host")

    def _set_host(self, value: str, source: str) -> None:
        self._host, self._basic_credentials = parse_server_url(value, source)

    @property
    def basic_credentials(self) -> str | None:
        """``user:password`` of the server's address, sent as HTTP basic authentication."""
        return self._basic_credentials

    @property
    def ui_host(self) -> str:
        """Address of the web page: CONDUCTOR_UI_SERVER_URL, else the API's without ``/api``."""
        if url := os.environ.get("CONDUCTOR_UI_SERVER_URL"):
            return parse_server_url(url, "CONDUCTOR_UI_SERVER_URL").address
        return self._host.removesuffix("/api")

    @property
    def debug(self) -> bool:
        """Whether DEBUG is the level that `apply_logging_config` sets."""
        return self._debug

    @debug.setter
    def debug(self, value: bool) -> None:
        self._debug = bool(value)

    @property
    def log_level(self) -> int:
        """The level that `apply_logging_config` sets."""
        return logging.DEBUG if self._debug else self._log_level

    @property
    def is_logger_debug_enabled(self) -> bool:
        """Whether debug messages are wanted."""
        return self.log_level <= logging.DEBUG

    def apply_logging_config(self, log_format: str | None = None, level: int | str | None = None) -> None:
        """Set up logging for a program that has none; nothing in the SDK calls this."""
        configure_logging(self.log_level if level is None else level, log_format or self.logger_format)

    @staticmethod
    def get_logging_formatted_name(name: str) -> str:
        """The name with the process id before it."""
        return f"[{os.getpid()}] {name}"

    def update_token(self, token: str | None) -> None:
        """Keep a token; it is sent until it is refused or `auth_token_ttl_min` has passed."""
        self.AUTH_TOKEN = token
        self.token_update_time = round(time.time() * 1000)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        if (connection := state["http_connection"]) is not None and not _is_factory(connection):
            logger.warning(
                "Configuration.http_connection (%s) stays in this process: other processes use the SDK's own pool;"
                " give a function that makes the connection to have it everywhere",
                type(connection).__name__,
            )
            state["http_connection"] = None
        return state

    def __repr__(self) -> str:
        shown = {
            "host": self.host,
            "authentication": bool(self.authentication_settings),
            "verify_ssl": self.verify_ssl,
            "ssl_ca_cert": self.ssl_ca_cert,
            "cert_file": self.cert_file,
            "proxy": self.proxy and redact_url(self.proxy),
            "debug": self.debug,
        }
        return f"Configuration({', '.join(f'{name}={value!r}' for name, value in shown.items())})"


def _is_factory(connection: Any) -> bool:
    return callable(connection) and not hasattr(connection, "request") and not hasattr(connection, "send")


def _choose_host(base_url: str | None, server_api_url: str | None) -> tuple[str, str]:
    if server_api_url is not None:
        return server_api_url, "server_api_url"
    if base_url is not None:
        text = base_url.strip().rstrip("/") if isinstance(base_url, str) else base_url
        return (f"{text}/api" if text and not str(text).endswith("/api") else text), "base_url"
    if url := os.environ.get("CONDUCTOR_SERVER_URL"):
        return url, "CONDUCTOR_SERVER_URL"
    return DEFAULT_HOST, "default"


def _authentication_from_environment() -> AuthenticationSettings | None:
    key, secret = os.environ.get("CONDUCTOR_AUTH_KEY"), os.environ.get("CONDUCTOR_AUTH_SECRET")
    if bool(key) != bool(secret):
        given, missing = ("KEY", "SECRET") if key else ("SECRET", "KEY")
        raise ConfigurationError(f"environment: CONDUCTOR_AUTH_{given} is set but CONDUCTOR_AUTH_{missing} is not")
    return AuthenticationSettings(key, secret) if key else None


def _choose_level(level: int | str | None) -> int:
    if level is not None:
        return parse_level(level, "log_level")
    return parse_level(os.environ.get("CONDUCTOR_LOG_LEVEL") or logging.INFO, "CONDUCTOR_LOG_LEVEL")


def _flag(variable: str) -> bool:
    text = os.environ.get(variable, "").strip().lower()
    if text not in _TRUE | _FALSE:
        raise ConfigurationError(f"{variable}: {text!r} is not a yes or no; expected true or false")
    return text in _TRUE


def _positive(field: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise ConfigurationError(f"Configuration.{field}: expected a number above 0, got {value!r}")
    return value
