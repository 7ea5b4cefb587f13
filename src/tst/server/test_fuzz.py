"""Every operation of the document, fuzzed from its schema: no 5xx, no hang, no inside in an answer."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from conductor.engine.settings import EngineSettings
from conductor.server.handlers.system import document
from conductor.testing.embedded import embedded

DOCUMENT: dict[str, Any] = json.loads(document())
LEFT_OUT = ("/api/agent", "/api/a2a", "/api/providers", "/context.js")
OPERATIONS = [
    (method.upper(), path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    if not path.startswith(LEFT_OUT)
]
#: Answers of 501 that are Conductor's own: secrets in environment variables cannot be changed.
READ_ONLY = {("PUT", "/api/secrets/{key}"), ("DELETE", "/api/secrets/{key}")}
#: Operations where Conductor itself answers 500 to a state that forbids the request; clients rely on the message.
PARITY_500 = {"is not PAUSED so cannot resume", "cannot be skipped", "does not exist in the WorkflowDefinition"}
PARITY_500 |= {"WorkflowRepairService is disabled", "Invalid cron expression", "has no workflow definition available"}

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "12"))
MOST_SECONDS = 5.0

texts = st.text(max_size=20) | st.sampled_from(
    [
        *("", " ", "a", "name", "fuzz", "a.b", "a__b", "..", "%", "'", '"', "\x00", "é", "\U0001f600", "x" * 300),
        *("-1", "0", "1", "true", "null", "[]", "{}", "<script>", "*", "${workflow.input.x}", "${", "a AND b", "a:ASC"),
        *('status="RUNNING"', "SIMPLE", "COMPLETED", "WAIT", "HUMAN", "DO_WHILE", "FORK_JOIN", "javascript", "10 days"),
        *("0 0 * * * *", "conductor:x", "1970-01-01"),
    ]
)
numbers = st.sampled_from([0, 1, -1, 2, 100, 5001, 2**31 - 1, 2**31, -(2**31) - 1, 2**63, 10**30]) | st.integers(-5, 5)
scalars = st.none() | st.booleans() | numbers | st.floats(allow_nan=False, allow_infinity=False) | texts
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)


@cache
def of_name(name: str, depth: int) -> st.SearchStrategy[Any]:
    return of_schema(DOCUMENT["components"]["schemas"][name], depth)


def of_schema(schema: dict[str, Any], depth: int = 3) -> st.SearchStrategy[Any]:
    """Values that mostly fit a schema."""
    if "$ref" in schema:
        return of_name(schema["$ref"].rpartition("/")[2], depth - 1) if depth > 0 else st.just({})
    if "enum" in schema:
        return st.sampled_from([*schema["enum"], "OTHER", None])
    kind = schema.get("type")
    if kind == "array":
        return st.lists(of_schema(schema.get("items", {}), depth), max_size=2)
    if kind == "object" and "properties" in schema:
        members = {name: of_schema(inner, depth) for name, inner in schema["properties"].items()}
        return st.fixed_dictionaries({}, optional=members)
    if kind == "object":
        inner = schema.get("additionalProperties")
        values = of_schema(inner, depth) if isinstance(inner, dict) and inner else anything
        return st.dictionaries(texts, values, max_size=2)
    return {"string": texts, "integer": numbers, "number": numbers, "boolean": st.booleans()}.get(str(kind), anything)


def requests_of(operation: dict[str, Any]) -> st.SearchStrategy[tuple[dict[str, Any], Any, bytes | None]]:
    """Parameters, JSON body, or a body that is not even JSON."""
    parameters = {
        p["name"]: (p["in"], of_schema(p.get("schema", {})) | anything) for p in operation.get("parameters", [])
    }
    path = {name: value for name, (place, value) in parameters.items() if place == "path"}
    query = {name: value for name, (place, value) in parameters.items() if place == "query"}
    content = operation.get("requestBody", {}).get("content", {})
    schema = next(iter(content.values()), {}).get("schema", {})
    body = st.none() | of_schema(schema) | of_schema(schema) | of_schema(schema) | anything
    raw = st.none() | st.none() | st.none() | st.binary(max_size=30)
    return st.tuples(st.fixed_dictionaries(path, optional=query), body, raw)


@pytest.fixture(scope="module")
def fuzzed(client_of: Callable[[str], Any]) -> Iterator[Callable[..., Any]]:
    with embedded(engine_settings=EngineSettings(max_loop_iterations=50)) as server:
        yield client_of(server.base_url)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=[f"{m} {p}" for m, p, _ in OPERATIONS])
def test_no_request_breaks_the_server(
    fuzzed: Callable[..., Any], method: str, path: str, operation: dict[str, Any]
) -> None:
    """Whatever is asked: an answer within its time, below 500, with an error body that says what is wrong."""

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize="FUZZ_EXAMPLES" not in os.environ,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate],
    )  # fmt: skip
    @given(requests_of(operation))
    def fuzz(request: tuple[dict[str, Any], Any, bytes | None]) -> None:
        values, body, raw = request
        url = path
        for name in [p["name"] for p in operation.get("parameters", []) if p["in"] == "path"]:
            url = url.replace(f"{{{name}}}", quote(as_text(values.pop(name)) or "x", safe=""))
        values.update({name: 1 for name in values if name in ("waitForSeconds", "timeoutMillis")})
        query = urlencode({name: as_text(value) for name, value in values.items()})
        check(method, path, url + ("?" + query if query else ""), body, raw)

    def check(method: str, path: str, url: str, body: Any, raw: bytes | None) -> None:
        started = time.monotonic()
        content = {"raw": raw, "content_type": "application/json"} if raw is not None else {"body": body}
        answer = fuzzed(method, url, **content) if method != "GET" else fuzzed(method, url)
        took = time.monotonic() - started
        message = answer.body.decode(errors="replace")
        context = f"{method} {url} {content} -> {answer.status} in {took:.1f} s: {message[:500]}"

        assert took < MOST_SECONDS, context
        assert "Traceback" not in message, context
        if "not implemented by this version" in message:
            pytest.skip("the engine does not have this yet")
        if answer.status >= 500:
            expected = (method, path) in READ_ONLY or any(text in message for text in PARITY_500)
            assert expected, context
        if answer.status >= 400 and answer.body and (method, path) not in READ_ONLY:
            assert set(answer.json) >= {"status", "retryable"}, context

    fuzz()


def as_text(value: Any) -> str:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else json.dumps(value)
