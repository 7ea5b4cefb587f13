"""The high-level clients, against conductor-python 2.0.0's: the same call makes the same request.

What theirs send stands in corpora/peer-calls.json, as client_calls.py wrote it down.
"""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
CORPUS = HERE.parents[1] / "corpora" / "peer-calls.json"

#: Calls that make another request here, and why.
KNOWN: dict[str, str] = {
    "OrkesSchedulerClient.search_schedule_executions": "theirs raises TypeError when given a sort order",
    "OrkesTaskClient.update_task_by_ref_name": "theirs raises TypeError when given worker_id, and wraps all outputs",
    "OrkesTaskClient.update_task_sync": "theirs raises TypeError when given worker_id",
    "OrkesWorkflowClient.execute_workflow": "theirs waits for a task named None where none is given",
    "OrkesWorkflowClient.skip_task_from_workflow": "theirs sends the request as Python writes it",
}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def load_calls() -> Any:
    spec = importlib.util.spec_from_file_location("client_calls", HERE / "client_calls.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def meaning(value: Any) -> Any:
    """JSON without what says nothing: null, empty, false, zero."""
    if isinstance(value, dict):
        kept = {key: meaning(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in (None, "", [], {}, False, 0)} or None
    if isinstance(value, list):
        return [meaning(item) for item in value] or None
    return value or None


def shown(request: list[Any]) -> list[Any]:
    method, path, query, body = request
    # Numbers that are drawn, and the host's name, differ each time.
    drawn = {"requestId": UUID.sub("DRAWN", str(dict(query).get("requestId"))), "workerid": "HOST"}
    pairs = sorted([key, drawn.get(key, value.lower())] for key, value in query)
    text = json.dumps(meaning(body)).replace(', "idempotencyStrategy": "FAIL"', "")  # what a server takes anyway
    return [method, path, pairs, json.loads(text)]


def differences() -> dict[str, str]:
    theirs = json.loads(CORPUS.read_text())
    ours = load_calls().record({name: call["parameters"] for name, call in theirs.items()})
    found = {}
    for name, call in theirs.items():
        expected = [shown(request) for request in call["requests"]]
        got = [shown(request) for request in ours[name]["requests"]] if name in ours else "no such method"
        if got != expected:
            found[name] = f"\n   there {json.dumps(expected)}\n   here  {json.dumps(got)}"
    return found


@pytest.fixture(scope="module")
def different() -> dict[str, str]:
    return differences()


def test_the_same_call_makes_the_same_request(different: dict[str, str]) -> None:
    """Method, path, query and body are the same, but for a short list of calls, each with its reason."""
    unexpected = {name: how for name, how in different.items() if name.rpartition(" ")[0] not in KNOWN}
    assert not unexpected, "\n".join(f"{name}: {how}" for name, how in unexpected.items())


def test_each_known_difference_still_is_one(different: dict[str, str]) -> None:
    """The list names no call that has become the same."""
    names = {name.rpartition(" ")[0] for name in different}
    assert KNOWN.keys() <= names, KNOWN.keys() - names
