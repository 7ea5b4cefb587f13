"""What all events have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import partial

#: The time of an event.
utc_now = partial(datetime.now, timezone.utc)


@dataclass(frozen=True)
class ConductorEvent:
    """A fact. `timestamp` is when it was told, in UTC."""

    timestamp: datetime = field(default_factory=utc_now, kw_only=True)
