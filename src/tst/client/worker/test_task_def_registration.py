"""Definitions of tasks registered by their workers, on a server that keeps them as Conductor does."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from conductor.client.configuration.configuration import Configuration
from conductor.client.http.api_client import ApiClient
from conductor.client.http.models.task_def import TaskDef
from conductor.client.worker.registration import register_task_def
from conductor.client.worker.worker import Worker


class Server(BaseHTTPRequestHandler):
    """Task definitions and, unless told otherwise, schemas."""

    definitions: dict[str, Any]
    schemas: dict[str, Any]
    knows_schemas = True
    status_of_all: int | None = None

    def do_GET(self) -> None:
        found = self.definitions.get(self.path.rpartition("/")[2])
        self._answer(200 if found else 404, found or {})

    def do_PUT(self) -> None:
        body = self._body()
        known = body["name"] in self.definitions
        if known:
            self.definitions[body["name"]] = body
        self._answer(200 if known else 404, {})

    def do_POST(self) -> None:
        body = self._body()
        if "/schema" in self.path:
            self.schemas[body["name"]] = body["data"]
            self._answer(200 if self.knows_schemas else 404, {})
        else:
            self.definitions.update({definition["name"]: definition for definition in body})
            self._answer(200, {})

    def _body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, status: int, body: Any) -> None:
        content = json.dumps(body).encode()
        self.send_response(self.status_of_all or status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Any]:
    handler = type("Handler", (Server,), {"definitions": {}, "schemas": {}})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        handler.client = ApiClient(Configuration(f"http://127.0.0.1:{listening.server_port}"))  # type: ignore[attr-defined]
        yield handler
        listening.shutdown()
        thread.join()


def pack(name: str, count: int = 1) -> dict[str, int]:
    return {name: count}


TEMPLATE = TaskDef(name="other", retry_count=7)
OPERATORS = {"name": "pack", "retryCount": 9, "rateLimitPerFrequency": 5}


def test_a_task_that_is_not_defined_is_defined(server: Any) -> None:
    """By the template, under the task's own name, or by the bare name; the template is not touched."""
    assert register_task_def(Worker(["pack", "ship"], pack, task_def_template=TEMPLATE), server.client)
    assert register_task_def(Worker("bill", pack), server.client)
    assert server.definitions == {
        "pack": {"name": "pack", "retryCount": 7}, "ship": {"name": "ship", "retryCount": 7}, "bill": {"name": "bill"},
    }  # fmt: skip
    assert TEMPLATE.name == "other"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"task_def_template": TEMPLATE}, {"name": "pack", "retryCount": 7}),
        ({"task_def_template": TEMPLATE, "overwrite_task_def": False}, OPERATORS),
        ({"overwrite_task_def": True}, OPERATORS),
        ({"overwrite_task_def": False}, OPERATORS),
    ],
)
def test_a_definition_is_replaced_only_by_a_template_that_may(server: Any, options: Any, expected: Any) -> None:
    """A bare name never destroys what an operator has set."""
    server.definitions["pack"] = OPERATORS
    assert register_task_def(Worker("pack", pack, **options), server.client)
    assert server.definitions["pack"] == expected


def test_schemas_are_registered_and_referred_to(server: Any) -> None:
    """Where the worker asks for it and the server knows schemas."""
    assert register_task_def(Worker("pack", pack, register_schema=True, strict_schema=True), server.client)
    assert server.schemas["pack_input"]["properties"]["count"]["type"] == "integer"
    assert server.schemas["pack_input"]["additionalProperties"] is False
    assert server.definitions["pack"]["inputSchema"]["name"] == "pack_input"
    server.knows_schemas = False
    assert register_task_def(Worker("ship", pack, register_schema=True), server.client)
    assert server.definitions["ship"] == {"name": "ship"}


def test_a_server_that_refuses_does_not_stop_the_worker(server: Any, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged, in one line."""
    server.status_of_all = 400
    with caplog.at_level(logging.WARNING):
        assert not register_task_def(Worker("pack", pack), server.client)
    assert "the definition of task 'pack' was not registered" in caplog.text
