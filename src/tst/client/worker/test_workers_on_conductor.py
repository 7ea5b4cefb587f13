"""What workers report, as the real Conductor server keeps it."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from conductor.client.configuration.configuration import Configuration
from conductor.client.context.task_context import TaskContext, bind_task_context, get_task_context, unbind_task_context
from conductor.client.http.api.metadata_resource_api import MetadataResourceApi
from conductor.client.http.api.task_resource_api import TaskResourceApi
from conductor.client.http.api.workflow_resource_api import WorkflowResourceApi
from conductor.client.http.api_client import ApiClient
from conductor.client.http.models.start_workflow_request import StartWorkflowRequest
from conductor.client.http.models.task import Task
from conductor.client.http.models.task_def import TaskDef
from conductor.client.http.models.workflow_def import WorkflowDef
from conductor.client.http.models.workflow_task import WorkflowTask
from conductor.client.worker._outcome import MAX_REASON_CHARACTERS, completed, failed
from conductor.client.worker.registration import register_task_def
from conductor.client.worker.worker import Worker

pytestmark = pytest.mark.oss


@pytest.fixture
def client() -> ApiClient:
    url = os.environ.get("CONDUCTOR_OSS_URL")
    if not url:
        pytest.skip("CONDUCTOR_OSS_URL is not set")
    return ApiClient(Configuration(server_api_url=url))


class OneTask:
    """A workflow of one task, executed turn by turn."""

    def __init__(self, client: ApiClient, **input_data: Any) -> None:
        self.name = f"worker_test_{uuid.uuid4().hex[:12]}"
        self.tasks, self.workflows = TaskResourceApi(client), WorkflowResourceApi(client)
        metadata = MetadataResourceApi(client)
        metadata.register_task_def([TaskDef(name=self.name, retry_count=1, retry_delay_seconds=0, timeout_seconds=0)])
        only = WorkflowTask(
            name=self.name, task_reference_name="t", type="SIMPLE",
            input_parameters={key: f"${{workflow.input.{key}}}" for key in (*input_data, "missing")},
        )  # fmt: skip
        metadata.update1([WorkflowDef(name=self.name, version=1, tasks=[only], schema_version=2, timeout_seconds=0)])
        request = StartWorkflowRequest(name=self.name, version=1, input=input_data)
        self.workflow_id = self.workflows.start_workflow(request)

    def poll(self) -> Task:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if found := self.tasks.batch_poll(self.name, workerid="test", count=1, timeout=1000):
                return found[0]
        raise AssertionError("no task came")

    def turn(self, function: Callable[..., Any]) -> Task:
        """Poll, execute, report; the task as the server has it then."""
        worker, task = Worker(self.name, function), self.poll()
        context = TaskContext(task, read_task=self.tasks.get_task)
        token = bind_task_context(context)
        try:
            result = completed(worker, task, context, worker.execute(task))
        except Exception as error:
            result = failed(worker, task, context, error)
        finally:
            unbind_task_context(token)
        self.tasks.update_task(result)
        return self.tasks.get_task(task.task_id or "")


def test_the_server_keeps_output_reason_and_progress_of_a_failed_attempt_for_the_next(client: ApiClient) -> None:
    """The reason in its full allowed length, the traceback in the log, the progress for the retry."""
    one = OneTask(client, n=3)

    def fails(n: int) -> None:
        get_task_context().set_output({"half": n})
        get_task_context().progress(1, n)
        raise ValueError("x" * 2 * MAX_REASON_CHARACTERS)

    def resumes(n: int) -> dict[str, Any]:
        return {"before": get_task_context().previous_progress(), "n": n}

    first = one.turn(fails)
    assert (first.status, len(first.reason_for_incompletion or "")) == ("FAILED", MAX_REASON_CHARACTERS)
    assert first.output_data == {"half": 3, "progress": {"done": 1, "total": 3, "message": ""}}
    logs = one.tasks.get_task_logs(first.task_id or "")
    assert "ValueError: xxx" in (logs[-1].log or "")
    assert abs((logs[-1].created_time or 0) / 1000 - time.time()) < 60
    second = one.turn(resumes)
    assert second.output_data == {"before": {"done": 1, "total": 3, "message": ""}, "n": 3}
    assert one.workflows.get_execution_status(one.workflow_id).status == "COMPLETED"


def test_a_wrong_input_ends_the_workflow_at_once(client: ApiClient) -> None:
    """FAILED_WITH_TERMINAL_ERROR: the server does not try again."""
    one = OneTask(client, order={"lines": [{"qty": "two"}]})

    def function(order: dict[str, list[dict[str, int]]]) -> None:
        pass

    task = one.turn(function)
    assert task.status == "FAILED_WITH_TERMINAL_ERROR"
    assert task.reason_for_incompletion == "input.order.lines[0].qty: expected int, got str"
    assert one.workflows.get_execution_status(one.workflow_id).status == "FAILED"


def test_an_expression_that_finds_nothing_arrives_as_null_and_means_the_default(client: ApiClient) -> None:
    """Also a large integer, an empty string and text beyond the basic plane pass as they are."""
    given = {"big": 2**62, "text": "", "odd": "\U0001f600é"}
    one = OneTask(client, **given)

    def function(big: int, text: str, odd: str, missing: int = 5) -> dict[str, Any]:
        return {"got": [big, text, odd, missing], "raw": get_task_context().get_input()["missing"], "huge": 2**70}

    assert one.turn(function).output_data == {"got": [*given.values(), 5], "raw": None, "huge": 2**70}


def test_a_bare_definition_never_replaces_an_operators(client: ApiClient) -> None:
    """A template does; a task that is unknown is defined."""
    name, metadata = f"worker_test_{uuid.uuid4().hex[:12]}", MetadataResourceApi(client)

    def function() -> None:
        pass

    template = TaskDef(retry_count=4, timeout_seconds=0)
    assert register_task_def(Worker(name, function, task_def_template=template), client)
    assert metadata.get_task_def(name).retry_count == 4
    assert register_task_def(Worker(name, function), client)
    assert metadata.get_task_def(name).retry_count == 4
    template.retry_count = 6
    assert register_task_def(Worker(name, function, task_def_template=template, register_schema=True), client)
    assert metadata.get_task_def(name).retry_count == 6
    other = f"{name}_2"
    assert register_task_def(Worker(other, function), client)
    assert metadata.get_task_def(other).name == other
