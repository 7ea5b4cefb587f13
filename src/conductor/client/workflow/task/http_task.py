"""HTTP: the server makes a call."""

from __future__ import annotations

from enum import Enum
from typing import Any

from conductor.client.workflow.task.task import TaskInterface
from conductor.client.workflow.task.task_type import TaskType


class HttpMethod(str, Enum):
    """The verbs that the HTTP task takes."""

    GET = "GET"
    PUT = "PUT"
    POST = "POST"
    DELETE = "DELETE"
    HEAD = "HEAD"
    OPTIONS = "OPTIONS"


class HttpInput:
    """A call: timeouts are in milliseconds, `headers` map a name to a value or a list of values."""

    def __init__(
        self,
        method: HttpMethod | str = HttpMethod.GET,
        uri: str | None = None,
        headers: dict[str, Any] | None = None,
        accept: str | None = None,
        content_type: str | None = None,
        connection_time_out: int | None = None,
        read_timeout: int | None = None,
        body: Any = None,
    ) -> None:
        self.method = method
        self.uri = uri
        self.headers = headers
        self.accept = accept
        self.content_type = content_type
        self.connection_time_out = connection_time_out
        self.read_timeout = read_timeout
        self.body = body

    def to_request(self) -> dict[str, Any]:
        """The `http_request` of the task's input, without what was left out."""
        request = {
            "uri": self.uri,
            "method": HttpMethod(self.method).value,
            "headers": self.headers,
            "accept": self.accept,
            "contentType": self.content_type,
            "connectionTimeOut": self.connection_time_out,
            "readTimeOut": self.read_timeout,
            "body": self.body,
        }
        return {key: value for key, value in request.items() if value is not None}


class HttpTask(TaskInterface):
    """Calls what `http_input` says; the answer is `output("response")` with statusCode, headers and body."""

    def __init__(self, task_ref_name: str, http_input: HttpInput | dict[str, Any]) -> None:
        super().__init__(task_ref_name, TaskType.HTTP)
        request = http_input.to_request() if isinstance(http_input, HttpInput) else {"method": "GET", **http_input}
        self.input_parameters["http_request"] = request

    def status_code(self) -> str:
        """A reference to the answer's status."""
        return self.output("response.statusCode")

    def headers(self, json_path: str | None = None) -> str:
        """A reference to the answer's headers, or to one."""
        return self.output(f"response.headers.{json_path}" if json_path else "response.headers")

    def body(self, json_path: str | None = None) -> str:
        """A reference to the answer's body, or to a part of it."""
        return self.output(f"response.body.{json_path}" if json_path else "response.body")
