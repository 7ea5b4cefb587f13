"""Errors of the high-level clients name what is meant, and what might have been meant."""

from __future__ import annotations

import pytest

from conductor.client.http.models import SaveScheduleRequest, StartWorkflowRequest, TaskDef, WorkflowDef, WorkflowTask
from conductor.client.http.rest import NotFoundError
from conductor.client.orkes_clients import OrkesClients


def definition(name: str, version: int = 1) -> WorkflowDef:
    task = WorkflowTask(name=f"{name}_task", task_reference_name="first", type="SIMPLE")
    return WorkflowDef(name=name, version=version, tasks=[task], owner_email="a@b.com", timeout_seconds=60)


def test_an_unknown_task_definition_suggests_the_near_one(clients: OrkesClients, unique: str) -> None:
    """A typing error in a task definition's name gives the name that is there, and the server's own words."""
    metadata = clients.get_metadata_client()
    metadata.register_task_def(TaskDef(name=f"{unique}_python_task", owner_email="a@b.com", timeout_seconds=0))
    with pytest.raises(NotFoundError) as raised:
        metadata.get_task_def(f"{unique}_pythn_task")
    message = str(raised.value)
    assert f"no task definition '{unique}_pythn_task'; did you mean '{unique}_python_task'?" in message
    assert "No such taskType found by name" in message
    assert raised.value.status == 404
    assert raised.value.method == "GET"


def test_an_unknown_workflow_suggests_the_near_one_however_it_is_named(clients: OrkesClients, unique: str) -> None:
    """Looking up, starting and executing: by name, or in a request."""
    clients.get_metadata_client().register_workflow_def(definition(unique))
    wrong, hint = f"{unique}s", f"no workflow definition '{unique}s'; did you mean '{unique}'?"
    workflows, metadata = clients.get_workflow_client(), clients.get_metadata_client()
    request = StartWorkflowRequest(name=wrong, version=1)
    for call in (
        lambda: metadata.get_workflow_def(wrong),
        lambda: workflows.start_workflow_by_name(wrong, {}),
        lambda: workflows.start_workflow(request),
        lambda: workflows.execute_workflow(start_workflow_request=request),
    ):
        with pytest.raises(NotFoundError, match="did you mean") as raised:
            call()
        assert hint in str(raised.value)


def test_a_version_that_is_not_there_tells_those_that_are(clients: OrkesClients, unique: str) -> None:
    """The name is right and the version wrong: the error says which versions there are."""
    metadata = clients.get_metadata_client()
    metadata.update_workflow_defs([definition(unique, 1), definition(unique, 3)])
    with pytest.raises(NotFoundError, match=rf"there is a workflow definition '{unique}', in version 1, 3"):
        metadata.get_workflow_def(unique, 2)


def test_removing_what_is_not_there_is_an_error_of_the_request(clients: OrkesClients, unique: str) -> None:
    """The real server answers 500; to send the request again would be no use, and the error says so."""
    metadata = clients.get_metadata_client()
    for call in (lambda: metadata.unregister_task_def(unique), lambda: metadata.unregister_workflow_def(unique, 1)):
        with pytest.raises(NotFoundError) as raised:
            call()
        assert raised.value.status in (404, 500)
        assert not raised.value.transient
        assert unique in str(raised.value)


def test_an_unknown_schedule_suggests_the_near_one(clients: OrkesClients, unique: str) -> None:
    """Schedules too."""
    clients.get_metadata_client().register_workflow_def(definition(unique))
    scheduler = clients.get_scheduler_client()
    scheduler.save_schedule(
        SaveScheduleRequest(
            name=f"{unique}_nightly",
            cron_expression="0 0 3 * * ?",
            start_workflow_request=StartWorkflowRequest(name=unique),
            paused=True,
        )
    )
    try:
        with pytest.raises(NotFoundError, match=rf"no schedule '{unique}_nightli'; did you mean '{unique}_nightly'\?"):
            scheduler.pause_schedule(f"{unique}_nightli")
    finally:
        scheduler.delete_schedule(f"{unique}_nightly")


def test_an_unknown_workflow_id_is_no_unknown_name(clients: OrkesClients) -> None:
    """Ids are not guessed at: the error is the server's."""
    with pytest.raises(NotFoundError, match="No such workflow found by id: nonsense"):
        clients.get_workflow_client().get_workflow("nonsense")
