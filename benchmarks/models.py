"""How fast are the models? A Task and a Workflow of 100 tasks made, encoded, decoded, beside conductor-python 2.0.0.

`python benchmarks/models.py` measures both in one call, in turns, each in a process of its own, and prints the ratios.
The peer is installed into `.venv-peer` at the first run, unless `--peer PYTHON` names a Python that has it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import timeit
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PEER = "conductor-python==2.0.0"
#: Each measurement repeats its work for about this many seconds, and the best of all turns counts.
SECONDS = 0.15
TURNS = 5
WHAT = ("Task", "Workflow of 100 tasks")

DEFINITION: dict[str, Any] = {
    "name": "python_task", "taskReferenceName": "python_ref", "inputParameters": {"order": "${workflow.input.order}"},
    "type": "SIMPLE", "decisionCases": {}, "defaultCase": [], "forkTasks": [], "startDelay": 0, "joinOn": [],
    "optional": False, "defaultExclusiveJoinTask": [], "asyncComplete": False, "loopOver": [], "onStateChange": {},
    "permissive": False,
}  # fmt: skip
TASK: dict[str, Any] = {
    "taskType": "python_task", "status": "IN_PROGRESS",
    "inputData": {"order": {"id": 7, "lines": [{"sku": "a", "n": 2}]}},
    "referenceTaskName": "python_ref", "retryCount": 0, "seq": 1, "correlationId": "order-7", "pollCount": 1,
    "taskDefName": "python_task", "scheduledTime": 1795250315220, "startTime": 1795250315228, "endTime": 0,
    "updateTime": 1795250315228, "startDelayInSeconds": 0, "retried": False, "executed": False,
    "callbackFromWorker": True, "responseTimeoutSeconds": 3600,
    "workflowInstanceId": "e4366f05-1d2c-4c2a-9d0c-5a9a1b2c3d4e", "workflowType": "orders",
    "taskId": "8290dd7e-1d2c-4c2a-9d0c-5a9a1b2c3d4e", "callbackAfterSeconds": 0, "workerId": "w1",
    "outputData": {"total": 12.5, "ok": True}, "workflowTask": DEFINITION, "rateLimitPerFrequency": 0,
    "rateLimitFrequencyInSeconds": 1, "workflowPriority": 5, "iteration": 0, "subworkflowChanged": False,
    "firstStartTime": 0, "loopOverTask": False, "queueWaitTime": 8,
}  # fmt: skip
WORKFLOW: dict[str, Any] = {
    "ownerApp": "", "createTime": 1795250315202, "updateTime": 1795250316850, "status": "COMPLETED",
    "endTime": 1795250316850, "workflowId": "e4366f05-1d2c-4c2a-9d0c-5a9a1b2c3d4e", "tasks": [TASK] * 100,
    "input": {"order": 7}, "output": {"total": 12.5}, "taskToDomain": {}, "failedReferenceTaskNames": [],
    "priority": 5, "variables": {}, "lastRetriedTime": 0, "failedTaskNames": [], "history": [], "rateLimited": False,
    "startTime": 1795250315202, "workflowName": "orders", "workflowVersion": 1,
}  # fmt: skip


def ours() -> dict[str, Callable[[], object]]:
    sys.path.insert(0, str(ROOT / "src"))
    from conductor.client.http._codec import decode_body, encode_json
    from conductor.client.http._port import Response
    from conductor.client.http.models import Task, Workflow

    def decode(data: bytes, kind: type) -> object:
        return decode_body(Response(200, "OK", {}, data), kind, "GET", "http://localhost")

    return work(Task, Workflow, encode_json, decode)


def theirs() -> dict[str, Callable[[], object]]:
    from conductor.client.http.api_client import ApiClient
    from conductor.client.http.models import Task, Workflow

    client = ApiClient()

    def encode(model: object) -> object:
        return json.dumps(client.sanitize_for_serialization(model))

    def decode(data: bytes, kind: type) -> object:
        return client.deserialize(Answer(data), kind)

    return work(Task, Workflow, encode, decode)


class Answer:
    """What the peer reads an answer from."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def json(self) -> object:
        return json.loads(self.data)


def work(
    task: Any, workflow: Any, encode: Callable[[Any], Any], decode: Callable[[bytes, type], Any]
) -> dict[str, Callable[[], object]]:
    """The six things that are measured, checked once before."""
    task_data, workflow_data = json.dumps(TASK).encode(), json.dumps(WORKFLOW).encode()
    a_task, a_workflow = decode(task_data, task), decode(workflow_data, workflow)
    assert a_task.input_data == TASK["inputData"]
    assert json.loads(encode(a_workflow))["tasks"][99]["taskId"] == TASK["taskId"]
    task_fields = {name: getattr(a_task, name) for name, wire in task.attribute_map.items() if wire in TASK}
    fields = {name: getattr(a_workflow, name) for name, wire in workflow.attribute_map.items() if wire in WORKFLOW}

    def make_workflow() -> object:
        return workflow(**{**fields, "tasks": [task(**task_fields) for _ in range(100)]})

    return {
        # The floor: what Python itself needs to pass the same keywords.
        "(a dict of a Task's fields)": lambda: dict(**task_fields),
        "make a Task": lambda: task(**task_fields),
        "encode a Task": lambda: encode(a_task),
        "decode a Task": lambda: decode(task_data, task),
        "make a Workflow of 100 tasks": make_workflow,
        "encode a Workflow of 100 tasks": lambda: encode(a_workflow),
        "decode a Workflow of 100 tasks": lambda: decode(workflow_data, workflow),
    }


def measure(jobs: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds that each takes."""
    result = {}
    for name, job in jobs.items():
        timer = timeit.Timer(job)
        number = max(1, int(SECONDS / max(timer.timeit(1), 1e-7)))
        result[name] = timer.timeit(number) / number
    return result


def peer_python() -> str:
    folder = ROOT / ".venv-peer"
    python = folder / "bin/python"
    if not python.exists():
        print(f"installing {PEER} into {folder.name} (the first time only)", file=sys.stderr)
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PEER], check=True)
    return str(python)


def turn(python: str, side: str) -> dict[str, float]:
    """One measurement, in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [python, str(Path(__file__).resolve()), "--measure", side]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", help="a Python that has conductor-python 2.0.0 installed")
    parser.add_argument("--measure", choices=["ours", "peer"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(ours() if arguments.measure == "ours" else theirs())))
        return
    pythons = {"ours": sys.executable, "peer": arguments.peer or peer_python()}
    turns = [{side: turn(python, side) for side, python in pythons.items()} for _ in range(TURNS)]
    best = {side: {name: min(each[side][name] for each in turns) for name in turns[0][side]} for side in pythons}
    for figures in best.values():
        for what in WHAT:
            figures[f"all three, a {what}"] = sum(figures[f"{verb} a {what}"] for verb in ("make", "encode", "decode"))
    print(f"{'':34}{'ours':>12}{'peer':>12}{'ratio':>9}")
    for name in best["ours"]:
        mine, other = best["ours"][name], best["peer"][name]
        print(f"{name:34}{mine * 1e6:9.1f} us{other * 1e6:9.1f} us{other / mine:8.1f}x")


if __name__ == "__main__":
    main()
