"""`${workflow.secrets.NAME}`: stored as text, resolved only in copies that leave (a poll) or are consumed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from conductor.engine.expressions.java import java_str
from conductor.engine.expressions.jsonpath import read_json_text
from conductor.engine.expressions.substitution import SECRET_PREFIX

_MARK = "${" + SECRET_PREFIX
_SECRET = re.compile(r"\$\{workflow\.secrets\.([^}]+)\}")


def resolve_secrets(value: Any, secrets: Mapping[str, str]) -> Any:
    """A copy with every secret in it; the very same value where it names none.

    A string that is one expression becomes the secret (null if missing; a JSON part for `NAME.path`); inside longer
    text it becomes text (empty if missing).
    """
    if isinstance(value, str):
        return _resolve_text(value, secrets) if _MARK in value else value
    if isinstance(value, Mapping):
        resolved = {key: resolve_secrets(item, secrets) for key, item in value.items()}
        return value if all(resolved[key] is item for key, item in value.items()) else resolved
    if isinstance(value, (list, tuple)):
        items = [resolve_secrets(item, secrets) for item in value]
        return value if all(new is old for new, old in zip(items, value, strict=True)) else items
    return value


def _resolve_text(text: str, secrets: Mapping[str, str]) -> Any:
    whole = _SECRET.fullmatch(text)
    if whole:
        return read_json_text(secrets, whole[1])

    def paste(match: re.Match[str]) -> str:
        value = read_json_text(secrets, match[1])
        return "" if value is None else java_str(value)

    return _SECRET.sub(paste, text)
