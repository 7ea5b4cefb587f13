"""Java's text of a JSON value, which Conductor pastes into interpolated strings and search summaries."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

#: Double.toString writes plain decimals in this range and `1.5E8` outside it.
_PLAIN_FROM, _PLAIN_BELOW = 1e-3, 1e7


def java_str(value: Any) -> str:
    """`Objects.toString` of a decoded JSON value: `null`, `true`, `1.0E8`, `[1, a]`, `{k=v}`."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _double(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join([f"{key}={java_str(item)}" for key, item in value.items()]) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join([java_str(item) for item in value]) + "]"
    return str(value)


def _double(value: float) -> str:
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value == 0 or _PLAIN_FROM <= abs(value) < _PLAIN_BELOW:
        return repr(value)
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    first, *rest = (str(digit) for digit in digits)
    return f"{'-' if sign else ''}{first}.{''.join(rest) or '0'}E{int(exponent) + len(rest)}"
