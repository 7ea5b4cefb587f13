"""Retry delays, WAIT's times, cron expressions and schedules."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from conductor.engine.model import TaskDef
from conductor.engine.schedule import (
    MAX_SECONDS,
    Cron,
    InvalidCron,
    InvalidDuration,
    InvalidUntil,
    InvalidZone,
    next_run,
    next_runs,
    parse_duration,
    parse_until,
    parse_zone,
    retry_delay_seconds,
)

CRON = json.loads((Path(__file__).parents[2] / "corpora" / "cron.json").read_text())
NEW_YORK = ZoneInfo("America/New_York")
instants = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(
    lambda moment: int(moment.replace(tzinfo=timezone.utc).timestamp() * 1000)
)


def millis(text: str, zone: timezone | ZoneInfo = timezone.utc) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


@pytest.mark.parametrize(
    ("logic", "scale", "cap", "delays"),
    [
        ("FIXED", 5, 0, [2, 2, 2]),
        ("LINEAR_BACKOFF", 3, 0, [6, 12, 18]),
        ("EXPONENTIAL_BACKOFF", 9, 0, [2, 4, 8]),
        ("EXPONENTIAL_BACKOFF", 1, 5, [2, 4, 5]),
        ("FIXED", 1, 1, [1, 1, 1]),
        (None, 1, 0, [2, 2, 2]),
    ],
)
def test_the_retry_delay_follows_the_logic_and_its_cap(logic: str, scale: int, cap: int, delays: list[int]) -> None:
    """Linear grows by the scale factor, exponential doubles without it, the cap holds for all."""
    definition = TaskDef(
        retry_logic=logic, retry_delay_seconds=2, backoff_scale_factor=scale, max_retry_delay_seconds=cap
    )

    assert delays == [retry_delay_seconds(definition, count) for count in range(3)]


@given(
    st.sampled_from(["FIXED", "LINEAR_BACKOFF", "EXPONENTIAL_BACKOFF"]), st.integers(0, 10**6), st.integers(0, 10**6)
)
def test_a_retry_delay_never_exceeds_an_int(logic: str, delay: int, retry_count: int) -> None:
    """Delays that grow too long stop at Java's largest int."""
    definition = TaskDef(retry_logic=logic, retry_delay_seconds=delay, backoff_scale_factor=10**6)

    assert 0 <= retry_delay_seconds(definition, retry_count) <= MAX_SECONDS


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1 s", 1),
        ("5 seconds", 5),
        ("1 days 2h 30 mins 5s", 95405),
        ("1h30m", 5400),
        ("1 Day", 86400),
        ("2 hrs", 7200),
        ("\t1s\n", 1),
        ("", 0),
        ("30000 days", 30000 * 86400),
    ],
)
def test_a_duration_is_read_in_its_parts(text: str, seconds: int) -> None:
    """Days, hours, minutes, seconds in this order, each optional, in long and short words."""
    assert seconds == parse_duration(text)


@given(st.tuples(*[st.integers(0, 999)] * 4), st.sampled_from(["", " "]))
def test_a_duration_is_the_sum_of_its_parts(parts: tuple[int, ...], blank: str) -> None:
    """Any mixture of parts adds up."""
    days, hours, minutes, seconds = parts
    text = f"{days}d{blank}{hours}{blank}hours {minutes}m{blank}{seconds} secs"

    assert timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds).total_seconds() == parse_duration(text)


@pytest.mark.parametrize(
    "text", ["10", "30m 1h", "1.5s", "-1s", "1week", "1 d 1 d", "\u0661s", "1" * 5000 + "s", " " * 9999]
)
def test_what_is_no_duration_is_refused_in_the_servers_words(text: str) -> None:
    """The error names the text."""
    with pytest.raises(InvalidDuration, match="Not valid duration: "):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2030-01-02 03:04", "2030-01-02 03:04"),
        ("2030-01-02", "2030-01-02"),
        ("2030-1-2", "2030-01-02"),
        ("2030-01-02 03:04 GMT", "2030-01-02 03:04"),
        ("2030-01-02 03:04 pst", "2030-01-02 11:04"),
        ("2030-07-02 03:04 PDT", "2030-07-02 10:04"),
        ("2030-01-02 03:04 +0530", "2030-01-01 21:34"),
        ("2030-01-02 03:04 GMT+05:30", "2030-01-01 21:34"),
        ("2030-07-02 03:04 Europe/Berlin", "2030-07-02 01:04"),
        ("2030-13-02 03:04", "2031-01-02 03:04"),
        ("2030-02-30", "2030-03-02"),
        ("2030-01-02 25:70", "2030-01-03 02:10"),
        ("2030-00-00", "2029-11-30"),
        ("  2030-01-02  03:04", "2030-01-02 03:04"),
        ("0030-01-02", "0030-01-02"),
    ],
)
def test_a_date_to_wait_for_is_read_as_the_server_reads_it(text: str, moment: str) -> None:
    """Fields may run over, zones may be abbreviated."""
    assert millis(moment) == parse_until(text)


def test_a_date_without_a_zone_is_in_the_servers() -> None:
    """The zone of the process counts where the text names none."""
    assert millis("2030-01-02 08:04") == parse_until("2030-01-02 03:04", NEW_YORK)


def test_a_date_beyond_the_calendar_is_still_a_time() -> None:
    """Year 12030 is far away but no error."""
    assert parse_until("12030-01-02") > 315667803291 * 1000


@pytest.mark.parametrize(
    "text",
    ["xyz", "2030-01-02T03:04", "2030-01-02 03:04:05", "2030-01-02 ", "2030-01-02 03:04 XYZ", "", "1-1-1 1:1 +99"],
)
def test_what_is_no_date_is_refused_in_the_servers_words(text: str) -> None:
    """The error names the text."""
    with pytest.raises(InvalidUntil, match="Invalid/Unsupported Wait Until"):
        parse_until(text)


@pytest.mark.parametrize(("name", "hours"), [("UTC", 0), ("Z", 0), ("+05:30", 5.5), ("GMT-3", -3), ("Asia/Tokyo", 9)])
def test_a_zone_is_a_name_or_an_offset(name: str, hours: float) -> None:
    """Both forms of Java's zone ids are understood."""
    assert timedelta(hours=hours) == parse_zone(name).utcoffset(datetime(2030, 1, 1))


@pytest.mark.parametrize(
    "name", ["", "Nope/Zone", "../../etc/passwd", "/etc/passwd", "+99", "a" * 5000, "\0", "Europe"]
)
def test_an_unknown_zone_is_an_error_that_names_it(name: str) -> None:
    """Neither paths nor nonsense are zones."""
    with pytest.raises(InvalidZone, match="Unknown time-zone ID"):
        parse_zone(name)


@pytest.mark.parametrize(("expression", "times"), CRON["cases"], ids=[case[0] for case in CRON["cases"]])
def test_a_cron_expression_fires_when_it_does_on_the_real_server(expression: str, times: list[int] | None) -> None:
    """Recorded answers: the next five times, or a refusal."""
    if times is None:
        with pytest.raises(InvalidCron):
            Cron(expression)
    else:
        assert times == list(next_runs(Cron(expression), after=CRON["start"] - 1, limit=5))


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("0 30 2 * * *", "2027-03-14 00:00", ["2027-03-15T06:30"]),
        ("0 */30 * * * *", "2027-03-14 01:00", ["2027-03-14T06:30", "2027-03-14T07:00"]),
        ("0 30 1 * * *", "2027-11-07 00:00", ["2027-11-07T05:30", "2027-11-07T06:30", "2027-11-08T06:30"]),
        ("0 0 9 * * *", "2027-11-06 09:00", ["2027-11-07T14:00"]),
        ("0 5 0 * * *", "2027-11-07 00:05", ["2027-11-08T05:05"]),
    ],
)
def test_a_clock_change_skips_what_it_leaves_out_and_repeats_what_it_repeats(
    expression: str, after: str, expected: list[str]
) -> None:
    """Local fields decide, in the schedule's zone."""
    runs = next_runs(Cron(expression, NEW_YORK), after=millis(after, NEW_YORK), limit=len(expected))

    assert expected == [datetime.fromtimestamp(run / 1000, timezone.utc).isoformat()[:16] for run in runs]


fields = st.tuples(
    st.sampled_from(["0", "*/20", "59", "5,10"]),
    st.sampled_from(["0", "*", "*/7", "30"]),
    st.sampled_from(["*", "2", "1-3", "0,12", "23"]),
    st.sampled_from(["*", "10", "L", "15W", "?", "29-31"]),
    st.sampled_from(["*", "2", "MAR-APR", "10,11"]),
    st.sampled_from(["*", "MON", "5L", "7#1", "0-2", "?"]),
)
zones = st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"])


@given(fields, zones, instants)
def test_a_run_is_later_on_a_full_second_and_matches_its_own_expression(
    parts: tuple[str, ...], zone: str, after: int
) -> None:
    """The next time after just before a run is that run: nothing between is missed."""
    cron = Cron(" ".join(parts), ZoneInfo(zone))
    found = cron.next_after(after)

    assume(found is not None)
    assert found > after
    assert found % 1000 == 0
    assert found == cron.next_after(found - 1)
    assert found == cron.next_after((after + found) // 2)


@given(st.text("0123456789*/-,LW#? @hourlyMON", max_size=30))
def test_any_text_is_a_cron_expression_or_a_clear_refusal(text: str) -> None:
    """Nothing but InvalidCron comes out of a user's text."""
    with suppress(InvalidCron):
        Cron(text).next_after(0)


def test_a_schedule_runs_within_its_bounds_and_never_twice_for_one_time() -> None:
    """The next run is after now and after the last one, from the start (less the tolerance) to the end."""
    cron = Cron("0 0 * * * *")
    hour = 3_600_000

    assert 6 * hour == next_run(cron, now=5 * hour, last=None)
    assert 7 * hour == next_run(cron, now=5 * hour, last=6 * hour)
    assert 10 * hour == next_run(cron, now=5 * hour, last=None, start=10 * hour + 400)
    assert 11 * hour == next_run(cron, now=5 * hour, last=None, start=10 * hour + 600)
    assert next_run(cron, now=5 * hour, last=None, end=6 * hour - 1) is None


def test_catching_up_runs_each_missed_time_in_turn() -> None:
    """With catch-up the next run follows the last one, however late it is."""
    cron = Cron("0 0 * * * *")
    hour = 3_600_000

    assert 2 * hour == next_run(cron, now=50 * hour, last=hour, end=hour, catch_up=True)
    assert 51 * hour == next_run(cron, now=50 * hour, last=None, catch_up=True)
