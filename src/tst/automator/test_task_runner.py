"""The runner of one worker: what it makes of good, faulty and invalid work."""

from __future__ import annotations

import json
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from tempfile import TemporaryDirectory
from typing import Any

from conductor.client.automator.task_runner import TaskRunner
from conductor.client.configuration.configuration import Configuration
from conductor.client.http.models.task import Task
from conductor.client.http.models.task_result import TaskResult
from conductor.client.http.models.task_result_status import TaskResultStatus
from conductor.client.worker.worker_interface import WorkerInterface


class ValidWorker(WorkerInterface):
    def execute(self, task: Task) -> TaskResult:
        result = self.get_task_result_from_task(task)
        result.add_output_data("key", "value")
        result.status = TaskResultStatus.COMPLETED
        return result


class FaultyExecutionWorker(WorkerInterface):
    def execute(self, task: Task) -> TaskResult:
        raise ValueError("faulty execution")


class OtherTasksWorker(WorkerInterface):
    def execute(self, task: Task) -> TaskResult:
        return TaskResult(task_id="another", workflow_instance_id="w", status=TaskResultStatus.COMPLETED)


class OneTaskServer(BaseHTTPRequestHandler):
    """Hands out one task, and keeps what it is told of it."""

    tasks: list[dict[str, Any]]
    results: list[dict[str, Any]]

    def do_GET(self) -> None:
        tasks, self.tasks[:] = list(self.tasks), []
        self._answer(json.dumps(tasks).encode())

    def do_POST(self) -> None:
        self.results.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self._answer(b"taken")

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


class TestTaskRunner(unittest.TestCase):
    def setUp(self) -> None:
        task = {"taskId": "t1", "workflowInstanceId": "w1", "taskDefName": "task", "status": "IN_PROGRESS"}
        self.results: list[dict[str, Any]] = []
        handler = type("Handler", (OneTaskServer,), {"tasks": [task], "results": self.results})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def result_of(self, worker: WorkerInterface) -> dict[str, Any]:
        """What the server is told of its only task."""
        configuration = Configuration(server_api_url=f"http://127.0.0.1:{self.server.server_address[1]}/api")
        with TemporaryDirectory() as outbox, TaskRunner(worker, configuration, outbox_directory=outbox) as runner:
            runner.run_once()
        assert len(self.results) == 1
        return self.results[0]

    def test_execute_task(self) -> None:
        """A task is polled, executed and reported with its output."""
        result = self.result_of(ValidWorker("task"))

        assert (result["taskId"], result["workflowInstanceId"]) == ("t1", "w1")
        assert result["status"] == "COMPLETED"
        assert result["outputData"] == {"key": "value"}

    def test_execute_task_with_faulty_execution_worker(self) -> None:
        """A worker that raises fails the task, with the reason, and the traceback in the task's log."""
        result = self.result_of(FaultyExecutionWorker("task"))

        assert result["status"] == "FAILED"
        assert "faulty execution" in result["reasonForIncompletion"]
        assert "ValueError: faulty execution" in result["logs"][-1]["log"]

    def test_execute_task_with_invalid_task(self) -> None:
        """A result for another task is not sent: the task fails with an error that says so."""
        result = self.result_of(OtherTasksWorker("task"))

        assert (result["taskId"], result["status"]) == ("t1", "FAILED")
        assert "'another', expected 't1'" in result["reasonForIncompletion"]


if __name__ == "__main__":
    unittest.main()
