"""The code of the project's first README, pasted into a new file, runs: on the embedded server and on the real one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conductor.client.configuration.configuration import Configuration
from conductor.client.http.api.metadata_resource_api import MetadataResourceApi
from conductor.client.http.api.workflow_resource_api import WorkflowResourceApi
from conductor.client.http.api_client import ApiClient
from conductor.client.http.models.start_workflow_request import StartWorkflowRequest
from conductor.client.http.models.workflow import Workflow
from conductor.client.workflow.definitions import load_definitions, register
from conductor.testing import embedded

SRC = Path(__file__).resolve().parents[2]
DEADLINE_SECONDS = 30

MAIN = """
from conductor.client.automator.task_handler import TaskHandler
from conductor.client.example.worker.cpp.simple_cpp_worker import SimpleCppWorker
from conductor.client.example.worker.python.simple_python_worker import SimplePythonWorker


def main():
    workers = [
        SimpleCppWorker('cpp_task_example'),
        SimplePythonWorker('python_task_example')
    ]
    with TaskHandler(workers) as task_handler:
        task_handler.start_processes()
        task_handler.join_processes()


if __name__ == '__main__':
    main()
"""

OWN_WORKERS = """
from ctypes import cdll

from conductor.client.automator.task_handler import TaskHandler
from conductor.client.configuration.configuration import Configuration
from conductor.client.configuration.settings.metrics_settings import MetricsSettings
from conductor.client.http.models.task import Task
from conductor.client.http.models.task_result import TaskResult
from conductor.client.http.models.task_result_status import TaskResultStatus
from conductor.client.worker.worker_interface import WorkerInterface


class SimplePythonWorker(WorkerInterface):
    def execute(self, task: Task) -> TaskResult:
        task_result = self.get_task_result_from_task(task)
        task_result.add_output_data('key', 'value')
        task_result.status = TaskResultStatus.COMPLETED
        return task_result


class CppWrapper:
    def __init__(self, file_path='./lib.so'):
        self.cpp_lib = cdll.LoadLibrary(file_path)

    def get_sum(self, X: int, Y: int) -> int:
        return self.cpp_lib.get_sum(X, Y)


class SimpleCppWorker(WorkerInterface):
    cpp_wrapper = CppWrapper()

    def execute(self, task: Task) -> TaskResult:
        execution_result = self.cpp_wrapper.get_sum(1, 2)
        task_result = self.get_task_result_from_task(task)
        task_result.add_output_data(
            'sum', execution_result
        )
        task_result.status = TaskResultStatus.COMPLETED
        return task_result


def main():
    configuration = Configuration(base_url='BASE_URL', debug=False)
    metrics_settings = MetricsSettings(
        directory='.',
        file_name='metrics.log',
        update_interval=0.1
    )
    workers = [
        SimpleCppWorker('cpp_task_example'),
        SimplePythonWorker('python_task_example')
    ]
    with TaskHandler(workers, configuration, metrics_settings) as task_handler:
        task_handler.start_processes()
        task_handler.join_processes()


if __name__ == '__main__':
    main()
"""


@pytest.fixture(params=["embedded", pytest.param("real", marks=pytest.mark.oss)])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server's API, with the seed's definitions registered."""
    if request.param == "real":
        address = os.environ["CONDUCTOR_OSS_URL"]
        register(load_definitions(SRC.parent / "workflows"), Configuration(server_api_url=address))
        yield address
        return
    with embedded() as server:
        register(load_definitions(SRC.parent / "workflows"), Configuration(server_api_url=server.url))
        yield server.url


@contextmanager
def program(text: str, folder: Path, url: str) -> Iterator[subprocess.Popen[bytes]]:
    """A user's file that runs until the end of the block, then gets a SIGTERM and must end in order."""
    path = folder / "main.py"
    path.write_text(text.replace("BASE_URL", url.removeprefix("http://").removesuffix("/api")))
    environment = {**os.environ, "PYTHONPATH": str(SRC), "CONDUCTOR_SERVER_URL": url}
    running = subprocess.Popen([sys.executable, str(path)], cwd=folder, env=environment, stderr=subprocess.PIPE)
    try:
        yield running
        running.send_signal(signal.SIGTERM)
        _, errors = running.communicate(timeout=DEADLINE_SECONDS)
        assert running.returncode == 0, errors.decode()
        assert b"Traceback" not in errors, errors.decode()
    finally:
        if running.poll() is None:
            running.kill()
            running.communicate()


def run_workflow(url: str, name: str) -> Workflow:
    api = WorkflowResourceApi(ApiClient(Configuration(server_api_url=url)))
    workflow_id = api.start_workflow(StartWorkflowRequest(name=name, version=1, input={}))
    deadline = time.monotonic() + DEADLINE_SECONDS
    while (workflow := api.get_execution_status(workflow_id)).status == "RUNNING":
        assert time.monotonic() < deadline, f"{name} still runs: {workflow}"
        time.sleep(0.05)
    return workflow


def test_the_seeds_main_runs_both_example_workers(url: str, tmp_path: Path) -> None:
    """The main method of the README's third step completes both of its workflows."""
    with program(MAIN, tmp_path, url):
        python = run_workflow(url, "workflow_with_python_task_example")
        cpp = run_workflow(url, "workflow_with_cpp_task_example")
    assert (python.status, cpp.status) == ("COMPLETED", "COMPLETED")
    assert cpp.output is not None
    assert cpp.output["workerOutput"]["sum"] == 3


def test_the_seeds_own_workers_run(url: str, tmp_path: Path) -> None:
    """The README's worker classes, its ctypes wrapper and its settings work as they stand there."""
    library = SRC / "conductor/client/example/worker/cpp/lib.so"
    if not library.exists():
        pytest.skip("the C++ example is not compiled (make cpp)")
    (tmp_path / "lib.so").write_bytes(library.read_bytes())
    with program(OWN_WORKERS, tmp_path, url):
        python = run_workflow(url, "workflow_with_python_task_example")
        cpp = run_workflow(url, "workflow_with_cpp_task_example")
    assert python.output == {"workerOutput": {"key": "value"}}
    assert cpp.output == {"workerOutput": {"sum": 3}}
    assert "task_poll_total" in (tmp_path / "metrics.log").read_text()


def test_the_seeds_definitions_are_registered(url: str) -> None:
    """The task definition of the README is on the server as it stands there."""
    definition = MetadataResourceApi(ApiClient(Configuration(server_api_url=url))).get_task_def("python_task_example")
    assert (definition.retry_count, definition.retry_logic, definition.retry_delay_seconds) == (3, "FIXED", 10)
