"""Time and identities, as they are when nobody injects others."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

#: counts on while the machine sleeps, where there is such a clock
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC) if hasattr(time, "CLOCK_MONOTONIC") else None


def _steady_ns() -> int:
    return time.clock_gettime_ns(_STEADY) if _STEADY is not None else time.monotonic_ns()


def system_clock() -> Callable[[], int]:
    """Epoch milliseconds that go on evenly from now, whatever becomes of the wall clock."""
    offset = time.time_ns() - _steady_ns()
    return lambda: (_steady_ns() + offset) // 1_000_000


def ordered_ids(now: Callable[[], int]) -> Callable[[], str]:
    """Makes UUIDs (version 7) that sort by age, so that a store appends them to its indices instead of scattering."""
    last, count, pool = 0, 0, b""

    def new_id() -> str:
        nonlocal last, count, pool
        moment = now()
        if moment > last:
            last, count = moment, 0
        else:
            count += 1
            if count > 0xFFF:
                last, count = last + 1, 0
        if not pool:
            pool = os.urandom(4096)
        tail, pool = pool[:8].hex(), pool[8:]
        head = f"{last:012x}"
        return f"{head[:8]}-{head[8:]}-7{count:03x}-{'89ab'[int(tail[0], 16) & 3]}{tail[1:4]}-{tail[4:]}"

    return new_id
