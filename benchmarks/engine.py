"""The embedded engine beside the real Conductor server, under the same load, in one call.

    python benchmarks/engine.py                                   the embedded engine alone
    python benchmarks/engine.py --oss SCRIPT --with sqlite redis  and the real server with these stores, with ratios

SCRIPT starts and stops the real server (`SCRIPT up --port P --db sqlite|redis --dir D` prints the API's URL,
`SCRIPT down --port P --dir D`); the environment variable CONDUCTOR_OSS names it as well. Every figure is taken over
HTTP, from one client process with its own connections, against one server at a time.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httptools
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from conductor.testing.embedded import embedded

WORKERS = 10
STARTERS = 4
POLL = 100  # milliseconds that a poll may wait: what SDKs ask for by default
WARM_UP = 600  # workflows before the first figure: the real server compiles itself while it runs
MOST_SECONDS = 120  # for one load
RUN = uuid.uuid4().hex[:8]


class Connection(asyncio.Protocol):
    """One keep-alive connection, one request at a time: as little work as a client can make of it."""

    def __init__(self, url: str):
        place = urlsplit(url)
        self._host, self._address = place.netloc, (place.hostname, place.port)
        self._transport: Any = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    async def request(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        if self._transport is None or self._transport.is_closing():  # the real server closes after 100 requests
            await asyncio.get_running_loop().create_connection(lambda: self, *self._address)
        payload = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        self._parser = httptools.HttpResponseParser(self)
        self._answer = asyncio.get_running_loop().create_future()
        self._body = b""
        kind = "content-type: application/json\r\n" if payload else ""
        head = f"{method} {path} HTTP/1.1\r\nhost: {self._host}\r\n{kind}content-length: {len(payload)}\r\n\r\n"
        self._transport.write(head.encode() + payload)
        return await self._answer

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the server closed the connection"))

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        assert self._answer is not None
        self._answer.set_result((self._parser.get_status_code(), self._body))
        if not self._parser.should_keep_alive():
            self._transport.close()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


@dataclass
class Target:
    """A server under load."""

    name: str
    url: str
    pid: int
    figures: dict[str, float] = field(default_factory=dict)

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """One request on a connection of its own; its answer decoded."""
        connection = Connection(self.url)
        try:
            status, answer = await connection.request(method, f"/api{path}", body)
        finally:
            connection.close()
        if status >= 300:
            raise SystemExit(f"{self.name}: {method} {path} answered {status}: {answer.decode()[:300]}")
        try:
            return json.loads(answer)
        except ValueError:
            return answer.decode()


def definition(name: str, tasks: list[dict[str, Any]]) -> dict[str, Any]:
    return {"name": name, "version": 1, "schemaVersion": 2, "ownerEmail": "bench@example.com", "tasks": tasks}


def simple(task_type: str, ref: str) -> dict[str, Any]:
    inputs = {"order": "${workflow.input.order}"}
    return {"name": task_type, "taskReferenceName": ref, "type": "SIMPLE", "inputParameters": inputs}


def chain(length: int, task_type: str) -> list[dict[str, Any]]:
    return [simple(task_type, f"t{i}") for i in range(length)]


async def register(target: Target, name: str, tasks: list[dict[str, Any]], task_type: str) -> None:
    task = {"name": task_type, "ownerEmail": "bench@example.com", "retryCount": 0, "responseTimeoutSeconds": 600}
    await target.call("POST", "/metadata/taskdefs", [task])
    await target.call("POST", "/metadata/workflow?overwrite=true", definition(name, tasks))


async def work(target: Target, task_type: str, done: asyncio.Event, count: Callable[[], None]) -> None:
    """A worker slot: long poll, then report and take the next one with the answer."""
    connection = Connection(target.url)
    poll = f"/api/tasks/poll/batch/{task_type}?workerid=bench&count=1&timeout={POLL}"
    while not done.is_set():
        _, answer = await connection.request("GET", poll)
        tasks = json.loads(answer)
        task = tasks[0] if tasks else None
        while task is not None:
            result = {
                "workflowInstanceId": task["workflowInstanceId"],
                "taskId": task["taskId"],
                "workerId": "bench",
                "status": "COMPLETED",
                "outputData": {"total": 12.5, "items": [1, 2, 3]},
            }
            status, answer = await connection.request("POST", "/api/tasks/update-v2", result)
            count()
            task = json.loads(answer) if status == 200 else None
    connection.close()


async def with_workers(target: Target, task_type: str, tasks: int, load: Callable[[], Awaitable[None]]) -> float:
    """Seconds from the start of a load until so many tasks were done."""
    done, left = asyncio.Event(), tasks

    def count() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            done.set()

    started = time.perf_counter()
    slots = [asyncio.create_task(work(target, task_type, done, count)) for _ in range(WORKERS)]
    await load()
    await asyncio.wait_for(done.wait(), MOST_SECONDS)
    elapsed = time.perf_counter() - started
    await asyncio.gather(*slots)
    return elapsed


async def start_many(target: Target, name: str, how_many: int) -> None:
    left = iter(range(how_many))

    async def starter() -> None:
        connection = Connection(target.url)
        for number in left:
            body = {"name": name, "version": 1, "input": {"order": {"id": number, "lines": ["a", "b"]}}}
            status, answer = await connection.request("POST", "/api/workflow", body)
            if status != 200:
                raise SystemExit(f"{target.name}: start answered {status}: {answer.decode()[:300]}")
        connection.close()

    await asyncio.gather(*(starter() for _ in range(STARTERS)))


async def rate(target: Target, label: str, length: int, how_many: int) -> None:
    """Workflows of `length` tasks started and completed per second."""
    name = task_type = f"bench_{label}_{RUN}"
    await register(target, name, chain(length, task_type), task_type)
    warm_up = WARM_UP // length
    await with_workers(target, task_type, warm_up * length, lambda: start_many(target, name, warm_up))
    elapsed = await with_workers(target, task_type, how_many * length, lambda: start_many(target, name, how_many))
    target.figures[f"{length}-task workflows/s"] = how_many / elapsed


async def fork(target: Target, width: int) -> None:
    """Seconds to fork into `width` tasks, do them and join."""
    name = task_type = f"bench_fork_{RUN}"
    tasks: list[dict[str, Any]] = [
        {
            "name": "fork", "taskReferenceName": "fork", "type": "FORK_JOIN_DYNAMIC",
            "inputParameters": {"forkTaskName": task_type, "forkTaskInputs": "${workflow.input.items}"},
            "dynamicForkTasksParam": "x", "dynamicForkTasksInputParamName": "y",
        },
        {"name": "join", "taskReferenceName": "join", "type": "JOIN"},
    ]  # fmt: skip
    await register(target, name, tasks, task_type)
    items = [{"order": n} for n in range(width)]

    async def load() -> None:
        await target.call("POST", "/workflow", {"name": name, "version": 1, "input": {"items": items}})

    target.figures[f"fork of {width}, s"] = await with_workers(target, task_type, width, load)


async def latency(target: Target, length: int, how_many: int) -> None:
    """Milliseconds of a synchronous execution, at the median and the 99th percentile."""
    name = task_type = f"bench_sync{length}_{RUN}"
    await register(target, name, chain(length, task_type), task_type)
    times: list[float] = []

    async def load() -> None:
        connection = Connection(target.url)
        for _ in range(how_many):
            started = time.perf_counter()
            body = {"name": name, "version": 1, "input": {"order": {"id": 1}}}
            status, answer = await connection.request("POST", f"/api/workflow/execute/{name}/1", body)
            times.append((time.perf_counter() - started) * 1000)
            if status != 200 or json.loads(answer)["status"] != "COMPLETED":
                raise SystemExit(f"{target.name}: execute answered {status}: {answer.decode()[:300]}")
        connection.close()

    await with_workers(target, task_type, how_many * length, load)
    target.figures[f"execute {length} task(s), median ms"] = statistics.median(times)
    target.figures[f"execute {length} task(s), p99 ms"] = statistics.quantiles(times, n=100)[98]


async def measure(target: Target, scale: float) -> None:
    real = target.name != "embedded"
    process = psutil.Process(target.pid)
    target.figures["MB when ready"] = process.memory_info().rss / 1e6
    before, ones = sum(process.cpu_times()[:2]), int((600 if real else 6000) * scale)
    await rate(target, "one", 1, ones)
    used = sum(process.cpu_times()[:2]) - before
    target.figures["CPU s per 1,000 of them"] = used / (ones + WARM_UP) * 1000
    await rate(target, "ten", 10, int((60 if real else 600) * scale))
    await fork(target, 1000)
    await latency(target, 1, max(20, int((50 if real else 500) * scale)))
    await latency(target, 10, max(10, int((20 if real else 100) * scale)))
    target.figures["MB after"] = process.memory_info().rss / 1e6


@contextlib.contextmanager
def real_server(script: str, store: str, port: int) -> Iterator[Target]:
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["--port", str(port), "--dir", folder]
        try:
            started = time.perf_counter()
            said = subprocess.run(
                [script, "up", *arguments, "--db", store], check=True, capture_output=True, text=True, timeout=180
            )
            pid = int(Path(folder, "server.pid").read_text())
            target = Target(f"real/{store}", said.stdout.split()[-1].removesuffix("/api"), pid)
            target.figures["s until ready"] = time.perf_counter() - started
            yield target
        finally:
            subprocess.run([script, "down", *arguments], check=False)


@contextlib.contextmanager
def embedded_server(durability: str) -> Iterator[Target]:
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        with embedded(process=True, database=Path(folder, "bench.db"), durability=durability) as server:
            target = Target("embedded", server.base_url, server.pid)
            target.figures["s until ready"] = time.perf_counter() - started
            yield target


def table(targets: list[Target]) -> str:
    mine, others = targets[0], targets[1:]
    heads = ["", mine.name] + [cell for other in others for cell in (other.name, "ratio")]
    rows = [heads, ["-"] * len(heads)]
    for name, value in mine.figures.items():
        cells = [name, f"{value:,.2f}"]
        for other in others:
            theirs = other.figures.get(name, float("nan"))
            better = value / theirs if name.endswith("/s") else theirs / value
            cells += [f"{theirs:,.2f}", f"{better:.1f}x"]
        rows.append(cells)
    widths = [max(len(row[i]) for row in rows) for i in range(len(heads))]
    return "\n".join("| " + " | ".join(f"{c:<{w}}" for c, w in zip(row, widths, strict=True)) + " |" for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--oss", default=os.environ.get("CONDUCTOR_OSS"), help="script that starts the real server")
    parser.add_argument("--with", dest="stores", nargs="*", default=[], choices=["sqlite", "redis"])
    parser.add_argument("--port", type=int, default=8095, help="port of the real server")
    parser.add_argument("--durability", choices=["full", "normal"], default="full", help="of the embedded engine")
    parser.add_argument("--scale", type=float, default=1.0, help="how much load, 1 being about 20 s a server")
    options = parser.parse_args()
    targets = []
    servers: list[contextlib.AbstractContextManager[Target]] = [embedded_server(options.durability)]
    if options.stores and not options.oss:
        parser.error("--with needs --oss SCRIPT or CONDUCTOR_OSS")
    servers += [real_server(options.oss, store, options.port) for store in options.stores]
    for server in servers:
        with server as target:
            asyncio.run(measure(target, options.scale))
            targets.append(target)
    print(f"{WORKERS} worker slots, {STARTERS} starters; durability of the embedded engine: {options.durability}")
    print("ratio: how many times better the embedded engine is\n")
    print(table(targets))


if __name__ == "__main__":
    main()
