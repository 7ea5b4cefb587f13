"""Java's text of JSON values."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.engine.expressions import java_str


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (10, "10"),
        (1.0, "1.0"),
        (1.5, "1.5"),
        (-0.0, "-0.0"),
        (0.001, "0.001"),
        (0.0001, "1.0E-4"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (-123456789.25, "-1.2345678925E8"),
        (100000000.5, "1.000000005E8"),
        (1.7976931348623157e308, "1.7976931348623157E308"),
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
        ("a", "a"),
        ([1, None, True, 1.5], "[1, null, true, 1.5]"),
        ({"k": "v", "l": [{"n": 1}]}, "{k=v, l=[{n=1}]}"),
        ({}, "{}"),
        ([], "[]"),
    ],
)
def test_a_value_is_written_as_java_writes_it(value: object, text: str) -> None:
    """Numbers, constants and containers look like Objects.toString of their Java twins."""
    assert text == java_str(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_reads_back_as_itself(value: float) -> None:
    """The text of a double has a fraction, no superfluous digits, and is the same number."""
    text = java_str(value)

    assert float(text) == value
    assert "." in text
    assert Decimal(text.replace("E", "e")) == Decimal(repr(value))
