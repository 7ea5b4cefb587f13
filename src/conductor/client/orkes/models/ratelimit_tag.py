"""A rate limit, which Orkes servers keep as a tag."""

from __future__ import annotations

from typing import Any

from conductor.client.http.models._base import Model


class RateLimitTag(Model, kw_only=False, omit_defaults=False):
    """At most `value` executions at once of what `key` names."""

    key: str
    value: Any
    type: str = "RATE_LIMIT"
