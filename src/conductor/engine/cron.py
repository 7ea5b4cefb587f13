"""Cron expressions of six fields, seconds first, as Spring (and so the server) reads them.

    second minute hour day-of-month month day-of-week

Differs from Unix cron, for which the common libraries are made: seconds come first; a day must match *both* day
fields; `L`, `LW`, `L-3`, `15W` in the day of month, `5L` and `5#2` in the day of week; 0 and 7 are Sunday.
A time matches if its local fields do: a time that a clock change leaves out is skipped, one that it repeats runs twice.
"""

from __future__ import annotations

import calendar
from bisect import bisect_left
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta, timezone, tzinfo

DayTest = Callable[[date], bool]

_MACROS = {
    "@yearly": "0 0 0 1 1 *",
    "@annually": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
#: Any day of a leap year falls on any weekday within 40 years.
_HORIZON_YEARS = 40
_SATURDAY, _SUNDAY = 6, 7


class InvalidCron(ValueError):
    """The text is no cron expression of six fields."""


class Cron:
    """A cron expression in a time zone.

    Raises:
        InvalidCron: the message names the field.
    """

    def __init__(self, expression: str, zone: tzinfo = timezone.utc) -> None:
        fields = _MACROS.get(expression.strip().lower(), expression).split()
        if len(fields) != 6:
            raise InvalidCron(f'Cron expression must consist of 6 fields (found {len(fields)} in "{expression}")')
        self.expression = expression
        self.zone = zone
        try:
            self._seconds = _numbers(fields[0], "second", 0, 59)
            self._minutes = _numbers(fields[1], "minute", 0, 59)
            self._hours = _numbers(fields[2], "hour", 0, 23)
            self._month_days = _day_tests(fields[3], _month_day)
            self._months = frozenset(_numbers(_ordinals(fields[4], _MONTHS), "month", 1, 12))
            self._week_days = _day_tests(_ordinals(fields[5], _DAYS), _week_day)
        except InvalidCron as error:
            raise InvalidCron(f'{error} in cron expression "{expression}"') from None

    def next_after(self, millis: int) -> int | None:
        """The first time after the given one, both in epoch milliseconds; None if there is none within 40 years."""
        try:
            cursor = datetime.fromtimestamp(millis // 1000 + 1, timezone.utc)
            found = self._next_instant(cursor)
        except (OverflowError, ValueError, OSError):  # past the calendar's last year
            return None
        return None if found is None else round(found.timestamp() * 1000)

    def _next_instant(self, cursor: datetime) -> datetime | None:
        """Search in stretches of constant offset to UTC: within one, local time is plain arithmetic."""
        while True:
            offset = self._offset(cursor)
            local = self._next_local(cursor.replace(tzinfo=None) + offset)
            if local is None:
                return None
            candidate = (local - offset).replace(tzinfo=timezone.utc)
            change = self._change(cursor, cursor + timedelta(days=1), offset)
            if change is None and self._offset(candidate) != offset:
                change = self._change(cursor, candidate, offset)
            if change is None or candidate < change:
                return candidate
            cursor = change

    def _offset(self, instant: datetime) -> timedelta:
        return instant.astimezone(self.zone).utcoffset() or timedelta()

    def _change(self, low: datetime, high: datetime, offset: timedelta) -> datetime | None:
        """The second at which the offset to UTC changes between two instants; None if it does not."""
        if self._offset(high) == offset:
            return None
        while high - low > timedelta(seconds=1):
            middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
            if self._offset(middle) == offset:
                low = middle
            else:
                high = middle
        return high

    def _next_local(self, start: datetime) -> datetime | None:
        day, last_year = start.date(), start.year + _HORIZON_YEARS
        seconds = start.hour * 3600 + start.minute * 60 + start.second
        while day.year <= last_year:
            if day.month not in self._months:
                day, seconds = date(day.year + day.month // 12, day.month % 12 + 1, 1), 0
                continue
            if self._month_days(day) and self._week_days(day):
                time = self._next_time(seconds)
                if time is not None:
                    return datetime(day.year, day.month, day.day) + timedelta(seconds=time)
            day, seconds = day + timedelta(days=1), 0
        return None

    def _next_time(self, start: int) -> int | None:
        """The first matching second of a day, not before the given one."""
        hour, minute, second = start // 3600, start // 60 % 60, start % 60
        for h in self._hours[bisect_left(self._hours, hour) :]:
            for m in self._minutes[bisect_left(self._minutes, minute) if h == hour else 0 :]:
                later = bisect_left(self._seconds, second) if (h, m) == (hour, minute) else 0
                if later < len(self._seconds):
                    return h * 3600 + m * 60 + self._seconds[later]
        return None


def _ordinals(text: str, names: Iterable[str]) -> str:
    text = text.upper()
    for number, name in enumerate(names, 1):
        text = text.replace(name, str(number))
    return text


def _numbers(text: str, what: str, low: int, high: int) -> tuple[int, ...]:
    """The values of a field: `*`, `a`, `a-b`, each with an optional `/step`, in a list."""
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step_text = part.partition("/")
        first, last = _span(span, what, low, high)
        if slash and "-" not in span:
            last = 7 if what == "day of week" else high
        step = _number(step_text, what, 1, 10**6) if slash else 1
        found.update(range(first, last + 1, step))
    return tuple(sorted(found))


def _span(text: str, what: str, low: int, high: int) -> tuple[int, int]:
    if text == "*":
        return (1 if what == "day of week" else low), high
    first_text, dash, last_text = text.partition("-")
    first = _number(first_text, what, low, high)
    if not dash:
        return first, first
    last = _number(last_text, what, low, high)
    if what == "day of week" and first == _SUNDAY:
        first = 0
    if first > last:
        raise InvalidCron(f"the {what} range '{text}' ends before it begins")
    return first, last


def _number(text: str, what: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        raise InvalidCron(f"the {what} '{text}' is no number")
    if not low <= int(text) <= high:
        raise InvalidCron(f"the {what} {text} is not between {low} and {high}")
    return int(text)


def _day_tests(text: str, parse: Callable[[str], DayTest]) -> DayTest:
    tests = [parse(part) for part in text.split(",")]
    return tests[0] if len(tests) == 1 else lambda day: any(test(day) for test in tests)


def _last_day(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _month_day(text: str) -> DayTest:
    if text == "L":
        return lambda day: day.day == _last_day(day)
    if text == "LW":
        return lambda day: day.day == _last_weekday(day)
    if text.startswith("L-"):
        offset = _number(text[2:], "day of month", 1, 30)
        return lambda day: day.day == _last_day(day) - offset
    if text.endswith("W"):
        wanted = _number(text[:-1], "day of month", 1, 31)
        return lambda day: wanted <= _last_day(day) and day.day == _nearest_weekday(day, wanted)
    days = frozenset(_numbers("*" if text == "?" else text, "day of month", 1, 31))
    return lambda day: day.day in days


def _last_weekday(day: date) -> int:
    last = _last_day(day)
    return last - max(day.replace(day=last).isoweekday() - 5, 0)


def _nearest_weekday(day: date, wanted: int) -> int:
    """The weekday nearest to a day of the month; a day too many, so none, where that is in the next month."""
    weekday = day.replace(day=wanted).isoweekday()
    if weekday == _SATURDAY:
        return wanted - 1 if wanted > 1 else 3
    return wanted + (weekday == _SUNDAY)


def _week_day(text: str) -> DayTest:
    if text.endswith("L"):
        last = _number(text[:-1], "day of week", 0, 7) or _SUNDAY
        return lambda day: day.isoweekday() == last and day.day + 7 > _last_day(day)
    if "#" in text:
        weekday_text, _, ordinal_text = text.partition("#")
        weekday = _number(weekday_text, "day of week", 0, 7) or _SUNDAY
        ordinal = _number(ordinal_text, "ordinal of the day of week", 1, 99)
        return lambda day: day.isoweekday() == weekday and (day.day - 1) // 7 + 1 == ordinal
    numbers = _numbers("*" if text == "?" else text, "day of week", 0, 7)
    days = frozenset(number or _SUNDAY for number in numbers)
    return lambda day: day.isoweekday() in days
