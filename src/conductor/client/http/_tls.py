"""TLS and proxies, from settings to what any transport of ours connects with."""

from __future__ import annotations

import logging
import os
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from conductor.client.configuration._url import parse_server_url
from conductor.client.configuration.errors import ConfigurationError

if TYPE_CHECKING:
    from conductor.client.configuration.configuration import Configuration

logger = logging.getLogger(__name__)
_warned: set[str] = set()


class TransportSettings(msgspec.Struct, frozen=True):
    """The part of a Configuration that connections depend on; clients with equal ones share connections."""

    verify_ssl: bool = True
    ssl_ca_cert: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    assert_hostname: str | bool | None = None
    proxy: str | None = None
    pool_size: int = 100
    max_response_bytes: int = 64 * 1024 * 1024

    @classmethod
    def of(cls, configuration: Configuration) -> TransportSettings:
        """The settings as they are now."""
        return cls(**{field: getattr(configuration, field) for field in cls.__struct_fields__})

    def __repr__(self) -> str:
        return "TransportSettings(...)"  # a proxy's address may carry a password


def make_ssl_context(settings: TransportSettings) -> ssl.SSLContext:
    """A context that verifies against `ssl_ca_cert`, else SSL_CERT_FILE and SSL_CERT_DIR, else certifi's certificates.

    Raises:
        ConfigurationError: a file is missing or is no certificate or key.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.verify_ssl:
        context.check_hostname = settings.assert_hostname is None
        _load_authorities(context, settings)
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        _warn_once("TLS certificates are not verified (verify_ssl=False): anyone on the way can read and change calls")
    if settings.cert_file:
        _load("cert_file", settings.cert_file, lambda: _load_client_certificate(context, settings))
    elif settings.key_file:
        raise ConfigurationError("Configuration.key_file is given but cert_file is not")
    return context


def _load_authorities(context: ssl.SSLContext, settings: TransportSettings) -> None:
    if authorities := settings.ssl_ca_cert:
        _load("ssl_ca_cert", authorities, lambda: context.load_verify_locations(cafile=authorities))
        return
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file or folder:
        _load(
            "SSL_CERT_FILE", file or folder or "", lambda: context.load_verify_locations(file or None, folder or None)
        )
        return
    import certifi

    context.load_verify_locations(cafile=certifi.where())


def _load_client_certificate(context: ssl.SSLContext, settings: TransportSettings) -> None:
    if settings.key_file and not os.path.exists(settings.key_file):
        raise ConfigurationError(f"Configuration.key_file: no such file: {settings.key_file!r}")
    # Without a password function a protected key would make OpenSSL ask on the terminal, and a worker hang there.
    context.load_cert_chain(settings.cert_file or "", settings.key_file, password=_no_password)


def _no_password() -> str:
    raise ConfigurationError("Configuration.key_file: the key is protected by a password; give one that is not")


def _load(field: str, path: str, load: object) -> None:
    assert callable(load)
    try:
        load()
    except FileNotFoundError:
        raise ConfigurationError(f"Configuration.{field}: no such file: {path!r}") from None
    except (ssl.SSLError, OSError) as error:
        raise ConfigurationError(
            f"Configuration.{field}: cannot use {path!r}: {getattr(error, 'reason', None) or error.strerror or error};"
            " expected a PEM file"
        ) from None


def _warn_once(message: str) -> None:
    if message not in _warned:
        _warned.add(message)
        logger.warning(message)


def proxy_for(url: str, settings: TransportSettings) -> str | None:
    """The proxy for an address: the one that is set, else the environment's, minus what NO_PROXY lists."""
    if settings.proxy:
        return _checked_proxy(settings.proxy, "Configuration.proxy")
    # The variables alone: asking the system for its settings is not safe after a fork on macOS.
    from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

    proxies = getproxies_environment()
    parts = urlsplit(url)
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or proxy_bypass_environment(parts.netloc.rpartition("@")[2], proxies):
        return None
    if _in_network(parts.hostname or "", proxies.get("no", "")):
        return None
    return _checked_proxy(proxy, f"{parts.scheme.upper()}_PROXY")


def _checked_proxy(proxy: str, source: str) -> str:
    if proxy.lower().startswith("socks"):
        raise ConfigurationError(f"{source}: SOCKS proxies are not supported; expected http://host:port")
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    parse_server_url(proxy, source)
    return proxy


def _in_network(host: str, no_proxy: str) -> bool:
    from ipaddress import ip_address, ip_network

    try:
        address = ip_address(host)
    except ValueError:
        return False
    for entry in no_proxy.split(","):
        try:
            if "/" in entry and address in ip_network(entry.strip(), strict=False):
                return True
        except ValueError:
            continue
    return False
