"""The test environment for workflows: time that skips, mocks, real workers, assertions; also on the real server."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from conductor.client.http.models import TaskResult, TaskResultStatus
from conductor.client.orkes_clients import OrkesClients
from conductor.client.worker.exception import NonRetryableException
from conductor.client.worker.worker_interface import WorkerInterface
from conductor.testing import Stuck, WorkflowEnvironment, completed, embedded, failed, in_progress, lost

OSS = os.environ.get("CONDUCTOR_OSS_URL")


def simple(name: str, ref: str | None = None, **inputs: Any) -> dict[str, Any]:
    return {"name": name, "taskReferenceName": ref or name, "type": "SIMPLE", "inputParameters": inputs}


def wait(ref: str, duration: str) -> dict[str, Any]:
    return {"name": ref, "taskReferenceName": ref, "type": "WAIT", "inputParameters": {"duration": duration}}


def workflow(*tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": f"env-{uuid4()}", "version": 1, "schemaVersion": 2, "tasks": list(tasks), **more}


@pytest.fixture
def env() -> Iterator[WorkflowEnvironment]:
    with WorkflowEnvironment() as environment:
        yield environment


@pytest.fixture(
    params=[
        "in process",
        "embedded",
        pytest.param(
            "real", marks=[pytest.mark.oss, pytest.mark.skipif(not OSS, reason="CONDUCTOR_OSS_URL is not set")]
        ),
    ]
)
def anywhere(request: pytest.FixtureRequest) -> Iterator[WorkflowEnvironment]:
    """The same test in process, on a served engine, and on the real server."""
    if request.param == "embedded":
        with embedded() as server, WorkflowEnvironment(url=server.url) as environment:
            yield environment
    else:
        with WorkflowEnvironment(url=OSS if request.param == "real" else None) as environment:
            yield environment


def test_a_mocked_workflow_runs_to_its_end(anywhere: WorkflowEnvironment) -> None:
    """Outputs of mocks flow through the workflow as a worker's would."""
    one, two = f"one-{uuid4()}", f"two-{uuid4()}"
    definition = workflow(
        simple(one, "a", x="${workflow.input.x}"),
        simple(two, "b", y="${a.output.y}"),
        outputParameters={"z": "${b.output.z}"},
    )
    anywhere.mock(one, lambda task_input: {"y": task_input["x"] + 1})
    anywhere.mock(two, lambda task_input: {"z": task_input["y"] * 2})

    run = anywhere.register(definition).run(definition["name"], {"x": 20})

    run.assert_completed(output={"z": 42}).assert_ran("a", "b").assert_task("b", input={"y": 21})


def test_thirty_days_pass_in_no_time(anywhere: WorkflowEnvironment) -> None:
    """What is due before the end of the wait happens before it, and not earlier."""
    mail = f"mail-{uuid4()}"
    definition = workflow(wait("month", "30 days"), simple(mail, "mail"))
    anywhere.register(definition).mock(mail, {"sent": True})
    started = time.monotonic()

    run = anywhere.start(definition["name"])
    anywhere.skip(days=29)
    run.assert_not_ran("mail")
    anywhere.skip(days=1, seconds=1)

    run.wait().assert_completed(output={"sent": True})
    assert time.monotonic() - started < 15


def test_waiting_for_the_end_skips_what_is_in_between(env: WorkflowEnvironment) -> None:
    """A year of waits, and the clock shows it."""
    before = env.now
    definition = workflow(wait("a", "300 days"), wait("b", "65 days"))

    env.run(definition).assert_completed()

    assert timedelta(days=365) <= env.now - before < timedelta(days=365, hours=1)


def test_failures_are_retried_with_their_delay(env: WorkflowEnvironment) -> None:
    """Answers one after another; the time of the retries passes at once."""
    env.register({"name": "flaky", "retryCount": 3, "retryDelaySeconds": 3600, "retryLogic": "FIXED"})
    env.mock("flaky", failed("no connection"), ValueError("bad"), completed(done=True))
    before = env.now

    run = env.run(workflow(simple("flaky")))

    run.assert_completed(output={"done": True}).assert_task("flaky", "COMPLETED", attempts=3)
    assert run.attempts("flaky")[1].reason_for_incompletion == "ValueError: bad"
    assert env.now - before >= timedelta(hours=2)


def test_a_terminal_failure_is_not_retried(env: WorkflowEnvironment) -> None:
    """By an answer or by the exception that workers raise for it."""

    def declined(task_input: dict[str, Any]) -> Any:
        raise NonRetryableException("card declined")

    env.mock("charge", declined).mock("other", failed("no", terminal=True))

    env.run(workflow(simple("charge"))).assert_failed("card declined").assert_task("charge", attempts=1)
    env.run(workflow(simple("other"))).assert_failed("no")


def test_a_worker_that_is_lost_runs_into_its_response_timeout(env: WorkflowEnvironment) -> None:
    """And the next attempt is taken by the next answer."""
    env.register(
        {"name": "slow", "retryCount": 1, "retryDelaySeconds": 0, "responseTimeoutSeconds": 60, "timeoutSeconds": 0}
    )
    env.mock("slow", lost(), {"ok": True})

    run = env.run(workflow(simple("slow")))

    run.assert_completed()
    assert run.attempts("slow")[0].status == "TIMED_OUT"


def test_a_task_can_come_back_later(env: WorkflowEnvironment) -> None:
    """In progress for an hour, twice, then done: the same task."""
    env.mock("import", in_progress(3600, step=1), in_progress(3600, step=2), {"done": True})
    before = env.now

    run = env.run(workflow(simple("import")))

    run.assert_completed(output={"done": True}).assert_task("import", attempts=1)
    assert env.now - before >= timedelta(hours=2)


def test_a_human_task_is_completed_by_the_test(anywhere: WorkflowEnvironment) -> None:
    """The workflow stands still until then."""
    definition = workflow(
        {"name": "approve", "taskReferenceName": "approve", "type": "HUMAN"},
        outputParameters={"by": "${approve.output.by}"},
    )
    run = anywhere.register(definition).start(definition["name"]).wait_for("approve", "IN_PROGRESS")

    run.assert_status("RUNNING").complete("approve", by="ada")

    run.wait().assert_completed(output={"by": "ada"})


class Doubler(WorkerInterface):
    """A worker as users write them."""

    def execute(self, task: Any) -> TaskResult:
        result = self.get_task_result_from_task(task)
        result.status = TaskResultStatus.COMPLETED
        result.add_output_data("twice", 2 * task.input_data["x"])
        return result


def test_real_workers_do_their_tasks(env: WorkflowEnvironment) -> None:
    """A worker's own code runs, and what it raises fails the task with its traceback in the log."""
    env.worker(Doubler("double"))
    definition = workflow(simple("double", x="${workflow.input.x}"))

    env.run(definition, {"x": 4}).assert_completed(output={"twice": 8})

    env.register({"name": "double", "retryCount": 0})
    env.run(definition, {"x": None}).assert_failed("TypeError")


def test_the_sdks_clients_talk_to_the_environment(env: WorkflowEnvironment) -> None:
    """Code under test is given the environment's configuration; a synchronous call passes the time."""
    definition = workflow(wait("a", "5 seconds"), simple("t"))
    env.register(definition).mock("t", {"ok": True})
    client = OrkesClients(env.configuration).get_workflow_client()

    workflow_id = client.start_workflow_by_name(definition["name"], {})
    assert client.get_workflow(workflow_id).status == "RUNNING"

    from conductor.client.http.models.start_workflow_request import StartWorkflowRequest

    answer = client.execute_workflow(StartWorkflowRequest(name=definition["name"], version=1), wait_for_seconds=10)
    assert answer.status == "COMPLETED"


def test_a_workflow_that_cannot_go_on_says_what_it_waits_for(env: WorkflowEnvironment) -> None:
    """Each open task with what would help it."""
    approve = {"name": "approve", "taskReferenceName": "ok", "type": "HUMAN"}
    fork = {
        "name": "f", "taskReferenceName": "f", "type": "FORK_JOIN",
        "forkTasks": [[simple("charge")], [approve]],
    }  # fmt: skip
    join = {"name": "j", "taskReferenceName": "j", "type": "JOIN", "joinOn": ["charge", "ok"]}

    with pytest.raises(Stuck) as stuck:
        env.run(workflow(fork, join))

    assert "no worker for 'charge': env.mock('charge', ...)" in str(stuck.value)
    assert "run.complete('ok')" in str(stuck.value)


def ask(url: str) -> dict[str, Any]:
    inputs = {"uri": url, "method": "POST", "body": {"q": 2}}
    return {"name": "ask", "taskReferenceName": "ask", "type": "HTTP", "inputParameters": inputs}


def test_http_tasks_see_only_what_was_mocked(env: WorkflowEnvironment) -> None:
    """By URL with `*`: a body, a status, a function of what was sent. All else fails and says how to mock it."""
    env.mock_http("https://api.test/*", lambda sent: {"answer": sent["q"] * 21})
    env.mock_http("https://api.test/down", "sorry", status=503)

    env.run(workflow(ask("https://api.test/a"))).assert_task("ask", output={"response": {"body": {"answer": 42}}})
    env.run(workflow(ask("https://api.test/down"))).assert_failed("503")
    env.run(workflow(ask("https://other.test/"))).assert_failed("env.mock_http('https://other.test/', ...)")


@pytest.mark.parametrize(
    "claim",
    [
        lambda run: run.assert_failed(),
        lambda run: run.assert_completed(output={"a": 2}),
        lambda run: run.assert_ran("b", "a"),
        lambda run: run.assert_not_ran("a"),
        lambda run: run.assert_task("a", "FAILED"),
        lambda run: run.assert_task("a", input={"x": 2}),
        lambda run: run.assert_task("a", attempts=2),
        lambda run: run.task("none"),
        lambda run: run.complete("a"),
    ],
)
def test_an_assertion_that_fails_shows_the_workflow(env: WorkflowEnvironment, claim: Callable[[Any], object]) -> None:
    """The table of its tasks is in the message."""
    env.mock("a", {"a": 1})
    run = env.run(workflow(simple("a", x=1), simple("a", "b"))).assert_completed(output={"a": 1})

    with pytest.raises(AssertionError, match="COMPLETED"):
        claim(run)


def test_what_a_mock_asserts_fails_the_test(env: WorkflowEnvironment) -> None:
    """And not only the workflow."""

    def check(task_input: dict[str, Any]) -> None:
        assert task_input["x"] == 2, "x should be 2"

    env.mock("a", check)
    with pytest.raises(AssertionError, match="x should be 2"):
        env.run(workflow(simple("a", x=1)))


def test_two_runs_of_a_test_are_alike(env: WorkflowEnvironment) -> None:
    """Ids and times do not change from run to run."""

    def trace() -> Any:
        with WorkflowEnvironment() as fresh:
            fresh.mock("a", None)
            run = fresh.start({"name": "same", "version": 1, "tasks": [simple("a"), wait("w", "1 day")]}).wait()
            return run.id, [(task.task_id, task.end_time) for task in run.tasks]

    assert trace() == trace()


def test_the_fixtures_are_there_and_cost_nothing_until_used(tmp_path: Path) -> None:
    """As pytest loads them by entry point: no server, engine or client is imported for tests that ask for none."""
    (tmp_path / "test_users.py").write_text(
        """
import sys

def test_nothing_is_imported():
    loaded = {name for name in sys.modules if name.startswith("conductor.")}
    assert {name for name in loaded if not name.startswith("conductor.testing")} <= {"conductor._version"}, loaded

def test_environment(workflow_environment):
    env = workflow_environment
    env.mock("t", {"ok": True})
    task = {"name": "t", "taskReferenceName": "t", "type": "SIMPLE"}
    env.run({"name": "w", "tasks": [task]}).assert_completed(output={"ok": True})

def test_server(conductor_server):
    from urllib.request import urlopen
    with urlopen(conductor_server.url + "/version") as answer:
        assert answer.read() == b"3.32.3"
"""
    )
    source = str(Path(__file__).resolve().parents[2])
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "conductor.testing.pytest_plugin",
        "-p",
        "no:cacheprovider",
        ".",
    ]
    result = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": source},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert "3 passed" in result.stdout, result.stdout + result.stderr
