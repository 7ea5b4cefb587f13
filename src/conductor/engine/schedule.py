"""Times that definitions speak of: retry delays, WAIT's durations and dates, time zones, the next run of a schedule."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from conductor.engine.cron import Cron, InvalidCron
from conductor.engine.model import TaskDef

__all__ = [
    "Cron",
    "InvalidCron",
    "InvalidDuration",
    "InvalidUntil",
    "InvalidZone",
    "next_run",
    "next_runs",
    "parse_duration",
    "parse_until",
    "parse_zone",
    "retry_delay_seconds",
]

#: Java's largest int: what the server's delays overflow to.
MAX_SECONDS = 2**31 - 1
#: A run may be found due this much before its schedule's start.
START_TOLERANCE_MS = 500
_400_YEARS = 146_097


class InvalidDuration(ValueError):
    """The text is no duration of days, hours, minutes and seconds."""


class InvalidUntil(ValueError):
    """The text is no date that a WAIT can wait for."""


class InvalidZone(ValueError):
    """There is no such time zone."""


def retry_delay_seconds(definition: TaskDef, retry_count: int) -> int:
    """How long to wait before the next attempt, in seconds, without jitter.

    Args:
        definition: retryLogic, retryDelaySeconds, backoffScaleFactor (LINEAR_BACKOFF alone heeds it) and
            maxRetryDelaySeconds (0: no cap) are read.
        retry_count: of the attempt that failed; 0 for the first one.
    """
    delay = definition.retry_delay_seconds
    if definition.retry_logic == "LINEAR_BACKOFF":
        delay = delay * definition.backoff_scale_factor * (retry_count + 1)
    elif definition.retry_logic == "EXPONENTIAL_BACKOFF":
        delay = delay << min(retry_count, 64)
    delay = min(delay, MAX_SECONDS)
    cap = definition.max_retry_delay_seconds
    return min(delay, cap) if cap > 0 else delay


_DURATION = re.compile(
    r"\s*(?:([0-9]{1,10})\s*(?:days?|d))?"
    r"\s*(?:([0-9]{1,10})\s*(?:hours?|hrs?|h))?"
    r"\s*(?:([0-9]{1,10})\s*(?:minutes?|mins?|m))?"
    r"\s*(?:([0-9]{1,10})\s*(?:seconds?|secs?|s))?\s*",
    re.IGNORECASE | re.ASCII,
)


def parse_duration(text: str) -> int:
    """Seconds of `1 days 2h 30 mins 5s`; each part is optional, their order is not.

    Raises:
        InvalidDuration: the message is the server's.
    """
    match = _DURATION.fullmatch(text) if len(text) <= 200 else None
    if not match:
        raise InvalidDuration(f"Not valid duration: {text}")
    days, hours, minutes, seconds = parts = [int(part or 0) for part in match.groups()]
    if max(parts) > MAX_SECONDS:
        raise InvalidDuration(f"Not valid duration: {text}")
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


_UNTIL = re.compile(
    r"\s*([0-9]{1,6})-\s*([0-9]{1,4})-\s*([0-9]{1,4})(?:\s+([0-9]{1,6}):\s*([0-9]{1,6})(?: (\S.*))?)?", re.ASCII
)


def parse_until(text: str, zone: tzinfo = timezone.utc) -> int:
    """The time of `2026-12-31`, `2026-12-31 23:59` or `2026-12-31 23:59 CET`, in epoch milliseconds.

    As on the server, fields run over (the 13th month is January) and zones are abbreviations, `GMT+05:30` or `+0530`;
    names such as `Europe/Berlin` are understood as well.

    Args:
        zone: of dates that name none.

    Raises:
        InvalidUntil: the message is the server's.
    """
    match = _UNTIL.fullmatch(text)
    if not match:
        raise InvalidUntil(f"Invalid/Unsupported Wait Until format.  Provided: {text}")
    year, month, day, hour, minute = (int(part or 0) for part in match.groups()[:5])
    try:
        zone = _until_zone(match[6]) if match[6] else zone
    except InvalidZone:
        raise InvalidUntil(f"Invalid/Unsupported Wait Until format.  Provided: {text}") from None
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    era, year = divmod(year - 2000, 400)  # datetime ends in 9999; 400 years are a whole number of weeks
    local = datetime.combine(date(2000 + year, month, 1), datetime.min.time(), zone)
    local += timedelta(days=day - 1, hours=hour, minutes=minute)
    return round(local.timestamp() * 1000) + era * _400_YEARS * 86_400_000


# Abbreviations that the server knows, with their offsets in hours; where several zones share one, the server's choice.
_ABBREVIATIONS = {
    "UTC": 0, "GMT": 0, "UT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MET": 1, "EET": 2, "EEST": 3,
    "IST": 2, "MSK": 3, "JST": 9, "KST": 9, "HKT": 8, "AWST": 8, "ACST": 9.5, "AEST": 10, "AEDT": 11, "NZST": 12,
    "NZDT": 13, "AST": -4, "ADT": -3, "NST": -3.5, "ET": -5, "EST": -5, "EDT": -4, "CT": -6, "CST": -6, "CDT": -5,
    "MT": -7, "MST": -7, "MDT": -6, "PT": -8, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10,
    "PACIFIC STANDARD TIME": -8, "MOUNTAIN STANDARD TIME": -7, "CENTRAL STANDARD TIME": -6,
    "EASTERN STANDARD TIME": -5, "COORDINATED UNIVERSAL TIME": 0, "GREENWICH MEAN TIME": 0,
    "CENTRAL EUROPEAN STANDARD TIME": 1,
}  # fmt: skip
_OFFSET = re.compile(r"(?:UTC|GMT|UT|Z)?(?:([+-])([0-9]{1,2})(?::?([0-5][0-9]))?)?", re.ASCII)


def _until_zone(name: str) -> tzinfo:
    hours = _ABBREVIATIONS.get(name.upper())
    if hours is not None:
        return timezone(timedelta(hours=hours))
    return parse_zone(name)


@lru_cache(maxsize=256)
def parse_zone(name: str) -> tzinfo:
    """A time zone by its name (`Europe/Berlin`) or offset (`UTC`, `Z`, `+05:30`, `GMT+2`).

    Raises:
        InvalidZone: there is no such zone.
    """
    match = _OFFSET.fullmatch(name) if name else None
    if match:
        offset = timedelta(hours=int(match[2] or 0), minutes=int(match[3] or 0))
        if offset < timedelta(hours=18, minutes=1):
            return timezone(-offset if match[1] == "-" else offset)
    try:
        return ZoneInfo(name)
    except (OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError
        pass
    except KeyError:
        pass
    raise InvalidZone(f"Unknown time-zone ID: {name}")


def next_run(
    cron: Cron, *, now: int, last: int | None, start: int | None = None, end: int | None = None, catch_up: bool = False
) -> int | None:
    """When a schedule runs next; None: never again. All times are epoch milliseconds.

    Args:
        last: the time that the last run was scheduled for.
        start, end: the schedule's bounds.
        catch_up: run what was missed as well, one after another, wherever the bounds lie.
    """
    if catch_up and last is not None:
        return cron.next_after(last)
    after = now if last is None else max(now, last)
    if start is not None:
        after = max(after, start - START_TOLERANCE_MS)
    found = cron.next_after(after)
    return None if found is None or (end is not None and found > end) else found


def next_runs(cron: Cron, *, after: int, limit: int, end: int | None = None) -> Iterator[int]:
    """The next runs after a time, at most `limit`, none after `end`; epoch milliseconds."""
    found = cron.next_after(after)
    while found is not None and limit > 0 and (end is None or found <= end):
        yield found
        limit -= 1
        found = cron.next_after(found)
