"""Secrets out of what people read: the one place that knows which headers, keys and parts of a URL are secret."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

MASK = "***"
SECRET_HEADERS = frozenset(
    {"x-authorization", "authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"}
)
_USERINFO = re.compile(r"(?<=//)[^/?#\s]*@")


def redact_url(url: str) -> str:
    """The URL without user name and password."""
    return _USERINFO.sub(f"{MASK}@", url)


def redact_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers with the values of those that carry credentials masked."""
    return {name: MASK if name.lower() in SECRET_HEADERS else value for name, value in headers.items()}


def redact_secrets(text: str, secrets: Iterable[str | None]) -> str:
    """The text with every known secret masked, for answers of servers and proxies that echo what they were sent."""
    for secret in secrets:
        if secret and len(secret) > 3:  # masking "a" everywhere would garble the text and hide nothing
            text = text.replace(secret, MASK)
    return text
