"""A prompt template with its variables."""

from __future__ import annotations

from typing import Any

import msgspec


class Prompt(msgspec.Struct):
    """The template's name and what its variables are."""

    name: str
    variables: dict[str, Any]
