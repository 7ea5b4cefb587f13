"""Folders of definitions as JSON: read, checked, registered."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from conductor.client.configuration.configuration import Configuration
from conductor.client.http.api_client import ApiClient
from conductor.client.workflow.definitions import DefinitionError, Definitions, load_definitions, register

WORKFLOWS = Path(__file__).resolve().parents[4] / "workflows"
TASK = {"name": "pack", "retryCount": 1, "timeoutSeconds": 60, "responseTimeoutSeconds": 30}
WORKFLOW = {
    "name": "ship", "version": 1, "schemaVersion": 2, "timeoutSeconds": 0,
    "tasks": [
        {"name": "pack", "taskReferenceName": "p", "type": "SIMPLE", "inputParameters": {"a": "${workflow.input.a}"}},
    ],
}  # fmt: skip


def write(folder: Path, **files: Any) -> Path:
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content, indent=2)
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return folder


def problems(folder: Path) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        load_definitions(folder)
    return [problem.replace(f"{folder}{os.sep}", "") for problem in caught.value.problems]


def workflow_with(**task: Any) -> dict[str, Any]:
    return {**WORKFLOW, "tasks": [{**WORKFLOW["tasks"][0], **task}]}  # type: ignore[index,dict-item]


def test_the_folder_that_ships_is_right() -> None:
    """The four small definitions and the one with both workers; nothing suspicious in them."""
    definitions = load_definitions(WORKFLOWS)
    assert {task.name for task in definitions.task_defs} == {"python_task_example", "cpp_task_example"}
    assert {workflow.name for workflow in definitions.workflow_defs} == {
        "order_fulfilment", "workflow_with_cpp_task_example", "workflow_with_python_task_example",
    }  # fmt: skip
    assert definitions.warnings == []
    order = next(w for w in definitions.workflow_defs if w.name == "order_fulfilment")
    assert [task.type for task in order.tasks or []] == ["FORK_JOIN", "JOIN", "SIMPLE"]


def test_a_file_may_hold_one_definition_or_a_list_and_folders_are_entered(tmp_path: Path) -> None:
    """A single file may be named, too."""
    (tmp_path / "more").mkdir()
    write(tmp_path, both=[TASK, WORKFLOW])
    write(tmp_path / "more", bom="\ufeff" + json.dumps({"name": "other"}))
    definitions = load_definitions(tmp_path)
    assert [d.name for d in definitions.task_defs] == ["pack", "other"]
    assert [d.name for d in definitions.workflow_defs] == ["ship"]
    assert len(load_definitions(tmp_path / "both.json").task_defs) == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{\n  "name": "x",\n  retryCount: 3\n}', "a.json:3: not valid JSON: "),
        ('{"name": NaN}', "a.json:1: not valid JSON: NaN is no number of JSON"),
        ("", "a.json:1: not valid JSON: "),
        ("[" * 100_000, "a.json:1: not valid JSON: "),
        ('{\n "name": "x",\n "name": "y"}', "a.json:3: name: stands twice in the same object"),
        ("3", "a.json:1: expected a task or workflow definition, got int"),
        ("[{}]", "a.json:1: name: a definition must have a name"),
        ({**TASK, "retryCuont": 3}, "a.json:6: retryCuont: unknown field; did you mean 'retryCount'?"),
        ({**TASK, "retryCount": "3"}, "a.json:3: retryCount: expected int, got str"),
        ({**TASK, "retryCount": -1}, "a.json:3: retryCount: expected a number of at least 0, got -1"),
        ({**TASK, "timeoutPolicy": "TIMEOUT_WF"},
         "a.json:6: timeoutPolicy: expected RETRY or TIME_OUT_WF or ALERT_ONLY, got 'TIMEOUT_WF'; did you mean "
         "'TIME_OUT_WF'?"),
        ({**TASK, "responseTimeoutSeconds": 90},
         "a.json:5: responseTimeoutSeconds: responseTimeoutSeconds 90 must not be more than timeoutSeconds, 60"),
        ({"name": "x", "timeoutSeconds": 60},
         "a.json:3: timeoutSeconds: responseTimeoutSeconds 3600, its default must not be more than timeoutSeconds, 60"),
        ({**WORKFLOW, "tasks": []}, "a.json:6: tasks: a workflow must have at least one task"),
        ({"name": "w", "version": 1, "task": [], "schemaVersion": 2},
         "a.json:4: task: unknown field; did you mean 'tasks'?"),
        (workflow_with(inputParameter={}),
         "a.json:14: tasks[0].inputParameter: unknown field; did you mean 'inputParameters'?"),
        (workflow_with(joinOn=["a", 3]), "a.json:16: tasks[0].joinOn[1]: expected str, got int"),
        (workflow_with(taskReferenceName=""),
         "a.json:9: tasks[0].taskReferenceName: a task must have a reference name"),
        (workflow_with(type="FORK_JOIN", forkTasks=[[{"name": "x", "taskReferenceName": "p"}]]),
         "a.json:18: tasks[0].forkTasks[0][0].taskReferenceName: 'p' is taken by another task"),
        (workflow_with(type="SWITCH"), "a.json:7: tasks[0].evaluatorType: a SWITCH task must have it"),
        (workflow_with(type="SWITCH", decisionCases={"a": [{"nam": "x"}]}),
         "a.json:17: tasks[0].decisionCases.a[0].nam: unknown field; did you mean 'name'?"),
        ({**WORKFLOW, "schemaVersion": 1}, "a.json:4: schemaVersion: expected 2, got 1"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_file_line_field_and_what_was_expected(
    tmp_path: Path, content: Any, problem: str
) -> None:
    """One line for each problem."""
    assert any(found.startswith(problem) for found in problems(write(tmp_path, a=content))), problems(tmp_path)


def test_all_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    """So that they can be mended in one go."""
    write(tmp_path, a={**TASK, "x": 1, "retryCount": "3"}, b="{")
    assert [found.split(":")[0] for found in problems(tmp_path)] == ["a.json", "a.json", "b.json"]


def test_a_definition_must_not_stand_in_two_files(tmp_path: Path) -> None:
    """The same task, or the same version of a workflow; both places are named."""
    write(tmp_path, a=[TASK, WORKFLOW], b=[TASK, WORKFLOW, {**WORKFLOW, "version": 2}])
    found = problems(tmp_path)
    assert len(found) == 2
    assert found[0].startswith("b.json:3: task 'pack' is defined already at ")
    assert "workflow 'ship' version 1 is defined already at" in found[1]
    assert found[1].endswith("a.json:9")


def test_what_refers_to_nothing_known_is_a_warning(tmp_path: Path) -> None:
    """The server may know the task, and a dynamic fork makes tasks at run time."""
    write(
        tmp_path,
        a=TASK,
        b=workflow_with(name="pakc", inputParameters={"x": "${q.output.y}"}),
        c={**workflow_with(name="x", type="SUB_WORKFLOW", subWorkflowParam={"name": "shop"}), "name": "outer"},
        d={**workflow_with(type="SIMPEL"), "name": "typo"},
    )
    found = [w.replace(f"{tmp_path}{os.sep}", "") for w in load_definitions(tmp_path).warnings]
    assert found == [
        "b.json:12: tasks[0].inputParameters.x: ${q.output.y}: 'q' is no task of this workflow",
        "b.json:7: tasks[0]: no task 'pakc' is defined here; did you mean 'pack'?",
        "c.json:7: tasks[0]: no workflow 'shop' is defined here; did you mean 'ship'?",
        "d.json:7: tasks[0]: the type 'SIMPEL' is none of Conductor's; did you mean 'SIMPLE'?",
    ]


def test_a_folder_that_is_missing_empty_or_unreadable_is_told(tmp_path: Path) -> None:
    """One line, no traceback."""
    assert problems(tmp_path / "none") == [f"{tmp_path / 'none'}: no such folder"]
    assert problems(tmp_path) == [f"{tmp_path}: holds no .json file"]
    (tmp_path / "a.json").write_bytes(b'{"name": "\xff"}')
    (tmp_path / "b.json").symlink_to(tmp_path / "nowhere")
    assert problems(tmp_path) == [
        "a.json: not UTF-8: byte 10 is 0xff",
        "b.json: cannot be read: No such file or directory",
    ]


class Server(BaseHTTPRequestHandler):
    """Keeps what it is sent; refuses what is called `refused`."""

    received: list[tuple[str, str, Any]]

    def _answer(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.received.append((self.command, self.path, body))
        name, status, answer = body[0]["name"], 200, b"{}"
        if name == "refused":
            status = 400
            error = {"path": "registerTaskDef.arg0[0].retryCount", "message": "must be >= 0", "invalidValue": "-1"}
            answer = json.dumps({"status": 400, "message": "Validation failed", "validationErrors": [error]}).encode()
        elif name == "halfway":
            answer = json.dumps({"bulkErrorResults": {name: "it is running"}, "bulkSuccessfulResults": []}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_PUT = _answer

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[tuple[Configuration, list[tuple[str, str, Any]]]]:
    handler = type("Handler", (Server,), {"received": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield Configuration(f"http://127.0.0.1:{listening.server_port}"), handler.received
        listening.shutdown()
        thread.join()


def test_definitions_are_registered_tasks_first(
    tmp_path: Path, server: tuple[Configuration, list[tuple[str, str, Any]]], caplog: pytest.LogCaptureFixture
) -> None:
    """New ones are created, known ones replaced; what the file lacks is left to the server; warnings are logged."""
    configuration, received = server
    definitions = load_definitions(write(tmp_path, a=workflow_with(name="other"), b=TASK))
    register(definitions, configuration)
    register(Definitions(task_defs=definitions.task_defs), ApiClient(configuration))
    assert [(method, path) for method, path, _ in received] == [
        ("POST", "/api/metadata/taskdefs"), ("PUT", "/api/metadata/workflow"), ("POST", "/api/metadata/taskdefs"),
    ]  # fmt: skip
    assert received[0][2] == [TASK]
    assert "no task 'other' is defined here" in caplog.text


def test_what_the_server_refuses_is_told_with_the_file_and_its_reasons(
    tmp_path: Path, server: tuple[Configuration, list[tuple[str, str, Any]]]
) -> None:
    """Validation errors, and errors of a bulk answer that says 200."""
    configuration, _ = server
    write(tmp_path, a={**TASK, "name": "refused"}, b={**WORKFLOW, "name": "halfway"})
    definitions = load_definitions(tmp_path)
    with pytest.raises(
        DefinitionError, match=r"a.json:1: the server refuses it: .*retryCount: must be >= 0 \(got '-1'\)"
    ):
        register(definitions, configuration)
    definitions.task_defs.clear()
    with pytest.raises(DefinitionError, match=re.escape("b.json:1: the server refuses it: it is running")):
        register(definitions, configuration)


@pytest.mark.oss
def test_the_folder_that_ships_is_taken_by_the_real_server() -> None:
    """And comes back as it is."""
    from conductor.client.http.api.metadata_resource_api import MetadataResourceApi

    url = os.environ.get("CONDUCTOR_OSS_URL")
    if not url:
        pytest.skip("CONDUCTOR_OSS_URL is not set")
    configuration = Configuration(server_api_url=url)
    definitions = load_definitions(WORKFLOWS)
    register(definitions, configuration)
    api = MetadataResourceApi(ApiClient(configuration))
    for workflow in definitions.workflow_defs:
        back = api.get(workflow.name or "", version=workflow.version)
        assert [task.task_reference_name for task in back.tasks or []] == [
            task.task_reference_name for task in workflow.tasks or []
        ]
    for task in definitions.task_defs:
        assert api.get_task_def(task.name or "").response_timeout_seconds == task.response_timeout_seconds
