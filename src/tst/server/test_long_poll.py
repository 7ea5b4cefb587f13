"""Waiting: long polls, synchronous execution, many workers at once."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from conductor.testing.embedded import ThreadServer, embedded

Call = Callable[..., Any]


@pytest.fixture
def work(client: Call) -> str:
    """A workflow of one task; both have the name given."""
    name = f"work-{uuid4()}"
    task = {"name": name, "taskReferenceName": "a", "type": "SIMPLE"}
    assert client("POST", "/api/metadata/workflow", {"name": name, "version": 1, "tasks": [task]}).status == 200
    return name


def start(client: Call, name: str) -> str:
    answer = client("POST", f"/api/workflow/{name}", {})
    assert answer.status == 200
    return str(answer.body.decode())


def complete(client: Call, task: dict[str, Any]) -> Any:
    return client(
        "POST",
        "/api/tasks",
        {"workflowInstanceId": task["workflowInstanceId"], "taskId": task["taskId"], "status": "COMPLETED"},
    )


def test_an_empty_poll_waits_as_long_as_it_was_told(client: Call, work: str) -> None:
    """204 for a single poll, an empty list for a batch."""
    assert client("GET", f"/api/tasks/poll/{work}").status == 204
    started = time.monotonic()
    answer = client("GET", f"/api/tasks/poll/batch/{work}?timeout=300")

    assert answer.json == []
    assert 0.25 < time.monotonic() - started < 3


def test_a_poll_of_more_than_five_seconds_is_refused(client: Call, work: str) -> None:
    """With the real server's words."""
    answer = client("GET", f"/api/tasks/poll/batch/{work}?timeout=5001")

    assert (answer.status, answer.json["message"]) == (400, "Long Poll Timeout value cannot be more than 5 seconds")


def test_a_waiting_poll_is_answered_as_soon_as_there_is_a_task(client: Call, work: str) -> None:
    """Not at the end of its time."""
    with ThreadPoolExecutor(1) as pool:
        polled = pool.submit(client, "GET", f"/api/tasks/poll/batch/{work}?timeout=5000&workerid=w")
        time.sleep(0.1)
        started = time.monotonic()
        workflow_id = start(client, work)
        tasks = polled.result().json

    assert time.monotonic() - started < 2
    assert [task["workflowInstanceId"] for task in tasks] == [workflow_id]
    assert tasks[0]["status"] == "IN_PROGRESS"


def test_waiting_polls_are_served_in_the_order_in_which_they_came(
    server: ThreadServer, client: Call, work: str
) -> None:
    """And each task goes to one of them."""
    waiting = [open_poll(server, work, f"w{n}") for n in range(5)]
    served = []
    for _ in waiting:
        start(client, work)
    for connection in waiting:
        served.append(read_tasks(connection)[0]["workerId"])

    assert served == [f"w{n}" for n in range(5)]


def test_a_client_that_leaves_while_it_waits_takes_no_task_with_it(
    server: ThreadServer, client: Call, work: str
) -> None:
    """The task goes to the next in line."""
    gone = open_poll(server, work, "gone")
    stays = open_poll(server, work, "stays")
    gone.close()
    time.sleep(0.1)  # the server sees the closed connection before the task comes

    workflow_id = start(client, work)

    assert read_tasks(stays)[0]["workflowInstanceId"] == workflow_id


def open_poll(server: ThreadServer, name: str, worker: str) -> socket.socket:
    """A long poll under way; it is in the line when this returns."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    path = f"/api/tasks/poll/batch/{name}?timeout=5000&workerid={worker}"
    polls = polls_of(server, name)
    connection.sendall(f"GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".encode())
    deadline = time.monotonic() + 5
    while polls_of(server, name) == polls and time.monotonic() < deadline:
        time.sleep(0.002)
    return connection


def polls_of(server: ThreadServer, name: str) -> Any:
    data = server.call(lambda engine: engine.get_poll_data(name))
    return [(entry.worker_id, entry.last_poll_time) for entry in data]


def read_tasks(connection: socket.socket) -> Any:
    with connection:
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return json.loads(answer.partition(b"\r\n\r\n")[2])


def test_a_task_that_becomes_due_later_is_handed_to_the_one_who_waits(client: Call, work: str) -> None:
    """A task put back for a second comes after a second, without another request."""
    start(client, work)
    task = client("GET", f"/api/tasks/poll/{work}").json
    back = {"workflowInstanceId": task["workflowInstanceId"], "taskId": task["taskId"], "status": "IN_PROGRESS"}
    client("POST", "/api/tasks", {**back, "callbackAfterSeconds": 1})

    started = time.monotonic()
    answer = client("GET", f"/api/tasks/poll/batch/{work}?timeout=5000")

    assert answer.json[0]["taskId"] == task["taskId"]
    assert 0.5 < time.monotonic() - started < 4


def test_a_synchronous_execution_answers_when_the_workflow_ends(client: Call, work: str) -> None:
    """With its result, as soon as it is there."""
    with ThreadPoolExecutor(1) as pool:
        answered = pool.submit(client, "POST", f"/api/workflow/execute/{work}/1", {"input": {"x": 1}})
        task = client("GET", f"/api/tasks/poll/batch/{work}?timeout=5000").json[0]
        complete(client, task)
        answer = answered.result()

    assert answer.status == 200
    assert (answer.json["status"], answer.json["signalTimeout"]) == ("COMPLETED", False)
    assert answer.json["workflowId"] == task["workflowInstanceId"]


def test_a_synchronous_execution_answers_when_its_time_is_over(client: Call, work: str) -> None:
    """With the state as it is, and a word that it is not done."""
    answer = client("POST", f"/api/workflow/execute/{work}/1?waitForSeconds=1", {})

    assert (answer.json["status"], answer.json["signalTimeout"]) == ("RUNNING", True)


def test_a_server_that_stops_answers_those_who_wait() -> None:
    """A poll of five seconds does not hold it up, and gets an answer."""
    with ThreadPoolExecutor(1) as pool:
        with embedded() as server:
            connection = open_poll(server, "nothing", "w")
            started = time.monotonic()
            reading = pool.submit(read_tasks, connection)
        assert reading.result() == []
    assert time.monotonic() - started < 3
