"""What every operation has in common: error bodies, media types, limits on bodies, headers of answers."""

from __future__ import annotations

import gzip
import json
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from conductor.server.handlers.system import document
from conductor.server.settings import Settings
from conductor.testing.embedded import embedded

Call = Callable[..., Any]
LEFT_OUT = ("/api/agent", "/api/a2a", "/api/providers", "/context.js")


def operations() -> list[tuple[str, str]]:
    paths: dict[str, Any] = json.loads(document())["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


def test_an_unknown_path_gives_the_servers_error_body(client: Call) -> None:
    """Status, message, the machine's name and whether to try again; nothing else."""
    answer = client("GET", "/api/nope")

    assert answer.status == 404
    assert answer.headers["content-type"] == "application/json"
    assert answer.json == {
        "status": 404,
        "message": "No static resource api/nope.",
        "instance": socket.gethostname(),
        "retryable": False,
    }


def test_another_method_is_405(client: Call) -> None:
    """With the message of the real server, and the methods that there are."""
    answer = client("PUT", "/api/tasks/x")

    assert (answer.status, answer.json["message"]) == (405, "Request method 'PUT' is not supported")
    assert answer.headers["allow"] == "GET,OPTIONS"


@pytest.mark.parametrize(("method", "path"), [o for o in operations() if o[1].startswith(LEFT_OUT)])
def test_what_is_left_out_says_so(client: Call, method: str, path: str) -> None:
    """Agents and AI answer 501 with a sentence."""
    answer = client(method, path.replace("{", "").replace("}", ""))

    assert answer.status == 501
    assert "Agents and AI" in answer.json["message"]


def test_the_document_is_served(client: Call) -> None:
    """`/api-docs` is the document of the server whose API this is."""
    assert client("GET", "/api-docs").json["paths"].keys() == json.loads(document())["paths"].keys()


def test_health_and_version_are_those_of_the_server(client: Call) -> None:
    """What clients ask before anything else."""
    assert client("GET", "/health").json["healthy"] is True
    assert client("GET", "/api/health").json["healthy"] is True
    assert client("GET", "/api/version").body == b"3.32.3"
    assert client("GET", "/api/version").headers["content-type"] == "text/plain;charset=UTF-8"


BAD_REQUESTS: list[tuple[str, str, dict[str, Any], str]] = [
    ("POST", "/api/workflow", {"raw": b'{"name":', "content_type": "application/json"}, "JSON parse error"),
    ("POST", "/api/workflow", {"raw": b"", "content_type": "application/json"}, "Required request body is missing"),
    ("POST", "/api/workflow", {"raw": b"null", "content_type": "application/json"}, "Required request body is missing"),
    ("POST", "/api/workflow/x", {"body": [1]}, "JSON parse error"),
    ("POST", "/api/tasks", {"body": {"status": "NOT_A_STATUS"}}, "JSON parse error"),
    ("GET", "/api/tasks/poll/batch/x?count=many", {}, 'For input string: "many"'),
    ("GET", "/api/tasks/poll/batch/x?count=99999999999", {}, 'For input string: "99999999999"'),
    ("GET", "/api/tasks/queue/size", {}, "Required request parameter 'taskType'"),
    ("GET", "/api/workflow/x?includeTasks=maybe", {}, "Invalid boolean value [maybe]"),
    ("DELETE", "/api/metadata/workflow/x/latest", {}, 'For input string: "latest"'),
    ("POST", "/api/tasks/w/r/completed", {"body": {}}, "status"),
]


@pytest.mark.parametrize(("method", "path", "options", "message"), BAD_REQUESTS)
def test_a_request_that_cannot_be_read_is_a_400_that_says_why(
    client: Call, method: str, path: str, options: dict[str, Any], message: str
) -> None:
    """One error body, with the real server's message where it has one."""
    answer = client(method, path, **options)

    assert answer.status == 400
    assert message in answer.json["message"]
    assert answer.json["retryable"] is False


def test_the_real_servers_500_can_be_had() -> None:
    """A setting gives Conductor's own status for requests that cannot be read."""
    with embedded(settings=Settings(port=0, malformed_status=500)) as server:
        answer = socket.create_connection(("127.0.0.1", server.port))
        with answer:
            answer.sendall(b"GET /api/tasks/queue/size HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            assert answer.recv(100).startswith(b"HTTP/1.1 500")


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_a_body_that_a_form_could_send_is_refused(client: Call, media: str) -> None:
    """A browser asks before it sends JSON to another origin, and does not before it sends these."""
    answer = client("POST", "/api/workflow", raw=b"{}", content_type=media)

    assert answer.status == 415
    assert "is not supported" in answer.json["message"]


def test_json_media_types_with_parameters_are_taken(client: Call) -> None:
    """A charset changes nothing."""
    answer = client("POST", "/api/workflow/nope", raw=b"{}", content_type="application/json; charset=utf-8")

    assert answer.status == 404


def test_packed_bodies_are_refused(client: Call) -> None:
    """A few bytes cannot become gigabytes."""
    bomb = gzip.compress(b"\0" * 10_000_000)
    answer = client("POST", "/api/workflow", raw=bomb, content_type="application/json", content_encoding="gzip")

    assert answer.status == 415


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_above_the_limit_is_413(server: Any, chunked: bool) -> None:
    """Whether its size is announced or not."""
    head = b"POST /api/workflow HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        if chunked:
            connection.sendall(head + b"transfer-encoding: chunked\r\n\r\n")
            answer = _send_chunks(connection)
        else:
            connection.sendall(head + b"content-length: 12000000\r\n\r\n")
            answer = connection.recv(1000)

    assert answer.startswith(b"HTTP/1.1 413")


def _send_chunks(connection: socket.socket) -> bytes:
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    try:
        for _ in range(40):
            connection.sendall(chunk)
    except ConnectionError:
        pass
    return connection.recv(1000)


def test_deep_json_is_refused_in_no_time(client: Call) -> None:
    """100,000 levels are a 400."""
    started = time.monotonic()
    answer = client("POST", "/api/workflow", raw=b'{"a":' * 100_000, content_type="application/json")

    assert answer.status == 400
    assert time.monotonic() - started < 2


def test_every_answer_carries_the_security_headers(client: Call) -> None:
    """Answers and errors alike; none invites another origin in."""
    for path in ("/health", "/api/nope", "/api-docs", "/metrics"):
        headers = client("GET", path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert not [name for name in headers if name.startswith("access-control")]


def test_options_lists_the_methods_and_grants_nothing(client: Call) -> None:
    """A preflight gets no permission."""
    answer = client("OPTIONS", "/api/workflow/x", origin="http://evil.com")
    assert answer.status == 403

    answer = client("OPTIONS", "/api/workflow/x")
    assert (answer.status, answer.headers["allow"]) == (204, "GET,POST,DELETE,OPTIONS")


def test_head_never_changes_anything(client: Call) -> None:
    """HEAD of a poll would claim a task, so the API knows no HEAD; the rest does."""
    assert client("HEAD", "/health").status == 200
    assert client("HEAD", "/api/tasks/poll/x").status == 405


@pytest.mark.parametrize(
    "path", ["/..%2f..%2fetc/passwd", "/%2e%2e/etc/passwd", "/api/../health", "/api/\\..\\x", "/%00"]
)
def test_paths_do_not_climb(client: Call, raw: Callable[..., bytes], path: str) -> None:
    """There is nothing behind the routes to climb to."""
    answer = raw(b"GET " + path.encode() + b" HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")

    assert answer.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400"))


def test_metrics_are_prometheus_text_and_count_requests_by_route(client: Call) -> None:
    """Labels hold templates, never ids."""
    from prometheus_client.parser import text_string_to_metric_families

    client("GET", "/api/workflow/an-id-that-must-not-show")
    client("GET", '/api/tasks/poll/a"b%5Cc?workerid=w')
    text = client("GET", "/metrics").body.decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}

    assert "an-id-that-must-not-show" not in text
    routes = {sample.labels.get("uri") for sample in families["http_server_requests_seconds"].samples}
    assert "/api/workflow/{workflowId}" in routes
    assert {s.labels["taskType"] for s in families["task_poll"].samples} >= {'a"b\\c'}
