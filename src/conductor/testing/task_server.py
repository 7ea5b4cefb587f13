"""A fake Conductor that only hands out tasks: what a worker sees of a server, with every fault that one can have.

It keeps to the rules that matter to a worker: a task polled is off the queue; a task handed back (IN_PROGRESS) is
queued again under its id; a FAILED one is tried again under a new id; the first result that ends a task counts and
later ones change nothing. It remembers who said what and when.
"""

from __future__ import annotations

import itertools
import json
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

_FINAL = {"COMPLETED", "FAILED", "FAILED_WITH_TERMINAL_ERROR"}


@dataclass
class ServedTask:
    """A task as the server knows it. `job` is the same for all tries of one piece of work."""

    task_id: str
    task_type: str
    job: int
    input_data: dict[str, Any]
    retry_count: int = 0
    poll_count: int = 0
    status: str = "SCHEDULED"
    not_before: float = 0.0
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Update:
    """What a worker told the server, and when (`time.monotonic`)."""

    time: float
    task_id: str
    job: int
    status: str
    reason: str
    body: dict[str, Any]


@dataclass
class Faults:
    """What goes wrong; shares are from 0 to 1.

    Attributes:
        outage: every call is answered 503.
        fail_updates, throttle_updates: share of updates answered 500 or 429, without effect.
        drop_answers: share of updates that take effect and whose connection is then closed without an answer.
        spoil_polls: makes another body of a poll's answer; the tasks in it count as given out.
        latency_seconds: before every answer.
        without_update_v2: the route does not exist.
    """

    outage: bool = False
    fail_updates: float = 0.0
    throttle_updates: float = 0.0
    drop_answers: float = 0.0
    spoil_polls: Callable[[bytes], bytes] | None = None
    latency_seconds: float = 0.0
    without_update_v2: bool = False


class TaskServer:
    """The state behind the sockets. Safe to use from many threads.

    Args:
        retries: how often a task that FAILED is tried again.
        seed: of the faults' dice.
    """

    def __init__(self, retries: int = 3, seed: int = 0) -> None:
        self.url = ""
        self.faults = Faults()
        self.retries = retries
        self.tasks: dict[str, ServedTask] = {}
        self.updates: list[Update] = []
        self.polls: list[tuple[float, str]] = []
        self.logs: list[tuple[str, str]] = []
        self.ignored = 0
        self.dice = random.Random(seed)
        self._jobs = itertools.count(1)
        self._ids = itertools.count(1)
        self._queues: dict[str, deque[ServedTask]] = {}
        self._changed = threading.Condition()

    # For the test.

    def add(self, task_type: str, count: int = 1, **input_data: Any) -> list[int]:
        """Queue new work; returns the number of each piece, which its tasks have as input `job`, too."""
        with self._changed:
            jobs = [next(self._jobs) for _ in range(count)]
            for job in jobs:
                self._queue(task_type, job, {**input_data, "job": job})
            self._changed.notify_all()
        return jobs

    def wait_for(self, condition: Callable[[TaskServer], object], seconds: float = 30.0) -> bool:
        """Wait until a condition holds; False when it did not in time."""
        with self._changed:
            deadline = time.monotonic() + seconds
            while not condition(self):
                if (left := deadline - time.monotonic()) <= 0:
                    return False
                self._changed.wait(min(left, 0.05))
        return True

    def of_status(self, *statuses: str) -> list[ServedTask]:
        """The tasks in one of these states."""
        return [task for task in list(self.tasks.values()) if task.status in statuses]

    @property
    def completed_jobs(self) -> list[int]:
        """The work that was completed; each once for each of its tasks that completed."""
        return [task.job for task in self.of_status("COMPLETED")]

    # For the worker.

    def poll(self, task_type: str, count: int, seconds: float, is_gone: Callable[[], bool]) -> list[dict[str, Any]]:
        """Take up to `count` tasks off the queue, waiting for the first one."""
        deadline = time.monotonic() + seconds
        with self._changed:
            self.polls.append((time.monotonic(), task_type))
            while not (taken := self._take(task_type, count)):
                left = deadline - time.monotonic()
                if left <= 0 or is_gone():
                    break
                self._changed.wait(min(left, 0.05))
            return taken

    def update(self, body: dict[str, Any]) -> ServedTask | None:
        """Take a result; None where there is no such task."""
        with self._changed:
            task = self.tasks.get(str(body.get("taskId")))
            if task is None:
                return None
            status = str(body.get("status"))
            reason = str(body.get("reasonForIncompletion") or "")
            self.updates.append(Update(time.monotonic(), task.task_id, task.job, status, reason, body))
            if task.status in _FINAL:
                self.ignored += 1
            elif not body.get("extendLease"):
                self._apply(task, status, body)
            self._changed.notify_all()
            return task

    def next_task(self, task_type: str) -> dict[str, Any] | None:
        """A task off the queue, if there is one."""
        with self._changed:
            return next(iter(self._take(task_type, 1)), None)

    def log(self, task_id: str, text: str) -> None:
        """A line for a task's log."""
        self.logs.append((task_id, text))

    def _apply(self, task: ServedTask, status: str, body: dict[str, Any]) -> None:
        task.status, task.body = status, body
        if status == "IN_PROGRESS":
            task.status = "SCHEDULED"
            task.not_before = time.monotonic() + float(body.get("callbackAfterSeconds") or 0)
            self._queues[task.task_type].append(task)
        elif status == "FAILED" and task.retry_count < self.retries:
            self._queue(task.task_type, task.job, task.input_data, task.retry_count + 1)

    def _queue(self, task_type: str, job: int, input_data: dict[str, Any], retry_count: int = 0) -> None:
        task = ServedTask(f"task-{next(self._ids)}", task_type, job, input_data, retry_count)
        self.tasks[task.task_id] = task
        self._queues.setdefault(task_type, deque()).append(task)

    def _take(self, task_type: str, count: int) -> list[dict[str, Any]]:
        queue, now = self._queues.get(task_type, deque()), time.monotonic()
        taken: list[dict[str, Any]] = []
        for _ in range(len(queue)):
            task = queue.popleft()
            if len(taken) == count or task.not_before > now:
                queue.append(task)
                continue
            task.status = "IN_PROGRESS"
            task.poll_count += 1
            taken.append(_as_json(task))
        return taken


def _as_json(task: ServedTask) -> dict[str, Any]:
    now = int(time.time() * 1000)
    return {
        "taskType": task.task_type, "taskDefName": task.task_type, "status": "IN_PROGRESS", "taskId": task.task_id,
        "inputData": task.input_data, "referenceTaskName": f"{task.task_type}_ref", "retryCount": task.retry_count,
        "seq": 1, "pollCount": task.poll_count, "scheduledTime": now, "startTime": now, "updateTime": now, "endTime": 0,
        "responseTimeoutSeconds": 3600, "workflowInstanceId": f"workflow-{task.job}", "workflowType": "fake",
        "callbackAfterSeconds": 0, "workerId": "", "outputData": {},
    }  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    fake: TaskServer

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if self._refuse():
            return
        if not url.path.startswith("/api/tasks/poll/"):
            task = self.fake.tasks.get(unquote(url.path.rpartition("/")[2]))
            self._answer(200, {"taskId": task.task_id, "status": task.status}) if task else self._answer(404, {})
            return
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        task_type = unquote(url.path.rpartition("/")[2])
        seconds = float(query.get("timeout", 100)) / 1000
        tasks = self.fake.poll(task_type, int(query.get("count", 1)), seconds, self._is_gone)
        spoil = self.fake.faults.spoil_polls
        body = json.dumps(tasks).encode()
        self._send(200, spoil(body) if spoil else body, promised=len(body))

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        faults = self.fake.faults
        if self._refuse():
            return
        if path.endswith("/log"):
            self.fake.log(path.split("/")[-2], body.decode())
            self._answer(200, {})
        elif path == "/api/tasks/update-v2" and faults.without_update_v2:
            self._answer(404, {"status": 404, "message": "no such route"})
        elif path in ("/api/tasks", "/api/tasks/update-v2"):
            self._update(json.loads(body), chained=path.endswith("update-v2"))
        else:
            self._answer(404, {"status": 404, "message": "no such route"})

    def _update(self, body: dict[str, Any], *, chained: bool) -> None:
        faults, roll = self.fake.faults, self.fake.dice.random()
        if roll < faults.fail_updates:
            self._answer(500, {"status": 500, "message": "injected"})
            return
        if roll < faults.fail_updates + faults.throttle_updates:
            self._answer(429, {"status": 429, "message": "injected"})
            return
        task = self.fake.update(body)
        if task is None:
            self._answer(404, {"status": 404, "message": "no such task"})
        elif self.fake.dice.random() < faults.drop_answers:
            self.close_connection = True
        elif not chained:
            self._send(200, task.task_id.encode(), kind="text/plain")
        elif (following := self.fake.next_task(task.task_type)) is not None:
            self._answer(200, following)
        else:
            self._send(204, b"")

    def _refuse(self) -> bool:
        faults = self.fake.faults
        if faults.latency_seconds:
            time.sleep(faults.latency_seconds)
        if faults.outage:
            self._answer(503, {"status": 503, "message": "injected"})
        return faults.outage

    def _answer(self, status: int, body: object) -> None:
        self._send(status, json.dumps(body).encode())

    def _send(self, status: int, body: bytes, *, kind: str = "application/json", promised: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if status != 204:
            self.send_header("Content-Length", str(len(body) if promised is None else promised))
        self.end_headers()
        self.wfile.write(body)
        if promised is not None and len(body) != promised:
            self.close_connection = True

    def _is_gone(self) -> bool:
        """Whether the worker has closed its connection: such a poll takes nothing."""
        with suppress(BlockingIOError):
            import socket

            flags = socket.MSG_PEEK | getattr(socket, "MSG_DONTWAIT", 0)
            try:
                return not self.connection.recv(1, flags)
            except ConnectionError:
                return True
        return False

    def handle(self) -> None:
        with suppress(ConnectionError):  # the worker was killed: that is what this is for
            super().handle()

    def log_message(self, *_: Any) -> None:
        """Quiet."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    block_on_close = False


@contextmanager
def task_server(retries: int = 3, seed: int = 0, port: int = 0) -> Iterator[TaskServer]:
    """A `TaskServer` on a free port of this machine; its `url` is for `Configuration(server_api_url=...)`."""
    fake = TaskServer(retries, seed)
    server = _Server(("127.0.0.1", port), type("_Bound", (_Handler,), {"fake": fake}))
    fake.url = f"http://127.0.0.1:{server.server_port}/api"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
