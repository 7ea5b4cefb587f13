"""A thousand workers that wait, on two hundred task types: what they cost idle, and how they are served."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psutil
import pytest

from conductor.testing.embedded import ProcessServer, embedded

pytestmark = pytest.mark.slow
WORKERS, TYPES, FORKS = 1000, 200, 50


class Connection:
    """One keep-alive connection."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def open(self) -> Connection:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        content = json.dumps(body).encode() if body is not None else b""
        head = f"{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        self._writer.write(f"{head}content-length: {len(content)}\r\n\r\n".encode() + content)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = answer.lower().partition(b"content-length: ")[2].partition(b"\r")[0]
        text = await self._reader.readexactly(int(length or 0))
        assert answer.startswith(b"HTTP/1.1 2"), answer + text
        return json.loads(text) if text.startswith((b"[", b"{")) else text.decode()

    def close(self) -> None:
        self._writer.close()


@pytest.fixture
def server() -> Iterator[ProcessServer]:
    with embedded(process=True) as running:
        yield running


class Storm:
    """The workers, and what they saw."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.types = [f"storm-{uuid4()}" for _ in range(TYPES)]
        self.done: Counter[int] = Counter()
        self.pickups: list[float] = []
        self.stop = False

    async def worker(self, number: int) -> None:
        connection = await Connection(self.port).open()
        poll = f"/api/tasks/poll/batch/{self.types[number % TYPES]}?timeout=2000&workerid={number}"
        while not self.stop:
            for task in await connection.ask("GET", poll):
                self.pickups.append(time.time() - task["scheduledTime"] / 1000)
                self.done[number] += 1
                ids = {"workflowInstanceId": task["workflowInstanceId"], "taskId": task["taskId"]}
                await connection.ask("POST", "/api/tasks", {**ids, "status": "COMPLETED"})
        connection.close()

    async def load(self) -> None:
        """Workflows that fork into a task of each type, one after another: the tasks come in bursts."""
        forks = [[{"name": name, "taskReferenceName": name, "type": "SIMPLE"}] for name in self.types]
        tasks: list[dict[str, Any]] = [
            {"name": "f", "taskReferenceName": "f", "type": "FORK_JOIN", "forkTasks": forks},
            {"name": "j", "taskReferenceName": "j", "type": "JOIN", "joinOn": self.types},
        ]
        connection = await Connection(self.port).open()
        await connection.ask("POST", "/api/metadata/workflow", {"name": "storm", "version": 1, "tasks": tasks})
        for _ in range(FORKS):
            await connection.ask("POST", "/api/workflow/storm", {})
            await asyncio.sleep(0.1)
        connection.close()


def test_a_thousand_waiting_workers_cost_little_and_are_all_served(server: ProcessServer) -> None:
    """Idle below 15% of a core; 10,000 tasks picked up quickly; nobody starves; no thread or file a worker."""
    asyncio.run(_storm(server))


async def _storm(server: ProcessServer) -> None:
    storm, process = Storm(server.port), psutil.Process(server.pid)
    workers = [asyncio.create_task(storm.worker(number)) for number in range(WORKERS)]
    await asyncio.sleep(3)
    before, started = process.cpu_times(), time.monotonic()
    await asyncio.sleep(4)
    after = process.cpu_times()
    idle = (after.user + after.system - before.user - before.system) / (time.monotonic() - started)
    files = process.num_fds()

    await storm.load()
    deadline = time.monotonic() + 60
    while storm.done.total() < FORKS * TYPES and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    storm.stop = True
    await asyncio.gather(*workers)

    p99 = statistics.quantiles(storm.pickups, n=100)[98]
    print(
        f"\nidle {idle:.1%} of a core; pickup median {statistics.median(storm.pickups) * 1000:.0f} ms, "
        f"p99 {p99 * 1000:.0f} ms; {process.memory_info().rss / 1e6:.0f} MB; {files} files; "
        f"{process.num_threads()} threads; slowest worker {min(storm.done.values())} of a mean of "
        f"{storm.done.total() / WORKERS:.0f}"
    )
    assert storm.done.total() == FORKS * TYPES
    assert len(storm.done) == WORKERS
    assert min(storm.done.values()) >= 0.2 * FORKS * TYPES / WORKERS
    assert process.memory_info().rss < 300e6
    assert files <= WORKERS + 50
    assert idle < 0.30  # 15% is promised, on a machine that does nothing else
    assert p99 < 1.0  # 250 ms is promised, on a machine that does nothing else
