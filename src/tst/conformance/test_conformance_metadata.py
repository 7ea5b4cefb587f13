"""Definitions of tasks and workflows: defaults, upsert, versions, validation (semantics 1.4, 3.7, 4.2)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tst.conformance.api import Api, noop, simple, unique
from tst.conformance.differences import (
    CREATE_TIME_AFTER_PUT,
    DELETE_UNKNOWN_DEFINITION,
    LOOP_REFERENCE_WITH_UNDERSCORES,
    NULL_TASKS,
    SUB_WORKFLOW_DEFINITION_TEXT,
    UNREADABLE_REQUEST,
)

CASES = json.loads((Path(__file__).parents[1] / "corpora" / "validation.json").read_text())["cases"]
TASK_DEFAULTS = {
    "retryCount": 3, "timeoutSeconds": 0, "inputKeys": [], "outputKeys": [], "runtimeMetadata": [],
    "timeoutPolicy": "TIME_OUT_WF", "retryLogic": "FIXED", "retryDelaySeconds": 60, "responseTimeoutSeconds": 3600,
    "inputTemplate": {}, "rateLimitPerFrequency": 0, "rateLimitFrequencyInSeconds": 1, "backoffScaleFactor": 1,
    "maxRetryDelaySeconds": 0, "backoffJitterMs": 0, "totalTimeoutSeconds": 0, "taskStatusListenerEnabled": True,
    "enforceSchema": False,
}  # fmt: skip
WORKFLOW_DEFAULTS = {
    "version": 1, "inputParameters": [], "outputParameters": {}, "schemaVersion": 2, "restartable": True,
    "workflowStatusListenerEnabled": False, "timeoutPolicy": "ALERT_ONLY", "timeoutSeconds": 0, "variables": {},
    "inputTemplate": {}, "enforceSchema": True, "metadata": {}, "maskedFields": [],
}  # fmt: skip
NODE_DEFAULTS = {
    "inputParameters": {}, "type": "SIMPLE", "decisionCases": {}, "defaultCase": [], "forkTasks": [], "startDelay": 0,
    "joinOn": [], "optional": False, "defaultExclusiveJoinTask": [], "asyncComplete": False, "loopOver": [],
    "onStateChange": {}, "permissive": False, "metadata": {},
}  # fmt: skip


def validated(api: Api, *tasks: Any, **fields: Any) -> Any:
    body = {"name": "w", "version": 1, "schemaVersion": 2, "tasks": list(tasks), **fields}
    return api.post("/metadata/workflow/validate", body)


def test_a_task_definition_has_the_servers_defaults(api: Api) -> None:
    """All members but nulls are written, with these values, and the creation is noted."""
    name = unique("t")
    assert api.post("/metadata/taskdefs", [{"name": name}]).text == ""

    stored = api.good("GET", f"/metadata/taskdefs/{name}")
    created = stored.pop("createTime")
    assert created > 1_700_000_000_000
    assert stored == {"name": name, "updateTime": 0, "createdBy": "", **TASK_DEFAULTS}


def test_a_task_definition_is_replaced_by_posting_it_again(api: Api) -> None:
    """POST is an upsert; fields that are not given are defaults again."""
    name = api.register_task(unique("t"), retryCount=7, description="first")
    api.register_task(name, description="second")

    stored = api.good("GET", f"/metadata/taskdefs/{name}")
    assert (stored["description"], stored["retryCount"], stored["updateTime"]) == ("second", 3, 0)


def test_a_task_definition_is_updated_by_putting_it(api: Api) -> None:
    """PUT takes one object, keeps the creation and notes the update."""
    name = api.register_task(unique("t"))
    created = api.good("GET", f"/metadata/taskdefs/{name}")["createTime"]

    assert api.put("/metadata/taskdefs", {"name": name, "retryCount": 1}).text == ""

    stored = api.good("GET", f"/metadata/taskdefs/{name}")
    assert (stored["retryCount"], stored["createTime"]) == (1, created)
    assert stored["updateTime"] >= created


def test_updating_an_unknown_task_definition_is_not_found(api: Api) -> None:
    """PUT does not create."""
    answer = api.put("/metadata/taskdefs", {"name": unique("t")})

    assert answer.status == 404
    assert answer.message.startswith("No such task by name cf_")


def test_an_unknown_task_definition_is_not_found(api: Api) -> None:
    """The error body says status, message and whether to try again."""
    name = unique("t")
    answer = api.get(f"/metadata/taskdefs/{name}")

    assert answer.status == 404
    body = answer.json
    assert isinstance(body.pop("instance"), str)
    assert body == {"status": 404, "message": f"No such taskType found by name: {name}", "retryable": False}


def test_task_definitions_are_listed_and_deleted(api: Api) -> None:
    """The list holds every definition once."""
    name = api.register_task(unique("t"))
    listed = [found["name"] for found in api.good("GET", "/metadata/taskdefs")]
    assert listed.count(name) == 1

    assert api.delete(f"/metadata/taskdefs/{name}").status == 200
    assert api.get(f"/metadata/taskdefs/{name}").status == 404


def test_deleting_an_unknown_task_definition_says_so(api: Api) -> None:
    """The message is the same, the status is not."""
    answer = api.delete(f"/metadata/taskdefs/{unique('t')}")

    assert answer.status == api.expected(DELETE_UNKNOWN_DEFINITION)
    assert answer.message == "No such task definition"


def test_a_list_of_task_definitions_is_taken_whole_or_not_at_all(api: Api) -> None:
    """One broken element refuses all."""
    name = unique("t")
    answer = api.post("/metadata/taskdefs", [{"name": name}, {"name": ""}])

    assert answer.broken == [("registerTaskDef.arg0[1].name", "TaskDef name cannot be null or empty")]
    assert api.get(f"/metadata/taskdefs/{name}").status == 404


def test_an_empty_list_of_definitions_is_refused(api: Api) -> None:
    """Both lists must hold something."""
    assert api.post("/metadata/taskdefs", []).broken == [("registerTaskDef.arg0", "TaskDefList is empty")]
    assert api.put("/metadata/workflow", []).broken == [("updateWorkflowDef.arg0", "WorkflowDefList is empty")]


def test_an_update_of_a_task_definition_is_checked(api: Api) -> None:
    """The path names the method."""
    answer = api.put("/metadata/taskdefs", {"name": "", "retryCount": -1})

    assert answer.broken == [
        ("updateTaskDef.arg0.name", "TaskDef name cannot be null or empty"),
        ("updateTaskDef.arg0.retryCount", "TaskDef retryCount: 0 must be >= 0"),
    ]


def test_a_workflow_definition_has_the_servers_defaults(api: Api) -> None:
    """All members but nulls are written, for the workflow and each task."""
    name = unique("wf")
    body = {"name": name, "tasks": [{"name": "t", "taskReferenceName": "r"}]}
    assert api.post("/metadata/workflow", body).text == ""

    stored = api.good("GET", f"/metadata/workflow/{name}")
    assert stored.pop("createTime") > 1_700_000_000_000
    assert isinstance(stored.pop("updateTime"), int)
    assert stored.pop("tasks") == [{"name": "t", "taskReferenceName": "r", **NODE_DEFAULTS}]
    assert stored == {"name": name, **WORKFLOW_DEFAULTS}


def test_registering_a_workflow_twice_conflicts_unless_overwritten(api: Api) -> None:
    """POST creates; `overwrite` replaces."""
    name = api.register(noop("a"))
    body = {"name": name, "version": 1, "tasks": [noop("b")]}

    answer = api.post("/metadata/workflow", body)
    assert (answer.status, answer.message) == (409, f"Workflow with {name}.1 already exists!")

    assert api.post("/metadata/workflow", body, overwrite=True).status == 200
    assert api.good("GET", f"/metadata/workflow/{name}")["tasks"][0]["name"] == "b"


def test_putting_workflows_creates_and_replaces_them(api: Api) -> None:
    """The answer lists the names."""
    names = [unique("wf"), unique("wf")]
    for task in ("a", "b"):
        answer = api.put("/metadata/workflow", [{"name": name, "tasks": [noop(task)]} for name in names])
        assert answer.json == {"bulkErrorResults": {}, "bulkSuccessfulResults": names}

    assert api.good("GET", f"/metadata/workflow/{names[1]}")["tasks"][0]["name"] == "b"


def test_replacing_a_workflow_keeps_when_it_was_created(api: Api) -> None:
    """The time of the update is noted beside it."""
    name = unique("wf")
    api.good("POST", "/metadata/workflow", {"name": name, "tasks": [noop("a")]})
    created = api.good("GET", f"/metadata/workflow/{name}")["createTime"]
    api.good("PUT", "/metadata/workflow", [{"name": name, "tasks": [noop("b")]}])

    stored = api.good("GET", f"/metadata/workflow/{name}")
    assert stored["updateTime"] >= created
    assert ("kept" if stored["createTime"] == created else stored["createTime"]) == api.expected(CREATE_TIME_AFTER_PUT)


def test_one_invalid_workflow_refuses_the_whole_list(api: Api) -> None:
    """Nothing of the list is kept; the path has the position."""
    name = unique("wf")
    answer = api.put("/metadata/workflow", [{"name": name, "tasks": [noop("a")]}, {"name": name, "tasks": []}])

    assert answer.broken == [("updateWorkflowDef.arg0[1].tasks", "WorkflowTask list cannot be empty")]
    assert api.get(f"/metadata/workflow/{name}").status == 404


def test_the_latest_version_is_the_highest_number(api: Api) -> None:
    """Versions are kept beside each other; without a number the highest counts, also after a deletion."""
    name = unique("wf")
    for version in (1, 3, 2):
        api.register(noop(f"v{version}"), name=name, version=version)

    def latest() -> int:
        return int(api.good("GET", f"/metadata/workflow/{name}")["version"])

    assert latest() == 3
    assert api.good("GET", f"/metadata/workflow/{name}", version=2)["tasks"][0]["name"] == "v2"
    assert api.delete(f"/metadata/workflow/{name}/3").status == 200
    assert latest() == 2


def test_definitions_are_listed_by_name_and_version(api: Api) -> None:
    """All versions, latest versions, names, names with versions, versions of one name."""
    name = unique("wf")
    for version in (2, 1):
        api.register(noop("a"), name=name, version=version)

    every = [found["version"] for found in api.good("GET", "/metadata/workflow") if found["name"] == name]
    latest = [f["version"] for f in api.good("GET", "/metadata/workflow/latest-versions") if f["name"] == name]
    names = api.good("GET", "/metadata/workflow/names")
    summaries = api.good("GET", "/metadata/workflow/names-and-versions")[name]
    versions = api.good("GET", f"/metadata/workflow/{name}/versions")

    assert (every, latest) == ([1, 2], [2])
    assert names.count(name) == 1
    assert names == sorted(names)
    assert [summary["version"] for summary in summaries] == [1, 2]
    assert sorted(found["version"] for found in versions) == [1, 2]
    assert api.good("GET", f"/metadata/workflow/{unique('wf')}/versions") == []


def test_an_unknown_workflow_definition_is_not_found(api: Api) -> None:
    """The message names the version, or null."""
    name = unique("wf")
    for version, shown in ((None, "null"), (4, "4")):
        answer = api.get(f"/metadata/workflow/{name}", version=version)
        assert answer.status == 404
        assert answer.message == f"No such workflow found by name: {name}, version: {shown}"


def test_deleting_an_unknown_workflow_definition_says_so(api: Api) -> None:
    """The message is the same, the status is not."""
    name = unique("wf")
    answer = api.delete(f"/metadata/workflow/{name}/1")

    assert answer.status == api.expected(DELETE_UNKNOWN_DEFINITION)
    assert answer.message == f"No such workflow definition: {name} version: 1"


def test_a_running_workflow_keeps_the_definition_it_started_with(api: Api) -> None:
    """Definitions are snapshots: neither a change nor a deletion reaches an execution."""
    task = simple("a")
    name = api.register(task)
    run = api.start(name)
    api.register(noop("b"), name=name)
    api.delete(f"/metadata/workflow/{name}/1")

    run.complete("a", r=1)

    workflow = run.ended()
    assert workflow["workflowDefinition"]["tasks"][0]["name"] == task["name"]
    assert [found["referenceTaskName"] for found in workflow["tasks"]] == ["a"]


def test_an_execution_shows_its_definition_with_task_definitions_filled_in(api: Api) -> None:
    """Registered ones as they are, others ad hoc: workers' tasks with the usual defaults, others without retry."""
    known = api.register_task(unique("t"), retryCount=9)
    run = api.run(simple("a", name=known), simple("b"), noop("c"))
    a, b, c = (task["taskDefinition"] for task in run.get()["workflowDefinition"]["tasks"])

    assert (a["name"], a["retryCount"]) == (known, 9)
    assert (b["retryCount"], b["retryDelaySeconds"], b["responseTimeoutSeconds"]) == (3, 60, 3600)
    assert (c["retryCount"], c["responseTimeoutSeconds"]) == (0, 0)
    run.terminate()


@pytest.mark.parametrize(
    ("kind", "body", "errors"),
    CASES,
    ids=[f"{kind}-{number}" for number, (kind, _, _) in enumerate(CASES)],
)
def test_a_definition_breaks_the_rules_that_it_breaks(api: Api, kind: str, body: Any, errors: Any) -> None:
    """Every recorded answer holds: paths, messages, values."""
    if kind == "TD":
        name = body.get("name")
        body = {**body, "name": unique(name)} if name and name.strip() else body
        if not errors and not (name and name.strip()):
            pytest.skip("a definition without a name would stay behind")
        answer = api.post("/metadata/taskdefs", [body])
        errors = json.loads(json.dumps(errors).replace(f"TaskDef: {name} ", f"TaskDef: {body.get('name')} "))
    else:
        answer = api.post("/metadata/workflow/validate", body)

    found = answer.json["validationErrors"] if answer.status == 400 and "validationErrors" in answer.text else []
    assert answer.status == (400 if errors else 200)
    assert sorted(found, key=json.dumps) == sorted(errors, key=json.dumps)


def test_a_validation_error_has_no_instance(api: Api) -> None:
    """Its body is a little different from others'."""
    body = validated(api).json
    del body["validationErrors"]

    assert body == {
        "status": 400, "message": "Validation failed, check below errors for detail.", "retryable": False,
    }  # fmt: skip


def test_an_inline_definition_is_checked_when_it_is_started(api: Api) -> None:
    """The same rules, below the request's path."""
    definition = {"name": "w", "tasks": [{"name": "", "taskReferenceName": "t"}]}
    answer = api.post("/workflow", {"name": "w", "workflowDef": definition})

    path = "startWorkflow.arg0.workflowDef.tasks[0].name"
    assert answer.broken == [(path, "WorkflowTask name cannot be empty or null")]


def test_two_underscores_in_a_loops_reference(api: Api) -> None:
    """They would be taken for an iteration's."""
    body = {"name": "l", "taskReferenceName": "l", "type": "DO_WHILE", "loopCondition": "false"}
    answer = validated(api, {**body, "loopOver": [{"name": "x", "taskReferenceName": "my__x"}]})

    assert answer.status == api.expected(LOOP_REFERENCE_WITH_UNDERSCORES)


def test_a_sub_workflows_definition_as_text_is_an_expression(api: Api) -> None:
    """Anything else in its place is refused."""
    for value, good in (("${workflow.input.d}", True), ("zz", False), (5, False)):
        task = {"name": "s", "taskReferenceName": "s", "type": "SUB_WORKFLOW"}
        answer = validated(api, {**task, "subWorkflowParam": {"name": "x", "workflowDefinition": value}})
        assert answer.status == (200 if good else api.expected(SUB_WORKFLOW_DEFINITION_TEXT))


@pytest.mark.parametrize(
    "body",
    [
        {"name": "w", "tasks": [{"name": "t", "taskReferenceName": "r", "inputParameters": None}]},
        {"name": "w", "tasks": [{"name": "t", "taskReferenceName": "r", "joinOn": None, "decisionCases": None}]},
        {"name": "w", "tasks": [{"name": "t", "taskReferenceName": "r"}], "outputParameters": None, "variables": None},
        {"name": "w", "tasks": [{"name": "t", "taskReferenceName": "r"}], "timeoutPolicy": None, "ownerEmail": None},
        {"name": "w", "tasks": [{"name": "t", "taskReferenceName": "r", "unknown": 1}], "unknown": {"a": 1}},
    ],
)
def test_nulls_and_unknown_members_are_taken(api: Api, body: Any) -> None:
    """Clients may send both."""
    assert api.post("/metadata/workflow/validate", body).status == 200


def test_a_workflow_without_a_list_of_tasks_is_refused(api: Api) -> None:
    """Null is no list."""
    assert api.post("/metadata/workflow/validate", {"name": "w", "tasks": None}).status == api.expected(NULL_TASKS)


@pytest.mark.parametrize(
    ("method", "path", "text"),
    [
        ("POST", "/metadata/taskdefs", "{not json"),
        ("POST", "/metadata/taskdefs", '[{"name":"x","timeoutPolicy":"NOPE"}]'),
        ("POST", "/metadata/taskdefs", '[{"name":"x","retryCount":"many"}]'),
        ("POST", "/metadata/workflow", ""),
        ("PUT", "/metadata/workflow", '{"name":"not a list"}'),
    ],
)
def test_a_definition_that_cannot_be_read(api: Api, method: str, path: str, text: str) -> None:
    """Malformed JSON, unknown enum values, wrong types and a missing body."""
    answer = api.request_raw(method, path, text)

    assert answer.status == api.expected(UNREADABLE_REQUEST)
