"""KAFKA_PUBLISH: sends a record to a Kafka topic, by the package `kafka-python` where it is installed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import msgspec

from conductor.engine.expressions import resolve_secrets
from conductor.engine.model import WorkflowTask
from conductor.engine.state import Execution, TaskRecord
from conductor.engine.tasks.base import Host, Outcome, TaskType, is_async_complete
from conductor.engine.turn import Turn

_SEE = "See documentation for KafkaTask for required input parameters"
#: in milliseconds, where the task does not say
_REQUEST_MS, _BLOCK_MS = 100, 500


class KafkaPublish(TaskType):
    """Runs in a thread."""

    name = "KAFKA_PUBLISH"
    asynchronous = True

    def map(self, turn: Turn, node: WorkflowTask, iteration: int) -> list[TaskRecord]:
        tasks = super().map(turn, node, iteration)
        for task in tasks:
            task.input = {**task.input, "asyncComplete": node.async_complete}
        return tasks

    def launch(self, host: Host, execution: Execution, task: TaskRecord) -> None:
        request = resolve_secrets(task.input.get("kafka_request"), host.env.secrets)
        stays_open = is_async_complete(task, execution.node(task))
        host.run(execution, task, lambda: _publish(request, stays_open))


def _publish(request: Any, stays_open: bool) -> Outcome:
    problem = _problem(request)
    if problem is not None:
        return Outcome("FAILED", problem)
    try:
        _send(request)
    except Exception as error:  # noqa: BLE001 - whatever the client of Kafka raises fails the task
        return Outcome("FAILED", f"Failed to invoke kafka task due to: {error}")
    return Outcome("IN_PROGRESS" if stays_open else "COMPLETED")


def _problem(request: Any) -> str | None:
    if not isinstance(request, dict):
        return f"Missing Kafka request. {_SEE}"
    if not request.get("bootStrapServers"):
        return "No boot strap servers specified"
    if not request.get("topic"):
        return f"Missing Kafka topic. {_SEE}"
    return f"Missing Kafka value.  {_SEE}" if request.get("value") is None else None


def _send(request: dict[str, Any]) -> None:
    producer = import_module("kafka").KafkaProducer(
        bootstrap_servers=request["bootStrapServers"],
        request_timeout_ms=max(int(request.get("requestTimeoutMs") or _REQUEST_MS), 100),
        max_block_ms=int(request.get("maxBlockMs") or _BLOCK_MS),
    )
    try:
        headers = [(str(name), str(value).encode()) for name, value in (request.get("headers") or {}).items()]
        producer.send(
            request["topic"], key=_bytes(request.get("key")), value=_bytes(request["value"]), headers=headers
        ).get(timeout=10)
    finally:
        producer.close(timeout=1)


def _bytes(value: Any) -> bytes | None:
    if value is None:
        return None
    return value.encode() if isinstance(value, str) else msgspec.json.encode(value)
