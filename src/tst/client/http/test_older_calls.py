"""Code written for older clients: call_api, type names, helpers, and the asyncio twin."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from conductor.client.http import async_rest, rest
from conductor.client.http.async_api_client import AsyncApiClient
from conductor.client.http.models import Task
from conductor.client.http.thread import AwaitableThread


def test_call_api_gives_data_status_and_headers(serve: Any, client_of: Any, reply: Any) -> None:
    """The three, or the data alone, or the raw answer, or something to get them from."""
    server = serve(reply(200, [{"taskId": "1"}], x_own="2"))
    call = client_of(server).call_api
    tasks, status, headers = call("/t/{id}", "GET", {"id": "a b"}, [("q", "1")], {"X": "y"}, response_type="list[Task]")
    assert (tasks, status, headers["x-own"]) == ([Task(task_id="1")], 200, "2")
    assert server.requests[0].target == "/api/t/a%20b?q=1"
    plain = {"response_type": "object", "_return_http_data_only": True}
    assert call("/t", "GET", **plain) == [{"taskId": "1"}]
    assert call("/t", "GET", async_req=True, **plain).get(5) == [{"taskId": "1"}]
    assert call("/t", "GET", _preload_content=False).json() == [{"taskId": "1"}]


def test_collections_in_queries_are_joined_as_asked(serve: Any, client_of: Any) -> None:
    """multi repeats the name, csv and the others join."""
    server = serve()
    params = {"a": [1, 2], "b": [1, 2], "c": [1, 2]}
    client_of(server).call_api(
        "/x", "GET", query_params=params, collection_formats={"a": "multi", "b": "csv", "c": "ssv"}
    )
    assert server.requests[0].target == "/api/x?a=1&a=2&b=1%2C2&c=1+2"


def test_text_forms_and_files_are_sent(serve: Any, client_of: Any, tmp_path: Path) -> None:
    """Text goes as it is, form fields are encoded, files go as multipart."""
    server = serve()
    client = client_of(server)
    (tmp_path / "a.txt").write_text("content")
    client.call_api("/x", "POST", body='{"a": 1}')
    client.call_api("/x", "POST", post_params={"k": "v w"})
    client.call_api("/x", "POST", files={"upload": str(tmp_path / "a.txt")})
    assert server.requests[0].json() == {"a": 1}
    assert server.requests[1].body == b"k=v+w"
    assert b'filename="a.txt"' in server.requests[2].body
    assert server.requests[2].headers["content-type"].startswith("multipart/form-data")


def test_a_download_stays_in_its_folder(serve: Any, client_of: Any, reply: Any, tmp_path: Path) -> None:
    """The bytes are kept as they came, under the server's name but never where that name leads."""
    content = bytes(range(256))
    server = serve(reply(200, content, content_disposition='attachment; filename="../../evil.bin"'))
    client = client_of(server)
    client.configuration.temp_folder_path = str(tmp_path)
    path = Path(client.call_api("/x", "GET", response_type="file", _return_http_data_only=True))
    assert path.read_bytes() == content
    assert (path.name, tmp_path in path.parents) == ("evil.bin", True)


def test_names_of_types_are_understood(client_of: Any) -> None:
    """Models, lists and dictionaries by name; an unknown one is an error that says so."""
    client = client_of("localhost:1")
    assert client.deserialize_class({"a": [{"taskId": "x"}]}, "dict(str, list[Task])") == {"a": [Task(task_id="x")]}
    assert client.deserialize_class("3", "int") == 3
    with pytest.raises(ValueError, match="there is no model of this name"):
        client.deserialize_class([], "list[Nothing]")


def test_helpers_do_what_they_did(client_of: Any) -> None:
    """Plain data, the Accept and Content-Type choices, credentials into headers."""
    client = client_of("localhost:1")
    assert client.sanitize_for_serialization({"t": Task(task_id="1"), "s": {1}}) == {"t": {"taskId": "1"}, "s": [1]}
    assert client.select_header_accept(["*/*", "Application/JSON"]) == "application/json"
    assert client.select_header_content_type(["text/plain"]) == "text/plain"
    client.configuration.update_token("token")
    headers: dict[str, str] = {}
    client.update_params_for_auth(headers, None, ["api_key"])
    assert headers == {"X-Authorization": "token"}


def test_requests_below_the_client_go_to_whole_urls(serve: Any, client_of: Any, reply: Any) -> None:
    """No credentials, the answer as a RESTResponse, an error as an ApiException."""
    server = serve(lambda r: reply(200 if "ok" in r.target else 500, r.method))
    client = client_of(server)
    client.configuration.update_token("token")
    answer = client.request("PUT", f"{server.url}/ok", query_params={"a": [1, 2]}, body={"x": 1}, metric_uri="/ok")
    assert (answer.status, answer.data, server.requests[0].target) == (200, "PUT", "/api/ok?a=1&a=2")
    assert "x-authorization" not in server.requests[0].headers
    for verb in ("GET", "HEAD", "OPTIONS", "DELETE", "POST", "PUT", "PATCH"):
        assert getattr(client.rest_client, verb)(f"{server.url}/ok").status == 200
    with pytest.raises(rest.ServerError):
        client.rest_client.GET(f"{server.url}/bad")


def test_the_asyncio_client_makes_the_same_calls(serve: Any, reply: Any) -> None:
    """Twenty calls at once, more than an event loop's own threads, and the same errors."""
    together = threading.Barrier(20)

    def script(request: Any) -> bytes:
        if request.target.endswith("/wait"):
            together.wait(10)
        return bytes(reply(404 if request.target.endswith("/gone") else 200, [1]))

    server = serve(script)

    async def run() -> None:
        from conductor.client.configuration.configuration import Configuration

        async with AsyncApiClient(Configuration(server_api_url=server.url)) as client:
            calls = [client.call("GET", "/wait", response_type=list[int]) for _ in range(20)]
            assert await asyncio.gather(*calls) == [[1]] * 20
            assert (await client.exchange("GET", "/x")).body == b"[1]"
            assert (await client.call_api("/x", "GET", response_type="list[int]"))[0] == [1]
            assert (await client.async_rest_client.GET(f"{server.url}/x")).json() == [1]
            assert await client.get_authentication_headers() == {}
            with pytest.raises(rest.NotFoundError):
                await client.call("GET", "/gone")

    asyncio.run(run())


def test_the_asyncio_errors_are_the_errors() -> None:
    """One tree, whichever client raised it."""
    assert async_rest.ApiException is rest.ApiException
    assert async_rest.AuthorizationException is rest.AuthorizationException


def test_a_call_in_a_thread_raises_where_its_answer_is_asked_for() -> None:
    """An error is not lost in the thread."""
    thread = AwaitableThread(target=int, args=("x",))
    with pytest.raises(ValueError, match="invalid literal"):
        thread.get()
    assert AwaitableThread(target=int, args=("3",), kwargs={"base": 8}).get() == 3
