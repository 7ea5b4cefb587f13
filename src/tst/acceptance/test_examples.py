"""Every example runs: its worker completes a workflow on the embedded server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conductor.client.configuration.configuration import Configuration
from conductor.client.http.api.workflow_resource_api import WorkflowResourceApi
from conductor.client.http.api_client import ApiClient
from conductor.client.http.models.start_workflow_request import StartWorkflowRequest
from conductor.client.workflow.conductor_workflow import ConductorWorkflow
from conductor.client.workflow.task.simple_task import SimpleTask
from conductor.testing import embedded

SRC = Path(__file__).resolve().parents[2]
EXAMPLES = SRC.parent / "examples"
DEADLINE_SECONDS = 30

# example: its task, the input, what comes out
EXPECTED: dict[str, tuple[str, dict[str, object], dict[str, object]]] = {
    "greet": ("greet", {"name": "Ada"}, {"greeting": "Hello, Ada!"}),
    "seed_worker": ("python_task_example", {}, {"key": "value"}),
}


def test_every_example_is_tested() -> None:
    """A file in examples/ stands in the list below."""
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_an_example_completes_its_task(name: str) -> None:
    """The example, started as a program, takes the task and gives the output that it is meant to give."""
    task_name, given, expected = EXPECTED[name]
    task = SimpleTask(task_name, "it")
    task.input_parameters = {key: f"${{workflow.input.{key}}}" for key in given}
    definition = (ConductorWorkflow(None, f"example_{name}", 1) >> task).to_workflow_def()
    with embedded() as server:
        api = WorkflowResourceApi(ApiClient(Configuration(server_api_url=server.url)))
        workflow_id = api.start_workflow(StartWorkflowRequest(name="x", workflow_def=definition, input=given))
        environment = {**os.environ, "PYTHONPATH": str(SRC), "CONDUCTOR_SERVER_URL": server.url}
        running = subprocess.Popen([sys.executable, str(EXAMPLES / f"{name}.py")], env=environment)
        try:
            deadline = time.monotonic() + DEADLINE_SECONDS
            while (workflow := api.get_execution_status(workflow_id)).status == "RUNNING":
                assert time.monotonic() < deadline, workflow
                time.sleep(0.05)
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(DEADLINE_SECONDS)
    assert (workflow.status, workflow.output) == ("COMPLETED", expected)
