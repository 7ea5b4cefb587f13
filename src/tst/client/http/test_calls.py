"""What goes over the wire for a call, and what comes back from it."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import pickle
import threading
import uuid
from typing import Any

import msgspec
import pytest

from conductor.client.http.api_client import ApiClient
from conductor.client.http.rest import (
    AnswerError,
    ApiException,
    AuthorizationException,
    ConflictError,
    NotFoundError,
    PayloadTooLargeError,
    RequestError,
    ServerError,
    SetupError,
    ThrottledError,
    UnreachableError,
)


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int
    y: int


class Numbers(msgspec.Struct, rename="camel"):
    first_number: int | None = None


def test_path_query_headers_and_body_arrive_as_given(serve: Any, client_of: Any, reply: Any) -> None:
    """Values are escaped, None is left out, lists are repeated, bools are lower case."""
    server = serve(reply(200, {"ok": True}))
    result = client_of(server).call(
        "POST",
        "/a/{id}/b",
        path_params={"id": "x/y z?"},
        query={"n": 1, "none": None, "list": ["a", "b&c"], "yes": True, "colour": Colour.RED},
        headers={"X-Own": "1"},
        body={"k": [1, None]},
        response_type=dict[str, bool],
    )
    request = server.requests[0]
    assert result == {"ok": True}
    assert request.target == "/api/a/x%2Fy%20z%3F/b?n=1&list=a&list=b%26c&yes=true&colour=red"
    assert (request.headers["x-own"], request.headers["content-type"]) == ("1", "application/json")
    assert request.headers["user-agent"].startswith("conductor-python/")
    assert request.json() == {"k": [1, None]}


@pytest.mark.parametrize("value", [None, "", ".", ".."])
def test_a_path_parameter_cannot_lead_elsewhere(serve: Any, client_of: Any, value: str | None) -> None:
    """An empty or dotted value would name another endpoint: refused, nothing is sent."""
    server = serve()
    with pytest.raises(ValueError, match="'workflowId'"):
        client_of(server).call("DELETE", "/workflow/{workflowId}", path_params={"workflowId": value})
    assert server.requests == []


def test_text_goes_raw_where_the_call_says_so(serve: Any, client_of: Any) -> None:
    """A text body is JSON by default, and itself under another content type."""
    server = serve()
    client = client_of(server)
    client.call("POST", "/x", body='say "hi"\n', headers={"Content-Type": "text/plain"})
    client.call("POST", "/x", body='say "hi"\n')
    client.call("POST", "/x", body={})
    client.call("POST", "/x", body=b"\x00\x01")
    assert [r.body for r in server.requests] == [b'say "hi"\n', b'"say \\"hi\\"\\n"', b"{}", b"\x00\x01"]
    assert [r.headers["content-type"] for r in server.requests] == [
        "text/plain", "application/json", "application/json", "application/octet-stream",
    ]  # fmt: skip


def test_what_users_put_into_bodies_is_written_as_json(serve: Any, client_of: Any) -> None:
    """Dataclasses, enums, dates, decimals, ids, sets and models of other kinds are understood."""

    class Model:
        attribute_map = {"task_id": "taskId", "gone": "gone"}
        task_id, gone = 7, None

    server = serve()
    client_of(server).call(
        "POST",
        "/x",
        body={
            "point": Point(1, 2), "colour": Colour.RED, "day": datetime.date(2026, 1, 2),
            "price": decimal.Decimal("1.10"),
            "id": uuid.UUID(int=1), "set": {1}, "model": Model(), "nan": float("nan"), 5: "key",
        },
    )  # fmt: skip
    assert server.requests[0].json() == {
        "point": {"x": 1, "y": 2}, "colour": "red", "day": "2026-01-02", "price": "1.10",
        "id": "00000000-0000-0000-0000-000000000001", "set": [1], "model": {"taskId": 7}, "nan": None, "5": "key",
    }  # fmt: skip


def test_what_has_no_json_is_an_error_that_names_its_type(serve: Any, client_of: Any) -> None:
    """Functions, modules and cycles are refused before anything is sent."""
    server = serve()
    client = client_of(server)
    with pytest.raises(TypeError, match="a module cannot be written as JSON"):
        client.call("POST", "/x", body={"a": threading})
    cycle: list[object] = []
    cycle.append(cycle)
    with pytest.raises(ValueError, match="contains itself"):
        client.call("POST", "/x", body=cycle)
    assert server.requests == []


def test_the_answer_is_what_the_call_promises(serve: Any, client_of: Any, reply: Any) -> None:
    """Nothing, text, JSON in text's clothes, bytes, or a decoded type; 204 is None."""
    answers: list[bytes] = [
        reply(200, "plain id"), reply(200, "plain id"), reply(200, b'"quoted id"'),
        reply(200, {"firstNumber": "3", "new": 1}),
        reply(204), reply(200, b"\xff"), reply(200, ""),
    ]  # fmt: skip
    server = serve(lambda _: answers.pop(0))
    call = client_of(server).call
    assert call("GET", "/x") is None
    assert call("GET", "/x", response_type=str) == "plain id"
    assert call("GET", "/x", response_type=str) == "quoted id"
    assert call("GET", "/x", response_type=Numbers) == Numbers(3)
    assert call("GET", "/x", response_type=Numbers) is None
    assert call("GET", "/x", response_type=bytes) == b"\xff"
    assert call("GET", "/x", response_type=str) == ""


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", "truncated"),
        (b"<html>sign in</html>", "web page"),
        (b'{"firstNumber": "many"}', r"\$.firstNumber"),
        (b'{"x":' + b"[" * 100_000, "nested too deeply"),
        (b'{"firstNumber": NaN}', "malformed"),
        (b"\xff\xfe{}", "malformed"),
    ],
)
def test_an_answer_of_another_kind_is_an_error_not_a_none(
    serve: Any, client_of: Any, reply: Any, body: bytes, why: str
) -> None:
    """What cannot be decoded says where and why, and is worth another try later."""
    with pytest.raises(AnswerError, match=f"GET .*200 Status: the answer is not what was expected.*{why}") as raised:
        client_of(serve(reply(200, body))).call("GET", "/x", response_type=Numbers)
    assert raised.value.transient


@pytest.mark.parametrize(
    ("status", "cls", "transient"),
    [
        (301, SetupError, False), (400, RequestError, False), (401, AuthorizationException, False),
        (403, AuthorizationException, False), (404, NotFoundError, False), (405, RequestError, False),
        (408, ServerError, True), (409, ConflictError, False), (413, PayloadTooLargeError, False),
        (429, ThrottledError, True), (500, ServerError, True), (501, RequestError, False), (503, ServerError, True),
    ],
)  # fmt: skip
def test_errors_are_sorted_by_what_the_caller_can_do(
    serve: Any, client_of: Any, reply: Any, status: int, cls: type[ApiException], transient: bool
) -> None:
    """Each status has one class, and every field of the answer is kept."""
    server = serve(reply(status, {"status": status, "message": "because\nof this"}, retry_after="99", x_y="z"))
    with pytest.raises(ApiException) as raised:
        client_of(server).call("PUT", "/x", query={"secret": "1"})
    error = raised.value
    assert type(error) is cls
    assert (error.status, error.code, error.reason, error.transient) == (status, status, "Status", transient)
    assert (error.method, error.url, error.headers["x-y"]) == ("PUT", f"{server.url}/x", "z")
    assert '"because' in (error.body or "")
    if status != 301:
        assert str(error) == f"PUT {server.url}/x: {status} Status: because of this"
    if isinstance(error, ThrottledError):
        assert error.retry_after == 99
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (type(again), str(again)) == (cls, str(error))


def test_validation_errors_are_read(serve: Any, client_of: Any, reply: Any) -> None:
    """Each of the server's validation errors is there with its path, and in the one line."""
    wrong = {"path": "registerTaskDef.arg0[0].name", "message": "name cannot be empty", "invalidValue": ""}
    server = serve(reply(400, {"message": "Validation failed", "validationErrors": [wrong]}))
    with pytest.raises(RequestError) as raised:
        client_of(server).call("POST", "/x", body=[])
    assert [e.path for e in raised.value.validation_errors] == [wrong["path"]]
    assert str(raised.value).endswith("Validation failed registerTaskDef.arg0[0].name: name cannot be empty")


@pytest.mark.parametrize(
    "body", [b"", b"<html>no</html>", b"null", b"[1]", b'"text"', b"{", b'{"validationErrors": [1]}']
)
def test_any_error_body_gives_one_readable_line(serve: Any, client_of: Any, reply: Any, body: bytes) -> None:
    """Whatever stands in an error's body, the error is about the status."""
    with pytest.raises(NotFoundError) as raised:
        client_of(serve(reply(404, body))).call("GET", "/x")
    assert "404" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "<" not in str(raised.value)


def test_an_unreachable_server_is_named_with_the_remedy(client_of: Any) -> None:
    """The line says which address, why, and where it is set."""
    with pytest.raises(
        UnreachableError,
        match=r"^cannot reach Conductor at http://localhost:1/api \(connection refused\); is the server running\?",
    ):
        client_of("localhost:1/api").call("POST", "/x")


def test_names_that_older_code_uses() -> None:
    """ApiException keeps its constructor, its aliases, and builds from a RESTResponse."""
    from conductor.client.http.rest import RESTClientObject, RestException, RESTResponse

    response = RESTResponse(404, "Not Found", '{"message": "gone"}', {"content-type": "application/json"})
    error = RestException(http_resp=response)
    assert (error.status, error.message, error.is_not_found()) == (404, "gone", True)
    assert (response.json(), response.getheader("Content-Type")) == ({"message": "gone"}, "application/json")
    assert ApiException(status=503).transient
    assert AuthorizationException(401, body='{"error": "EXPIRED_TOKEN"}').token_expired
    assert callable(RESTClientObject().GET)


def test_a_client_can_be_sent_to_another_process(serve: Any, client_of: Any) -> None:
    """A pickled client calls the same server."""
    client: ApiClient = pickle.loads(pickle.dumps(client_of(serve())))  # noqa: S301
    assert client.call("GET", "/x", response_type=list[int]) == []


def test_an_observer_is_told_the_template_and_not_the_ids(serve: Any, reply: Any) -> None:
    """Metrics of calls stay bounded: the path's template, the status, the time."""
    seen: list[tuple[str, str, str]] = []

    class Observer:
        def record_api_request_time(self, method: str, uri: str, status: str, time_spent: float) -> None:
            seen.append((method, uri, status))

    from conductor.client.configuration.configuration import Configuration

    server = serve(reply(404, {}))
    client = ApiClient(Configuration(server_api_url=server.url), metrics_collector=Observer())
    with pytest.raises(NotFoundError):
        client.call("GET", "/workflow/{workflowId}", path_params={"workflowId": "123"})
    assert seen == [("GET", "/workflow/{workflowId}", "404")]
