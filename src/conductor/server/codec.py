"""JSON bodies into values, with a bound on the depth. What is taken for a number or a string is the engine's to say."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TypeVar

import msgspec

from conductor.engine import wire
from conductor.server.errors import BadRequest

T = TypeVar("T")

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NOT_BRACKETS = bytes(c for c in range(256) if c not in b"[]{}")
#: An opening bracket counts +1, a closing one -1 (255 as a signed byte).
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")


def decode(body: bytes, kind: type[T], most_depth: int) -> T | None:
    """The value of a JSON body; None for `null`.

    Raises BadRequest, with the place where it can be told, when the body is malformed, of another shape, or nested
    deeper than ``most_depth``.
    """
    if body.count(b"[") + body.count(b"{") > most_depth and nesting(body, most_depth) > most_depth:
        raise BadRequest(f"JSON parse error: nested deeper than {most_depth} levels")
    try:
        return None if body.strip() == b"null" else wire.decode(body, kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError) as error:
        raise BadRequest(f"JSON parse error: {error}") from None


def nesting(body: bytes, enough: int) -> int:
    """How deep the brackets of a JSON text are nested; stops counting soon after ``enough``."""
    steps = _STRING.sub(b"", body).translate(_STEPS, _NOT_BRACKETS)
    depth = deepest = 0
    for start in range(0, len(steps), 1 << 16):
        levels = list(accumulate(memoryview(steps[start : start + (1 << 16)]).cast("b"), initial=depth))
        depth, deepest = levels[-1], max((deepest, *levels))
        if deepest > enough:
            break
    return deepest
