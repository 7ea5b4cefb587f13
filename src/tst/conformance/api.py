"""What conformance tests speak with: HTTP and nothing else, to the embedded server or to the real one."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
import urllib3

from tst.conformance.differences import Difference

T = TypeVar("T")
DEADLINE_SECONDS = 20.0
TERMINAL = ("COMPLETED", "FAILED", "TERMINATED", "TIMED_OUT")


@dataclass(frozen=True)
class Answer:
    """An answer as tests look at it."""

    method: str
    path: str
    status: int
    text: str

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.text)

    @property
    def message(self) -> str:
        """The message of an error body."""
        return str(self.json["message"])

    @property
    def broken(self) -> list[tuple[str, str]]:
        """Path and message of every validation error, sorted."""
        return sorted((error["path"], error["message"]) for error in self.json["validationErrors"])

    def __repr__(self) -> str:
        return f"{self.method} {self.path} -> {self.status} {self.text[:500]}"


class Api:
    """A server: requests, and the sentences that most tests are made of."""

    def __init__(self, url: str, *, real: bool) -> None:
        self.url = url.rstrip("/").removesuffix("/api") + "/api"
        self.real = real
        self._pool = urllib3.PoolManager(maxsize=4, retries=False, timeout=urllib3.Timeout(30))

    def close(self) -> None:
        self._pool.clear()

    def expected(self, difference: Difference) -> Any:
        """What this server does where the two differ on purpose."""
        return difference.real if self.real else difference.ours

    def request(self, method: str, path: str, body: Any = None, *, text: str | None = None, **query: Any) -> Answer:
        """Send a request; `body` goes as JSON, `text` as plain text, None in the query is left out."""
        known = {key: value for key, value in query.items() if value is not None}
        for key, value in known.items():
            known[key] = str(value).lower() if isinstance(value, bool) else value
        target = f"{path}?{urlencode(known, doseq=True)}" if known else path
        headers, content = {}, None
        if text is not None:
            headers, content = {"Content-Type": "text/plain"}, text.encode()
        elif body is not None:
            headers, content = {"Content-Type": "application/json"}, msgspec.json.encode(body)
        response = self._pool.request(method, self.url + target, body=content, headers=headers)
        return Answer(method, target, response.status, response.data.decode())

    def request_raw(self, method: str, path: str, text: str, content_type: str = "application/json") -> Answer:
        """Send a text as it is."""
        headers = {"Content-Type": content_type}
        response = self._pool.request(method, self.url + path, body=text.encode(), headers=headers)
        return Answer(method, path, response.status, response.data.decode())

    def get(self, path: str, **query: Any) -> Answer:
        return self.request("GET", path, **query)

    def post(self, path: str, body: Any = None, **query: Any) -> Answer:
        return self.request("POST", path, body, **query)

    def put(self, path: str, body: Any = None, **query: Any) -> Answer:
        return self.request("PUT", path, body, **query)

    def delete(self, path: str, **query: Any) -> Answer:
        return self.request("DELETE", path, **query)

    def good(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The answer of a request that must succeed: its JSON, its text where it is none, None where it is empty."""
        answer = self.request(method, path, body, **query)
        assert answer.status in (200, 204), answer
        if not answer.text:
            return None
        return answer.json if answer.text[0] in '[{"' or answer.text in ("true", "false") else answer.text

    def register_task(self, name: str, **fields: Any) -> str:
        """Register a task definition; the retry delay is 0 unless said otherwise."""
        self.good("POST", "/metadata/taskdefs", [{"name": name, "retryDelaySeconds": 0, **fields}])
        return name

    def register(self, *tasks: Any, name: str | None = None, **fields: Any) -> str:
        """Register a workflow definition and give its name."""
        name = name or unique("wf")
        definition = {"name": name, "version": 1, "schemaVersion": 2, "tasks": list(tasks), **fields}
        self.good("PUT", "/metadata/workflow", [definition])
        return name

    def start(self, name: str, input: Any = None, **fields: Any) -> Run:
        """Start a registered workflow."""
        body = {"name": name, "input": {} if input is None else input, **fields}
        return Run(self, self.good("POST", "/workflow", body))

    def run(self, *tasks: Any, input: Any = None, request: Any = None, **fields: Any) -> Run:
        """Start a workflow of these tasks, defined in the request; `fields` are the definition's."""
        name = unique("wf")
        definition = {"name": name, "version": 1, "schemaVersion": 2, "tasks": list(tasks), **fields}
        return self.start(name, input, workflowDef=definition, **(request or {}))

    def poll(self, task_type: str, *, count: int = 1, timeout: int = 100, **query: Any) -> list[Any]:
        """A batch of tasks for a worker."""
        path = f"/tasks/poll/batch/{task_type}"
        tasks: list[Any] = self.good("GET", path, count=count, timeout=timeout, workerid="w", **query)
        return tasks

    def poll_one(self, task_type: str, **query: Any) -> Any:
        """A task for a worker, once there is one."""
        return until(lambda: self.poll(task_type, **query), bool)[0]

    def update(self, task: Any, status: str = "COMPLETED", **fields: Any) -> Answer:
        """Report a task."""
        ids = {"taskId": task["taskId"], "workflowInstanceId": task["workflowInstanceId"]}
        return self.post("/tasks", {**ids, "status": status, **fields})


class Run:
    """One workflow execution."""

    def __init__(self, api: Api, workflow_id: str) -> None:
        self.api = api
        self.id = workflow_id

    def get(self) -> Any:
        return self.api.good("GET", f"/workflow/{self.id}")

    @property
    def status(self) -> str:
        status = self.api.good("GET", f"/workflow/{self.id}/status")["status"]
        assert isinstance(status, str)
        return status

    def tasks(self, reference: str | None = None) -> list[Any]:
        """The tasks in order, or all attempts of one."""
        return [task for task in self.get()["tasks"] if reference in (None, task["referenceTaskName"])]

    def task(self, reference: str) -> Any:
        """The latest attempt of a task."""
        found = self.tasks(reference)
        assert found, f"there is no task {reference}: {[task['referenceTaskName'] for task in self.tasks()]}"
        return found[-1]

    def statuses(self) -> dict[str, str]:
        """The status of the latest attempt of each task."""
        return {task["referenceTaskName"]: task["status"] for task in self.tasks()}

    def ended(self, status: str | None = "COMPLETED", seconds: float = DEADLINE_SECONDS) -> Any:
        """The workflow, once it has ended (with this status)."""
        workflow = until(self.get, lambda found: found["status"] in TERMINAL, seconds)
        reason = workflow.get("reasonForIncompletion")
        assert status in (None, workflow["status"]), f"{workflow['status']}, not {status}: {reason}"
        return workflow

    def awaits(self, reference: str, *statuses: str, seconds: float = DEADLINE_SECONDS) -> Any:
        """The latest attempt of a task, once it is there with one of these statuses (SCHEDULED unless given)."""
        wanted = statuses or ("SCHEDULED",)

        def latest() -> Any:
            found = self.tasks(reference)
            return found[-1] if found else None

        return until(latest, lambda task: task is not None and task["status"] in wanted, seconds)

    def update(self, reference: str, status: str = "COMPLETED", output: Any = None, **fields: Any) -> Answer:
        """Report the latest attempt of a task as a worker would, polled or not."""
        task = self.awaits(reference, "SCHEDULED", "IN_PROGRESS")
        answer = self.api.update(task, status, outputData=output or {}, **fields)
        assert answer.status == 200, answer
        return answer

    def complete(self, reference: str, **output: Any) -> Answer:
        return self.update(reference, "COMPLETED", output)

    def fail(self, reference: str, reason: str | None = None, **output: Any) -> Answer:
        return self.update(reference, "FAILED", output, reasonForIncompletion=reason)

    def terminate(self) -> None:
        self.api.delete(f"/workflow/{self.id}")


def until(
    probe: Callable[[], T], good: Callable[[T], bool], seconds: float = DEADLINE_SECONDS, interval: float = 0.02
) -> T:
    """The probe's value, once it is good; fails with the last one when it is not in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = probe()
        if good(value):
            return value
        assert time.monotonic() < deadline, f"not in {seconds} s: {value!r:.500}"
        time.sleep(interval)


def unique(name: str) -> str:
    """A name that no other test uses."""
    return f"cf_{uuid.uuid4().hex[:10]}_{name}"


# --- tasks of definitions ------------------------------------------------------------------------------------------


def node(reference: str, type: str, inputs: Any = None, **fields: Any) -> dict[str, Any]:
    """Any task of a definition."""
    task = {"name": reference, "taskReferenceName": reference, "type": type, "inputParameters": inputs or {}}
    return {**task, **fields}


def simple(reference: str, inputs: Any = None, **fields: Any) -> dict[str, Any]:
    """A worker's task, of a type of its own, not retried unless the definition says so."""
    defaults: dict[str, Any] = {"name": unique(reference)} | ({} if "name" in fields else {"retryCount": 0})
    return node(reference, "SIMPLE", inputs, **{**defaults, **fields})


def inline(reference: str, expression: str, inputs: Any = None, **fields: Any) -> dict[str, Any]:
    return node(
        reference, "INLINE", {"evaluatorType": "javascript", "expression": expression, **(inputs or {})}, **fields
    )


def noop(reference: str, **fields: Any) -> dict[str, Any]:
    return node(reference, "NOOP", **fields)


def switch(reference: str, value: str, cases: Any, default: Any = (), **fields: Any) -> dict[str, Any]:
    """A SWITCH by a parameter whose value is the expression `value`."""
    shape = {"evaluatorType": "value-param", "expression": "p", "decisionCases": cases, "defaultCase": list(default)}
    return node(reference, "SWITCH", {"p": value}, **{**shape, **fields})


def fork(reference: str, *branches: Any, **fields: Any) -> dict[str, Any]:
    return node(reference, "FORK_JOIN", forkTasks=[list(branch) for branch in branches], **fields)


def join(reference: str, *on: str, **fields: Any) -> dict[str, Any]:
    return node(reference, "JOIN", joinOn=list(on), **fields)


def loop(reference: str, condition: str, *body: Any, inputs: Any = None, **fields: Any) -> dict[str, Any]:
    return node(reference, "DO_WHILE", inputs, loopCondition=condition, loopOver=list(body), **fields)


def times(reference: str, count: int, *body: Any, **fields: Any) -> dict[str, Any]:
    """A loop of a number of iterations."""
    return loop(reference, f"$.{reference}['iteration'] < {count}", *body, **fields)


def sub_workflow(reference: str, name: str, inputs: Any = None, version: Any = 1, **fields: Any) -> dict[str, Any]:
    return node(reference, "SUB_WORKFLOW", inputs, **{"subWorkflowParam": {"name": name, "version": version}, **fields})


def terminate(reference: str, status: str, **inputs: Any) -> dict[str, Any]:
    return node(reference, "TERMINATE", {"terminationStatus": status, **inputs})
