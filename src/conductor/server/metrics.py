"""Counters and gauges in Prometheus' text form, under the real server's names where it has them.

Written by hand: the text form is a page of rules, and a metrics library would cost more start-up time than the router.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator

from conductor.engine.service import Engine
from conductor.server.router import Route

#: Series of one metric; what comes after is counted under the label OVERFLOW, so that no client can fill the memory.
MOST_SERIES = 500
OVERFLOW = "other"


class _Timing:
    __slots__ = ("count", "longest", "total")

    def __init__(self) -> None:
        self.count, self.total, self.longest = 0, 0.0, 0.0


class Metrics:
    """What the HTTP face counts. Labels hold route templates and queue names, never ids."""

    def __init__(self) -> None:
        self._started = time.time()
        self._requests: dict[tuple[str, str, int], _Timing] = defaultdict(_Timing)
        self._polls: dict[tuple[str, str | None], int] = {}
        self._polled: dict[tuple[str, str | None], int] = {}

    def request(self, method: str, route: Route | None, status: int, seconds: float) -> None:
        """Count an answered request."""
        timing = self._requests[(route.method, route.template, status) if route else (method, "UNKNOWN", status)]
        timing.count += 1
        timing.total += seconds
        timing.longest = max(timing.longest, seconds)

    def poll(self, queue: tuple[str, str | None], tasks: int) -> None:
        """Count a poll of a queue (type, domain) and the tasks that it brought."""
        if queue not in self._polls and len(self._polls) >= MOST_SERIES:
            queue = (OVERFLOW, None)
        self._polls[queue] = self._polls.get(queue, 0) + 1
        self._polled[queue] = self._polled.get(queue, 0) + tasks

    def text(self, engine: Engine) -> str:
        """All metrics, with the engine's queues as they are now."""
        return "\n".join([*self._http(), *self._queues(engine), *self._process(), ""])

    def _http(self) -> Iterator[str]:
        yield from _head("http_server_requests_seconds", "summary", "Requests answered, by route")
        for (method, uri, status), timing in sorted(self._requests.items()):
            labels = _labels(method=method, uri=uri, status=str(status))
            yield f"http_server_requests_seconds_count{labels} {timing.count}"
            yield f"http_server_requests_seconds_sum{labels} {timing.total:.6f}"
        yield from _head("http_server_requests_seconds_max", "gauge", "The slowest request, by route")
        for (method, uri, status), timing in sorted(self._requests.items()):
            labels = _labels(method=method, uri=uri, status=str(status))
            yield f"http_server_requests_seconds_max{labels} {timing.longest:.6f}"

    def _queues(self, engine: Engine) -> Iterator[str]:
        yield from _head("task_poll_total", "counter", "Polls of a task type")
        totals: dict[str, int] = defaultdict(int)
        for (task_type, _), count in self._polls.items():
            totals[task_type] += count
        for task_type, count in sorted(totals.items()):
            yield f"task_poll_total{_labels(taskType=task_type)} {count}"
        yield from _head("task_poll_count_total", "counter", "Tasks handed out by polls")
        for (task_type, domain), count in sorted(self._polled.items(), key=str):
            yield f"task_poll_count_total{_labels(domain=str(domain or 'null'), taskType=task_type)} {count}"
        yield from _head("task_queue_depth", "gauge", "Messages in a queue")
        for queue, size in list(engine.all_queue_sizes().items())[:MOST_SERIES]:
            yield f"task_queue_depth{_labels(taskType=queue)} {size}"

    def _process(self) -> Iterator[str]:
        yield from _head("process_start_time_seconds", "gauge", "Start of the process, seconds since the epoch")
        yield f"process_start_time_seconds {self._started:.3f}"
        yield from _head("process_cpu_seconds_total", "counter", "CPU time used")
        yield f"process_cpu_seconds_total {time.process_time():.3f}"
        resident = _resident_bytes()
        if resident:
            yield from _head("process_resident_memory_bytes", "gauge", "Resident memory")
            yield f"process_resident_memory_bytes {resident}"


def _head(name: str, kind: str, what: str) -> tuple[str, str]:
    return f"# HELP {name} {what}", f"# TYPE {name} {kind}"


def _labels(**labels: str) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _resident_bytes() -> int | None:
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * 4096
    except OSError:
        return None
