"""Whether an access key may be used."""

from __future__ import annotations

from enum import Enum


class AccessKeyStatus(str, Enum):
    """An access key's status."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
