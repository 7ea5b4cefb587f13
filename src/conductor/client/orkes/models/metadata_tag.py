"""A tag: a key and a value."""

from __future__ import annotations

from typing import Any

from conductor.client.http.models._base import Model


class MetadataTag(Model, kw_only=False, omit_defaults=False):
    """A tag on a definition."""

    key: str
    value: Any
    type: str = "METADATA"
