"""The generated client against the real server."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import pytest

from conductor.client.configuration.configuration import Configuration
from conductor.client.http import api, models
from conductor.client.http.api_client import ApiClient
from conductor.client.http.rest import NotFoundError

URL = os.environ.get("CONDUCTOR_OSS_URL")
pytestmark = [
    pytest.mark.oss,
    pytest.mark.skipif(not URL, reason="CONDUCTOR_OSS_URL does not name a Conductor server (make test-oss)"),
]


@pytest.fixture
def client() -> Iterator[ApiClient]:
    client = ApiClient(Configuration(server_api_url=URL, max_response_bytes=50_000_001))
    yield client
    close = getattr(client.transport, "close", None)
    if close:
        close()


@pytest.fixture
def name(client: ApiClient) -> Iterator[str]:
    """A task definition and a workflow of two such tasks, registered under a name of their own."""
    name = f"gen_{uuid.uuid4().hex[:8]}"
    metadata = api.MetadataResourceApi(client)
    definition = models.TaskDef(
        name=name, timeout_seconds=0, response_timeout_seconds=30, retry_count=0, owner_email="test@example.com",
        timeout_policy="RETRY", input_schema=models.SchemaDef(name="s", type=models.SchemaType.JSON),
    )  # fmt: skip
    metadata.register_task_def([definition.validate()])
    steps = [
        models.WorkflowTask(
            name=name, task_reference_name=ref, type="SIMPLE", input_parameters={"x": "${workflow.input.x}"},
            on_state_change={"onStart": [models.StateChangeEvent("audit", {"a": None})]},
        )
        for ref in ("first", "second")
    ]  # fmt: skip
    workflow = models.WorkflowDef(
        name=name, version=1, timeout_seconds=0, owner_email="test@example.com", tasks=steps, enforce_schema=False,
        output_parameters={"total": "${first.output.total}"},
    )  # fmt: skip
    assert metadata.update1([workflow]).bulk_successful_results == [name]
    yield name
    metadata.unregister_workflow_def(name, 1)
    metadata.unregister_task_def(name)


def test_definitions_come_back_as_they_went(client: ApiClient, name: str) -> None:
    """What was set is read back; a value equal to the server's default included."""
    metadata = api.MetadataResourceApi(client)
    task_def = metadata.get_task_def(name)
    assert (task_def.retry_count, task_def.timeout_policy, task_def.response_timeout_seconds) == (0, "RETRY", 30)
    assert task_def.input_schema is not None
    assert (task_def.input_schema.type, task_def.input_schema.version) == (models.SchemaType.JSON, 1)
    definition = metadata.get(name, version=1)
    assert definition.enforce_schema is False
    assert [task.task_reference_name for task in definition.tasks or ()] == ["first", "second"]
    assert definition.tasks is not None
    assert definition.tasks[0].on_state_change == {"onStart": [models.StateChangeEvent("audit", {"a": None})]}
    assert name in metadata.get_workflow_names()
    assert [summary.version for summary in metadata.get_workflow_names_and_versions()[name]] == [1]
    metadata.validate(definition)
    with pytest.raises(NotFoundError):
        metadata.get_task_def(f"{name}_none")


def test_a_workflow_runs_from_start_to_search(client: ApiClient, name: str) -> None:
    """Start, poll, update, get, log, signal by reference, search."""
    workflows, tasks = api.WorkflowResourceApi(client), api.TaskResourceApi(client)
    request = models.StartWorkflowRequest(name=name, version=1, input={"x": 1, "nothing": None}, correlation_id=name)
    workflow_id = workflows.start_workflow(request)
    (task,) = tasks.batch_poll(name, workerid="w", count=3, timeout=2000)
    assert (task.status, task.input_data, task.workflow_instance_id) == ("IN_PROGRESS", {"x": 1}, workflow_id)
    assert task.task_id is not None
    tasks.log('a "quoted" line', task.task_id)
    result = task.to_task_result().add_output_data("total", 12.5).add_output_data("none", None).log("done")
    following = tasks.update_task_v2(result)
    assert following is not None
    assert following.reference_task_name == "second"
    assert {line.log for line in tasks.get_task_logs(task.task_id)} == {'a "quoted" line', "done"}
    tasks.update_task1({"by": "name"}, workflow_id, "second", "COMPLETED", workerid="w")
    workflow = workflows.get_execution_status(workflow_id)
    assert workflow.is_successful()
    assert workflow.output == {"total": 12.5}
    first = workflow.get_task(task_reference_name="first")
    assert first is not None
    assert first.output_data == {"total": 12.5, "none": None}
    assert workflows.get_workflow_status_summary(workflow_id, include_output=True).output == {"total": 12.5}
    assert [w.workflow_id for w in workflows.get_workflows2(name, name, include_closed=True)] == [workflow_id]
    assert workflows.search(query=f'workflowId="{workflow_id}"').total_hits == 1
    listed = workflows.get_execution_status_task_list(workflow_id, status=["COMPLETED"])
    assert listed.total_hits == 2
    workflows.delete(workflow_id, archive_workflow=False)
    with pytest.raises(NotFoundError):
        workflows.get_execution_status(workflow_id)


def test_a_workflow_is_executed_skipped_and_terminated(client: ApiClient, name: str) -> None:
    """Synchronous execution in both shapes, a skipped task with its output, bulk operations."""
    workflows, bulk = api.WorkflowResourceApi(client), api.WorkflowBulkResourceApi(client)
    request = models.StartWorkflowRequest(name=name, version=1, input={"x": 1})
    run = workflows.execute_workflow(request, "r1", name, 1, wait_for_seconds=1)
    assert (run.is_running(), run.request_id, run.workflow_id is None) == (True, "r1", False)
    assert run.current_task is not None
    response = workflows.execute_workflow_with_return_strategy(request, name, 1, wait_for_seconds=1)
    assert response.is_target_workflow()
    assert response.get_all_tasks()[0]["referenceTaskName"] == "first"
    ids = [str(run.workflow_id), str(response.workflow_id)]
    workflows.skip_task_from_workflow(ids[0], "second", models.SkipTaskRequest(task_output={"total": 3}))
    found = workflows.get_execution_status(ids[0]).get_task(task_reference_name="second")
    assert found is not None
    assert (found.status, found.output_data) == ("SKIPPED", {"total": "3"})
    assert bulk.pause_workflow([ids[0], "none"]).bulk_successful_results == [ids[0]]
    assert bulk.terminate(ids, reason="enough").bulk_successful_results == ids
    assert workflows.get_execution_status(ids[1], include_tasks=False).reason_for_incompletion == "enough"
    assert not bulk.delete_workflow(ids, archive_workflow=False).bulk_error_results


def test_the_rest_of_the_servers_api_answers(client: ApiClient, name: str) -> None:
    """One call to each resource that needs nothing set up."""
    assert api.HealthCheckResourceApi(client).do_check().healthy
    assert api.HealthCheckResourceApi(client).do_check_root().healthy
    assert "conductor" in api.UiContextResourceApi(client).context_js()
    assert api.AdminResourceApi(client).get_all_config()
    assert api.EnvironmentResourceApi(client).get_all() == []
    assert api.QueueAdminResourceApi(client).size() == {}
    assert "providers" in api.ProviderResourceApi(client).status()
    assert api.SecretResourceApi(client).secret_exists("none") is False
    assert isinstance(api.TaskResourceApi(client).all(), dict)
    assert isinstance(api.AgentResourceApi(client).list_agents(), list)
    assert api.TaskResourceApi(client).task_depth(name) == 0
    location = api.TaskResourceApi(client).get_external_storage_location("/x", "WRITE", "TASK_INPUT")
    assert location.path
    events = api.EventResourceApi(client)
    action = models.Action(action="complete_task", complete_task=models.TaskDetails(workflow_id="w", task_ref_name="t"))
    events.add_event_handler(models.EventHandler(name=name, event=f"conductor:{name}", actions=[action], active=False))
    (handler,) = events.get_event_handlers_for_event(f"conductor:{name}", active_only=False)
    assert handler.actions is not None
    details = handler.actions[0].complete_task
    assert details is not None
    assert (handler.actions[0].action, details.workflow_id, details.task_ref_name) == ("complete_task", "w", "t")
    events.remove_event_handler_status(name)


def test_a_schedule_is_made_paused_and_found(client: ApiClient, name: str) -> None:
    """Both shapes of the request are taken."""
    schedules = api.SchedulerResourceApi(client)
    start = models.StartWorkflowRequest(name=name, version=1, input={})
    request = models.SaveScheduleRequest(
        name=name, cron_expression="0 0 12 * * *", start_workflow_request=start, paused=True, zone_id="UTC"
    )
    assert schedules.save_schedule(request).name == name
    saved = schedules.get_schedule(name)
    assert saved.paused
    schedules.save_schedule(saved)
    schedules.resume_schedule(name)
    schedules.pause_schedule(name, reason="test")
    assert name in {schedule.name for schedule in schedules.get_all_schedules(workflow_name=name)}
    assert len(schedules.get_next_few_schedules("0 0 12 * * *", limit=3)) == 3
    schedules.delete_schedule(name)
    schedules.search_v21(size=1)


def test_a_workflow_is_tested_with_mocks(client: ApiClient, name: str) -> None:
    """POST /workflow/test takes a list of mocks for each reference name."""
    mock = models.TaskMock(status="COMPLETED", output={"total": 1})
    request = models.WorkflowTestRequest(
        name=name, version=1, input={}, task_ref_to_mock_output={"first": [mock], "second": [mock]}
    )
    workflow = api.WorkflowResourceApi(client).test_workflow(request)
    assert workflow.status == "COMPLETED"
    assert workflow.output == {"total": 1}
