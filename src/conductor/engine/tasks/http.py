"""HTTP: asks a web server. What is asked is decided here; a function that the engine is given asks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from conductor.engine.expressions import java_str, resolve_secrets
from conductor.engine.model import WorkflowTask
from conductor.engine.state import Execution, TaskRecord
from conductor.engine.tasks.base import Host, Outcome, TaskType, is_async_complete
from conductor.engine.turn import Turn

#: in milliseconds, where the task does not say
_CONNECT_MS = _READ_MS = 3000


class Fetched(Protocol):
    """An answer."""

    @property
    def status(self) -> int: ...
    @property
    def reason(self) -> str: ...
    @property
    def headers(self) -> Sequence[tuple[str, str]]: ...
    @property
    def body(self) -> bytes: ...


class Fetch(Protocol):
    """Sends a request and returns the answer; raises what keeps it from doing so."""

    def __call__(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        connect_seconds: float,
        read_seconds: float,
    ) -> Fetched: ...


class Request(msgspec.Struct, kw_only=True, rename="camel"):
    """What a task asks."""

    uri: str | None = None
    method: str | None = None
    headers: dict[str, Any] | None = None
    body: Any = None
    accept: Any = None
    content_type: Any = None
    connection_time_out: Any = None
    read_time_out: Any = None


class Http(TaskType):
    """Runs in a thread; ends with the answer, or (asyncComplete) by an update from outside."""

    name = "HTTP"
    asynchronous = True

    def map(self, turn: Turn, node: WorkflowTask, iteration: int) -> list[TaskRecord]:
        tasks = super().map(turn, node, iteration)
        definition = node.task_definition
        for task in tasks:
            task.input = {**task.input, "asyncComplete": node.async_complete}
            if definition is not None:
                task.rate_limit = definition.rate_limit_per_frequency
                task.rate_window = definition.rate_limit_frequency_in_seconds
        return tasks

    def launch(self, host: Host, execution: Execution, task: TaskRecord) -> None:
        inputs = resolve_secrets(task.input, host.env.secrets)
        asked = inputs.get("http_request")
        stays_open = is_async_complete(task, execution.node(task))
        fetch = host.fetch
        try:
            request = msgspec.convert(asked if isinstance(asked, dict) else inputs, Request, strict=False)
        except msgspec.ValidationError as error:
            problem = f"Invalid HTTP request: {error}"
            host.run(execution, task, lambda: Outcome("FAILED", problem))
            return
        host.run(execution, task, lambda: _ask(fetch, request, stays_open))


def _ask(fetch: Fetch | None, request: Request, stays_open: bool) -> Outcome:
    if not request.uri:
        problem = "Missing HTTP URI.  See documentation for HttpTask for required input parameters"
        return Outcome("FAILED", problem)
    if not request.method:
        return Outcome("FAILED", "No HTTP method specified")
    method = request.method.upper()
    if fetch is None:
        return _failed("this engine is not allowed to send requests")
    body, headers = _body(request), _headers(request)
    try:
        answer = fetch(
            method,
            request.uri,
            headers,
            body,
            connect_seconds=_millis(request.connection_time_out, _CONNECT_MS) / 1000,
            read_seconds=_millis(request.read_time_out, _READ_MS) / 1000,
        )
    except Exception as error:  # noqa: BLE001 - whatever keeps the request from being answered fails the task
        return _failed(f'I/O error on {method} request for "{request.uri}": {error}')
    if not 200 <= answer.status < 300:
        text = answer.body.decode(errors="replace")
        shown = f'"{text}"' if text else "[no body]"
        return _failed(f'{answer.status}  on {method} request for "{request.uri}": {shown}')
    return Outcome("IN_PROGRESS" if stays_open else "COMPLETED", None, {"response": _shown(answer)})


def _failed(problem: str) -> Outcome:
    text = f"java.lang.Exception: {problem}"
    return Outcome("FAILED", f"Failed to invoke HTTP task due to: {text}", {"response": text})


def _headers(request: Request) -> dict[str, str]:
    accept = request.accept or "application/json"
    headers = {
        "Accept": ", ".join(map(java_str, accept)) if isinstance(accept, list) else java_str(accept),
        "Content-Type": java_str(request.content_type or "application/json"),
    }
    for name, value in (request.headers or {}).items():
        known = next((known for known in headers if known.lower() == name.lower()), name)
        headers[known] = ",".join(map(java_str, value)) if isinstance(value, list) else java_str(value)
    return headers


def _body(request: Request) -> bytes | None:
    if request.body is None:
        return None
    return request.body.encode() if isinstance(request.body, str) else msgspec.json.encode(request.body)


def _shown(answer: Fetched) -> dict[str, Any]:
    headers: dict[str, list[str]] = {}
    for name, value in answer.headers:
        headers.setdefault(name, []).append(value)
    return {
        "headers": headers,
        "reasonPhrase": answer.reason,
        "body": _content(answer.body),
        "statusCode": answer.status,
    }


def _content(body: bytes) -> Any:
    """Objects and arrays are read, numbers become doubles, all else stays text."""
    if not body:
        return None
    text = body.decode(errors="replace")
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return text
    if isinstance(value, (dict, list)):
        return value
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else text


def _millis(value: Any, default: int) -> int:
    try:
        return int(value) if value is not None else default
    except (TypeError, ValueError):
        return default
