"""What holds for every value that a call may carry."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.client.configuration import ConfigurationError
from conductor.client.configuration._url import parse_server_url
from conductor.client.configuration.configuration import Configuration
from conductor.client.configuration.redact import redact_url
from conductor.client.http._codec import decode_body, encode_json, error_of
from conductor.client.http._port import Request, Response
from conductor.client.http.api_client import ApiClient
from conductor.client.http.rest import AnswerError, ApiException

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)


class Recorder:
    """Answers nothing in particular and keeps what it was asked."""

    def __init__(self) -> None:
        self.last: Request | None = None

    def send(self, request: Request) -> Response:
        self.last = request
        return Response(200, "OK", {}, b"")


@given(JSON)
def test_a_value_comes_back_as_it_was_sent(value: Any) -> None:
    """JSON written is JSON read."""
    response = Response(200, "OK", {"content-type": "application/json"}, encode_json(value))
    assert decode_body(response, object, "GET", "/x") == value


@given(st.binary(max_size=200), st.sampled_from([list[int], dict[str, Any], int, object]))
def test_any_bytes_are_decoded_or_refused(body: bytes, expected: Any) -> None:
    """An answer is what the call promises, or an AnswerError; empty is None."""
    try:
        result = decode_body(Response(200, "OK", {}, body), expected, "GET", "/x")
    except AnswerError:
        return
    assert (result is None) == (not body or body.strip() == b"null")


@given(st.integers(100, 999), st.binary(max_size=300), st.dictionaries(st.just("retry-after"), TEXT))
def test_any_answer_outside_2xx_is_one_error_on_one_line(status: int, body: bytes, headers: dict[str, str]) -> None:
    """Whatever a server or a proxy says, there is an error with its status, and its text is one line."""
    error = error_of(Response(status, "Reason", headers, body), "GET", "http://h/x", body.decode("utf-8", "replace"))
    assert isinstance(error, ApiException)
    assert error.status == status
    assert len(str(error).splitlines()) == 1


@given(TEXT.filter(lambda t: t not in ("", ".", "..")), st.dictionaries(TEXT, TEXT | st.lists(TEXT) | st.none()))
def test_paths_and_queries_carry_any_text(name: str, query: dict[str, Any]) -> None:
    """A path parameter is one segment, and the query has every pair, however they look."""
    recorder = Recorder()
    client = ApiClient(Configuration("http://h"), transport=recorder)
    client.call("GET", "/a/{name}/b", path_params={"name": name}, query=query)
    assert recorder.last is not None
    path, _, sent = recorder.last.url.partition("?")
    segments = path.removeprefix("http://h/api/").split("/")
    assert [unquote(segment) for segment in segments] == ["a", name, "b"]
    lists = {key: value if isinstance(value, list) else [value] for key, value in query.items() if value is not None}
    expected = [(key, item) for key, items in lists.items() for item in items]
    assert parse_qsl(sent, keep_blank_values=True) == expected


@given(TEXT)
def test_any_address_is_whole_or_refused(text: str) -> None:
    """What is accepted has a scheme, a host, and no credentials, spaces or trailing slash."""
    try:
        url = parse_server_url(text, "x")
    except ConfigurationError:
        return
    assert url.address.startswith(("http://", "https://"))
    assert parse_server_url(url.address, "x").address == url.address
    assert redact_url(url.address) == url.address


@pytest.mark.parametrize("status", [100, 199, 299, 399, 499, 599, 999])
def test_unusual_statuses_have_a_class(status: int) -> None:
    """Nothing falls through."""
    assert str(error_of(Response(status, "", {}, b""), "GET", "/x", "")).startswith(f"GET /x: {status}")
