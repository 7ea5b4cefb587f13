"""What a server does with a workflow that takes too long."""

from __future__ import annotations

from enum import Enum


class TimeoutPolicy(str, Enum):
    """`TIME_OUT_WORKFLOW` ends it as TIMED_OUT; `ALERT_ONLY` only logs."""

    TIME_OUT_WORKFLOW = "TIME_OUT_WF"
    ALERT_ONLY = "ALERT_ONLY"
