"""What is written by hand of the models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conductor.client.http import models
from conductor.client.http.models.auditable import Auditable
from conductor.client.http.models.state_change_event import StateChangeConfig, StateChangeEvent, StateChangeEventType
from conductor.client.http.models.workflow_def import to_workflow_def

Task, TaskResult, TaskResultStatus = models.Task, models.TaskResult, models.TaskResultStatus


def test_a_task_gives_the_result_that_belongs_to_it() -> None:
    """Identifiers and worker come from the task, COMPLETED is the status unless another is given."""
    task = Task(task_id="t", workflow_instance_id="w", worker_id="me")
    assert task.to_task_result() == TaskResult(
        task_id="t", workflow_instance_id="w", worker_id="me", status=TaskResultStatus.COMPLETED
    )
    assert task.to_task_result(TaskResultStatus.FAILED).status is TaskResultStatus.FAILED
    assert task.to_task_result("IN_PROGRESS").status is TaskResultStatus.IN_PROGRESS


def test_a_result_collects_output_and_log_lines() -> None:
    """`add_output_data` and `log` work on a fresh result and can be chained."""
    result = TaskResult().add_output_data("a", 1).add_output_data("b", None).log("one").log("two")
    assert result.output_data == {"a": 1, "b": None}
    assert [line.log for line in result.logs or ()] == ["one", "two"]


def test_results_are_made_by_what_happened() -> None:
    """`complete`, `failed`, `in_progress` and `new_task_result` set the status, `failed` the reason."""
    assert TaskResult.complete().status is TaskResultStatus.COMPLETED
    assert TaskResult.in_progress().status is TaskResultStatus.IN_PROGRESS
    failed = TaskResult.failed("no stock")
    assert (failed.status, failed.reason_for_incompletion) == (TaskResultStatus.FAILED, "no stock")
    assert TaskResult.new_task_result("FAILED_WITH_TERMINAL_ERROR").status == "FAILED_WITH_TERMINAL_ERROR"


@pytest.mark.parametrize(
    ("status", "completed", "successful", "running"),
    [
        ("RUNNING", False, False, True),
        ("PAUSED", False, True, True),
        ("COMPLETED", True, True, False),
        ("FAILED", True, False, False),
        ("TIMED_OUT", True, False, False),
        ("TERMINATED", True, False, False),
    ],
)
@pytest.mark.parametrize("cls", [models.Workflow, models.WorkflowRun, models.WorkflowStatus])
def test_a_workflows_status_says_whether_it_ended_and_how(
    cls: type[models.Workflow], status: str, completed: bool, successful: bool, running: bool
) -> None:
    """The states are sorted as the server sorts them."""
    workflow = cls(status=status)
    assert (workflow.is_completed(), workflow.is_successful(), workflow.is_running()) == (
        completed,
        successful,
        running,
    )


def test_a_workflow_finds_its_tasks() -> None:
    """By definition name, by reference name (of a loop the last iteration), and the one that is waited for."""
    tasks = [
        Task(task_id="1", task_def_name="x", reference_task_name="a", status="COMPLETED"),
        Task(
            task_id="2", task_def_name="x", reference_task_name="b__2", status="SCHEDULED",
            workflow_task=models.WorkflowTask(task_reference_name="b"),
        ),
        Task(task_id="3", reference_task_name="c", status="COMPLETED"),
    ]  # fmt: skip
    workflow = models.Workflow(tasks=tasks)
    assert workflow.get_task("x") is tasks[1]
    assert workflow.get_task(task_reference_name="a") is tasks[0]
    assert workflow.get_task(task_reference_name="b") is tasks[1]
    assert workflow.get_task(task_reference_name="b__2") is tasks[1]
    assert workflow.get_task(task_reference_name="z") is None
    assert workflow.current_task is tasks[1]
    assert models.Workflow().current_task is None
    with pytest.raises(ValueError, match="either name or task_reference_name"):
        workflow.get_task()
    with pytest.raises(ValueError, match="either name or task_reference_name"):
        workflow.get_task("x", "a")


def test_a_definition_becomes_json_and_comes_back() -> None:
    """`toJSON` and `to_workflow_def` are each other's inverse."""
    definition = models.WorkflowDef(name="w", version=1, tasks=[models.WorkflowTask(name="t", type="SIMPLE")])
    as_json = definition.toJSON()
    assert as_json == {"name": "w", "version": 1, "tasks": [{"name": "t", "type": "SIMPLE"}]}
    assert to_workflow_def(json_data=as_json) == definition
    assert to_workflow_def(data=json.dumps(as_json)) == definition
    with pytest.raises(ValueError, match="timeoutSeconds"):
        to_workflow_def(json_data={"timeoutSeconds": "soon"})
    with pytest.raises(ValueError, match="data or json_data"):
        to_workflow_def()


def test_a_bulk_response_is_appended_to() -> None:
    """Successes and errors are noted one by one."""
    response = models.BulkResponse()
    response.append_successful_response("a")
    response.append_failed_response("b", "no such workflow")
    assert (response.bulk_successful_results, response.bulk_error_results) == (["a"], {"b": "no such workflow"})
    assert models.BulkResponse().bulk_successful_results == []


def test_task_details_take_output() -> None:
    """`put_output_item` can be chained."""
    assert models.TaskDetails().put_output_item("a", 1).put_output_item("b", 2).output == {"a": 1, "b": 2}


def test_a_schema_is_auditable() -> None:
    """Times that are not known count as 0."""
    schema = models.SchemaDef(name="s", type=models.SchemaType.JSON, create_time=5)
    assert (schema.get_create_time(), schema.get_update_time(), schema.version) == (5, 0, 1)
    assert isinstance(schema, Auditable)
    assert not isinstance(models.Token(), Auditable)


def test_a_state_change_names_one_change_or_several() -> None:
    """`type` is the names, joined by commas."""
    event = StateChangeEvent("audit", {"a": 1})
    both = StateChangeConfig([StateChangeEventType.onStart, StateChangeEventType.onFailed], [event])
    assert (both.type, both.events) == ("onStart,onFailed", [event])
    one = StateChangeConfig(StateChangeEventType.onSuccess, event)
    assert one.to_dict() == {"type": "onSuccess", "events": [event.to_dict()]}
    assert one == StateChangeConfig("onSuccess", [event])


def test_a_signal_response_about_a_task_gives_the_task(capsys: pytest.CaptureFixture[str]) -> None:
    """The body is one that the server gave."""
    body = {
        "responseType": "BLOCKING_TASK", "targetWorkflowId": "t", "targetWorkflowStatus": "RUNNING", "requestId": "r",
        "workflowId": "w", "input": {}, "output": {}, "signalTimeout": False, "taskType": "WAIT", "taskId": "bb03c19e",
        "referenceTaskName": "w", "retryCount": 0, "taskDefName": "w", "workflowType": "sem_ex", "priority": 0,
        "createTime": 1795250917886, "updateTime": 0, "status": "IN_PROGRESS",
    }  # fmt: skip
    response = models.SignalResponse.from_dict(body)
    assert response.is_blocking_task()
    assert not response.is_target_workflow()
    assert response.get_workflow() is None
    assert (response.get_blocking_task() or {})["taskId"] == "bb03c19e"
    assert response.to_dict() == body
    response.print_summary()
    assert capsys.readouterr().out == "BLOCKING_TASK: WAIT (w) - IN_PROGRESS\n"


def test_a_signal_response_about_a_workflow_gives_its_tasks(tmp_path: Path) -> None:
    """Tasks are found by reference name and by status, and listed in the order of their execution."""
    tasks = [
        {"referenceTaskName": "b", "status": "IN_PROGRESS", "seq": 2},
        {"referenceTaskName": "a", "status": "COMPLETED", "seq": 1},
    ]
    response = models.SignalResponse.from_dict({"responseType": "TARGET_WORKFLOW", "workflowId": "w", "tasks": tasks})
    assert response.response_type is models.WorkflowSignalReturnStrategy.TARGET_WORKFLOW
    assert response.get_task_by_reference_name("a") == tasks[1]
    assert response.get_in_progress_task() == tasks[0]
    assert (response.get_completed_tasks(), response.get_failed_tasks()) == ([tasks[1]], [])
    assert response.get_task_chain() == ["a", "b"]
    assert (response.get_workflow() or {})["tasks"] == tasks
    assert response.get_blocking_task() is response.get_task_input() is None
    response.save_to_file(str(tmp_path / "response.json"))
    assert json.loads((tmp_path / "response.json").read_text())["workflowId"] == "w"
