"""What the methods of the API classes send, and what they make of the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from conductor.client.http import models
from conductor.client.http._port import Response
from conductor.client.http.api import (
    AsyncTaskResourceApi,
    HealthCheckResourceApi,
    MetadataResourceApi,
    SecretResourceApi,
    TaskResourceApi,
    UserResourceApi,
    WorkflowResourceApi,
)
from conductor.client.http.api._base import OrkesOnlyError
from conductor.client.http.api_client import ApiClient
from conductor.client.http.rest import AnswerError, NotFoundError, RESTResponse

Serve = Callable[..., Any]
ClientOf = Callable[..., ApiClient]


def test_a_query_says_only_what_was_given(serve: Serve, client_of: ClientOf, reply: Callable[..., bytes]) -> None:
    """What was not given is left to the server's defaults."""
    server = serve(reply(200, [{"taskId": "1"}, {"taskId": "2"}]))
    tasks = TaskResourceApi(client_of(server)).batch_poll("pay", workerid="me", count=2)
    assert [task.task_id for task in tasks] == ["1", "2"]
    assert server.requests[0].target == "/api/tasks/poll/batch/pay?workerid=me&count=2"


def test_a_result_is_sent_as_json_and_the_text_answer_comes_back(
    serve: Serve, client_of: ClientOf, reply: Callable[..., bytes]
) -> None:
    """A null inside the output is kept, fields that were not set are left out."""
    server = serve(reply(200, "8290dd7e"))
    result = models.TaskResult(task_id="t", status=models.TaskResultStatus.COMPLETED, output_data={"x": None})
    assert TaskResourceApi(client_of(server)).update_task(body=result) == "8290dd7e"
    assert server.requests[0].json() == {"taskId": "t", "status": "COMPLETED", "outputData": {"x": None}}


def test_no_task_is_none(serve: Serve, client_of: ClientOf, reply: Callable[..., bytes]) -> None:
    """204 means that nothing waits."""
    server = serve(reply(204))
    assert TaskResourceApi(client_of(server)).poll("pay") is None
    assert TaskResourceApi(client_of(server)).update_task_v2(models.TaskResult(task_id="t")) is None


def test_text_goes_out_as_it_is(serve: Serve, client_of: ClientOf, reply: Callable[..., bytes]) -> None:
    """A log line and a secret are not JSON: no quotes are added, none eaten."""
    server = serve(reply(200))
    TaskResourceApi(client_of(server)).log('say "hi"', "t1")
    SecretResourceApi(client_of(server)).put_secret("s3cret", "key")
    assert [request.body for request in server.requests] == [b'say "hi"', b"s3cret"]
    assert {request.headers["content-type"] for request in server.requests} == {"text/plain"}


def test_skipping_sends_what_the_server_binds(serve: Serve, client_of: ClientOf, reply: Callable[..., bytes]) -> None:
    """The server reads input and output of a skipped task from the query, not from the body."""
    server = serve(reply(200))
    workflows = WorkflowResourceApi(client_of(server))
    workflows.skip_task_from_workflow("w", "ref", models.SkipTaskRequest(task_output={"total": 3}))
    workflows.skip_task_from_workflow("w", "ref")
    targets = [request.target for request in server.requests]
    assert targets == ["/api/workflow/w/skiptask/ref?taskOutput%5Btotal%5D=3", "/api/workflow/w/skiptask/ref"]


def test_a_path_outside_the_api_is_reached(serve: Serve, client_of: ClientOf, reply: Callable[..., bytes]) -> None:
    """The health check at the root of the host is beside /api, not below it."""
    server = serve(reply(200, {"healthy": True}))
    health = HealthCheckResourceApi(client_of(server))
    assert health.do_check_root().healthy
    assert health.do_check().healthy
    assert [request.target for request in server.requests] == ["/health", "/api/health"]


def test_the_twin_gives_status_and_headers(serve: Serve, client_of: ClientOf, reply: Callable[..., bytes]) -> None:
    """`..._with_http_info` returns (data, status, headers)."""
    server = serve(reply(200, {"taskId": "t"}, x_trace="7"))
    task, status, headers = TaskResourceApi(client_of(server)).get_task_with_http_info("t")
    assert (task.task_id, status, headers["x-trace"]) == ("t", 200, "7")


def test_a_call_can_run_in_a_thread(serve: Serve, client_of: ClientOf, reply: Callable[..., bytes]) -> None:
    """`async_req=True` gives something to wait for, and its `get()` raises what the call raised."""
    server = serve(lambda request: reply(404 if "none" in request.target else 200, {"taskId": "t"}))
    tasks = TaskResourceApi(client_of(server))
    pending: Any = tasks.get_task("t", async_req=True)
    pending.wait()
    assert pending.get().task_id == "t"
    failing: Any = tasks.get_task("none", async_req=True)
    with pytest.raises(NotFoundError):
        failing.get(timeout=10)


def test_the_raw_answer_can_be_had(serve: Serve, client_of: ClientOf, reply: Callable[..., bytes]) -> None:
    """`_preload_content=False` gives the answer undecoded."""
    raw: Any = TaskResourceApi(client_of(serve(reply(200, {"taskId": "t"})))).get_task("t", _preload_content=False)
    assert isinstance(raw, RESTResponse)
    assert (raw.status, raw.json()) == (200, {"taskId": "t"})


def test_an_unknown_keyword_is_an_error(serve: Serve, client_of: ClientOf) -> None:
    """It names the endpoint and the keyword, and nothing is sent."""
    server = serve()
    with pytest.raises(TypeError, match=r"GET /tasks/poll/\{tasktype\}: unexpected keyword argument 'worker'"):
        TaskResourceApi(client_of(server)).poll("pay", worker="me")  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="workflowId"):
        WorkflowResourceApi(client_of(server)).delete("")
    assert not server.requests


def test_nulls_that_the_server_stored_do_not_make_an_answer_unreadable(
    serve: Serve, client_of: ClientOf, reply: Callable[..., bytes]
) -> None:
    """Nulls among items that cannot be null are left out; a null inside a free map stays."""
    definition = {
        "name": "w", "inputParameters": [None, "a"],
        "tasks": [{"name": "t", "joinOn": [None], "decisionCases": {"x": None}, "inputParameters": {"k": None}}],
    }  # fmt: skip
    server = serve(reply(200, [definition, {"name": "good"}]))
    first, second = MetadataResourceApi(client_of(server)).get_all_workflows()
    assert first.input_parameters == ["a"]
    assert first.tasks == [models.WorkflowTask(name="t", join_on=[], decision_cases={}, input_parameters={"k": None})]
    assert second.name == "good"


def test_an_answer_of_another_type_is_an_error_that_says_where(
    serve: Serve, client_of: ClientOf, reply: Callable[..., bytes]
) -> None:
    """It is never a silent None."""
    server = serve(reply(200, {"retryCount": "three"}))
    with pytest.raises(AnswerError, match=r"\$\.retryCount"):
        TaskResourceApi(client_of(server)).get_task("t")


def test_an_endpoint_that_only_orkes_servers_have_says_so(
    serve: Serve, client_of: ClientOf, reply: Callable[..., bytes]
) -> None:
    """A missing feature is told apart from a missing object, which stays a NotFoundError."""
    missing_route = {"status": 404, "message": "No static resource api/users."}
    missing_user = {"status": 404, "message": "No such user"}
    server = serve(lambda request: reply(404, missing_user if "ann" in request.target else missing_route))
    users = UserResourceApi(client_of(server))
    with pytest.raises(OrkesOnlyError, match="this server cannot list users: only Orkes servers can") as caught:
        users.list_users()
    assert (caught.value.status, caught.value.is_not_found()) == (404, False)
    with pytest.raises(NotFoundError, match="No such user"):
        users.get_user("ann")


class FakeAsyncClient:
    """Answers every call with one task."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, dict[str, Any]]] = []

    async def exchange(self, method: str, path: str, **call: Any) -> Response:
        self.calls.append((method, path, call))
        return Response(200, "OK", {}, b'[{"taskId":"t"}]')


def test_the_async_classes_are_awaited() -> None:
    """The same methods, the same arguments, the same answers, twins too."""

    async def main() -> None:
        client = FakeAsyncClient()
        tasks = AsyncTaskResourceApi(client)
        assert await tasks.batch_poll("pay", count=1, _request_timeout=5) == [models.Task(task_id="t")]
        (_, status, _) = await tasks.batch_poll_with_http_info("pay")
        assert status == 200
        method, path, call = client.calls[0]
        assert (method, path, call["timeout"], call["query"]["count"]) == ("GET", "/tasks/poll/batch/{tasktype}", 5, 1)
        with pytest.raises(TypeError, match="await this one instead"):
            await tasks.batch_poll("pay", async_req=True)

    asyncio.run(main())
