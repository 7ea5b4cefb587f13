"""A permission that somebody has."""

from __future__ import annotations

import msgspec

from conductor.client.http.models.target_ref import TargetRef


class GrantedPermission(msgspec.Struct):
    """What may be done to a target."""

    target: TargetRef
    access: list[str]
