"""Bodies: what is not JSON, too deep or of the wrong shape is refused with a reason, quickly."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.engine.model import StartWorkflowRequest
from conductor.server.codec import decode, nesting
from conductor.server.errors import BadRequest

MALFORMED = [
    b"{", b"", b" ", b"{'a':1}", b'{"a":NaN}', b'{"a":Infinity}', b'{"a":1}x', b'\xef\xbb\xbf{"a":1}', b'{"a":"\xff"}',
    '{"a":1}'.encode("utf-16"), b'{"a":01}', b'{"a":"\\ud800"}', b'{"a":' + b"9" * 5000 + b"}", b'{"a":1e999}',
    b'{"a":"\x00"}', b'{"a":1,}', b"[1,2", b"nul", b'{"a" 1}',
]  # fmt: skip

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text('[]{}"\\a', max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('[]{}"\\k', max_size=4), inner, max_size=4),
    max_leaves=30,
)


def depth_of(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth_of, inner), default=0)


@given(values)
def test_nesting_is_counted_as_the_value_is_nested(value: Any) -> None:
    """Brackets inside strings do not count."""
    assert nesting(json.dumps(value).encode(), 1000) == depth_of(value)


@pytest.mark.parametrize("body", MALFORMED)
def test_malformed_json_is_a_bad_request(body: bytes) -> None:
    """Whatever is not JSON gives one error with a reason."""
    with pytest.raises(BadRequest, match="JSON parse error"):
        decode(body, dict, 200)


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000, b"[]" * 5_000_000])
def test_deep_or_bracket_ridden_json_is_refused_quickly(body: bytes) -> None:
    """A body that is only brackets costs little time and no stack."""
    started = time.monotonic()
    with pytest.raises(BadRequest):
        decode(body, list, 200)
    assert time.monotonic() - started < 5  # 0.02-0.3 s; the bound is for a machine under load


def test_json_as_deep_as_allowed_is_taken() -> None:
    """The bound itself is within bounds."""
    body = b"[" * 200 + b"]" * 200

    assert decode(body, list, 200) == json.loads(body)


def test_a_scalar_of_another_type_is_taken_as_conductor_takes_it() -> None:
    """A number where a string is wanted, and the reverse, are turned."""
    request = decode(b'{"name":5,"version":"3"}', StartWorkflowRequest, 200)

    assert request is not None
    assert (request.name, request.version) == ("5", 3)


def test_a_body_of_another_shape_names_the_place() -> None:
    """The error says which member has which type."""
    with pytest.raises(BadRequest, match=r"\$\.input"):
        decode(b'{"name":"w","input":[1]}', StartWorkflowRequest, 200)
