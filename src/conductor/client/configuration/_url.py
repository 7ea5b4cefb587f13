"""The address of a server as people write it, made whole or refused with a reason."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from conductor.client.configuration.errors import ConfigurationError
from conductor.client.configuration.redact import redact_url

_HOST_NAME = re.compile(r"[A-Za-z0-9._~-]+|[0-9A-Fa-f:.]+(%[A-Za-z0-9._~-]+)?")


class ServerUrl(NamedTuple):
    """An address without credentials and without a trailing slash, and the credentials it was written with."""

    address: str
    credentials: str | None


def parse_server_url(value: object, source: str) -> ServerUrl:
    """Complete ``localhost:8080/api`` to ``http://localhost:8080/api``; `source` names the setting in errors."""

    def wrong(why: str) -> ConfigurationError:
        return ConfigurationError(
            f"{source}: {redact_url(str(value))!r} is not the address of a server: {why};"
            " expected something like http://localhost:8080/api"
        )

    if not isinstance(value, str) or not value.strip():
        raise wrong("it is empty" if isinstance(value, str) else f"it is a {type(value).__name__}")
    text = value.strip() if "://" in value else f"http://{value.strip()}"
    if re.search(r"[\s\x00-\x1f\x7f\\]", text):
        raise wrong("it contains white space, a backslash or a control character")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise wrong(str(error)) from None
    if parts.scheme.lower() not in ("http", "https"):
        raise wrong(f"the scheme {parts.scheme!r} is not http or https")
    if not host:
        raise wrong("it names no host")
    if port == 0:
        raise wrong("the port is 0")
    if parts.query or parts.fragment:
        raise wrong("it has a query or a fragment")
    name = _ascii_host(host)
    if name is None:
        raise wrong(f"{host!r} is not a host name")
    netloc = (f"[{name}]" if ":" in name else name) + (f":{port}" if port else "")
    userinfo = parts.netloc.rpartition("@")[0]
    address = f"{parts.scheme.lower()}://{netloc}{parts.path.rstrip('/')}"
    return ServerUrl(address, unquote(userinfo) if userinfo else None)


def _ascii_host(host: str) -> str | None:
    try:
        name = host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError:
        return None
    return name if _HOST_NAME.fullmatch(name) else None
