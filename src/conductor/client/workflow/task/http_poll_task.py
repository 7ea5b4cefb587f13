"""HTTP_POLL: the server calls until a condition holds (Orkes servers)."""

from __future__ import annotations

from typing import Any

from conductor.client.workflow.task.http_task import HttpInput, HttpMethod
from conductor.client.workflow.task.task import TaskInterface
from conductor.client.workflow.task.task_type import TaskType


class HttpPollInput(HttpInput):
    """A call that is repeated each `polling_interval` seconds until `termination_condition` (JavaScript) holds."""

    def __init__(
        self,
        termination_condition: str | None = None,
        max_poll_count: int = 100,
        polling_interval: int = 100,
        polling_strategy: str = "FIXED",
        method: HttpMethod | str = HttpMethod.GET,
        uri: str | None = None,
        headers: dict[str, Any] | None = None,
        accept: str | None = None,
        content_type: str | None = None,
        connection_time_out: int | None = None,
        read_timeout: int | None = None,
        body: Any = None,
    ) -> None:
        super().__init__(method, uri, headers, accept, content_type, connection_time_out, read_timeout, body)
        self.termination_condition = termination_condition
        self.max_poll_count = max_poll_count
        self.polling_interval = polling_interval
        self.polling_strategy = polling_strategy

    def to_request(self) -> dict[str, Any]:
        request = {
            **super().to_request(),
            "terminationCondition": self.termination_condition,
            "pollingInterval": self.polling_interval,
            "maxPollCount": self.max_poll_count,
            "pollingStrategy": self.polling_strategy,
        }
        return {key: value for key, value in request.items() if value is not None}


class HttpPollTask(TaskInterface):
    """Calls again and again as `http_input` says."""

    def __init__(self, task_ref_name: str, http_input: HttpPollInput) -> None:
        super().__init__(task_ref_name, TaskType.HTTP_POLL)
        self.input_parameters["http_request"] = http_input.to_request()
