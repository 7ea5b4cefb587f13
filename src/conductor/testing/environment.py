"""Tests of workflows without a server, a port or a sleep: a workflow that waits for 30 days is tested in milliseconds.

def test_a_reminder_goes_out_after_a_month(workflow_environment):
    env = workflow_environment
    env.register("workflows/reminder.json")
    env.mock("send_mail", {"sent": True})

    run = env.start("reminder", {"to": "ada@example.com"})
    env.skip(days=29)
    run.assert_not_ran("mail")
    env.skip(days=1)
    run.assert_completed(output={"sent": True})
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conductor.testing._crew import Crew
from conductor.testing._timelines import Served, Simulated, Timeline, wait_ends_at
from conductor.testing.run import Run

if TYPE_CHECKING:
    from typing_extensions import Self

    from conductor.client.configuration.configuration import Configuration
    from conductor.client.http.models.task import Task
    from conductor.client.http.models.task_def import TaskDef
    from conductor.client.http.models.workflow_def import WorkflowDef

#: Points the same tests at a server, e.g. http://localhost:8080/api.
URL_VARIABLE = "CONDUCTOR_TEST_SERVER_URL"
#: When a test's time begins.
START = datetime(2026, 1, 1, tzinfo=timezone.utc)


class WorkflowEnvironment:
    """An engine of a test's own, workers that work when told to, and time that passes when told to.

    url: a server's API, to run the test there: definitions are registered and workflows run for real, time passes as it
        does, except that a WAIT that would be skipped is completed through the API.
    start: when the test's time begins, in process.
    seed: of ids and jitter, in process.
    patience_seconds: how long a server may take to do what a test waits for.
    """

    def __init__(
        self, *, url: str | None = None, start: datetime = START, seed: int = 0, patience_seconds: float = 30.0
    ):
        from conductor.client.http.api.metadata_resource_api import MetadataResourceApi
        from conductor.client.http.api.task_resource_api import TaskResourceApi
        from conductor.client.http.api.workflow_resource_api import WorkflowResourceApi
        from conductor.client.http.api_client import ApiClient

        self._timeline: Timeline
        if url is None:
            self._timeline = Simulated(start, seed, self._work)
        else:
            self._timeline = Served(url, self._work, self._end_waits, patience_seconds)
        self.api_client = ApiClient(self.configuration)
        self.workflows = WorkflowResourceApi(self.api_client)
        self.task_api = TaskResourceApi(self.api_client)
        self.metadata = MetadataResourceApi(self.api_client)
        self._crew = Crew(self.api_client)
        self._runs: list[Run] = []

    @classmethod
    def from_environment(cls, **options: Any) -> WorkflowEnvironment:
        """On the server that CONDUCTOR_TEST_SERVER_URL names, else in process."""
        return cls(url=os.environ.get(URL_VARIABLE) or None, **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the engine."""
        self._timeline.close()

    @property
    def configuration(self) -> Configuration:
        """For clients of the SDK: they talk to this environment, whatever it is."""
        return self._timeline.configuration

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self._timeline.now() / 1000, timezone.utc)

    # -- before ---------------------------------------------------------------------------------------------------

    def register(self, *definitions: Any) -> Self:
        """Register definitions: models, what has `to_workflow_def()`, dicts as in JSON, or paths of JSON files."""
        from conductor.client.http.models.task_def import TaskDef

        for given in definitions:
            for definition in _definitions(given):
                if isinstance(definition, TaskDef):
                    self.metadata.register_task_def([definition])
                else:
                    self.metadata.create(definition, overwrite=True)
        return self

    def mock(self, task_type: str, *answers: Any, domain: str | None = None) -> Self:
        """Let tasks of a type be answered.

        An answer is an output (a dict), a function of the task's input that gives one, an exception, or one of
        `conductor.testing.answers`. One answer is given always, several one after another.
        """
        self._crew.mock(task_type, answers, domain)
        return self

    def mock_http(self, url: str, body: Any = None, status: int = 200) -> Self:
        """Let HTTP tasks that ask for a URL be answered; nothing else of the web is there, in process.

        url: `*` in it stands for any text.
        body: JSON, text, or a function of what was sent that gives one of them.
        """
        self._timeline.answer_web(url, body, status)
        return self

    def worker(self, *workers: Any) -> Self:
        """Let real workers do their tasks: instances of `WorkerInterface`, or functions with `@worker_task`."""
        for worker in workers:
            self._crew.add(_as_worker(worker))
        return self

    # -- the act ----------------------------------------------------------------------------------------------------

    def start(self, workflow: Any, input: dict[str, Any] | None = None, **options: Any) -> Run:
        """Start a workflow, by name or as a definition; its first tasks are scheduled when this returns.

        options: further members of `StartWorkflowRequest`, e.g. ``version=2``.
        """
        from conductor.client.http.models.start_workflow_request import StartWorkflowRequest

        request = StartWorkflowRequest(input=input or {}, **options)
        if isinstance(workflow, str):
            request.name = workflow
        else:
            definition = _workflow_definition(workflow)
            request.name, request.workflow_def = definition.name, definition
        run = Run(self, self.workflows.start_workflow(request))
        self._runs.append(run)
        return run

    def run(self, workflow: Any, input: dict[str, Any] | None = None, **options: Any) -> Run:
        """Start a workflow and let it go on to its end. Raises Stuck where it does not end."""
        return self.start(workflow, input, **options).wait()

    def skip(
        self,
        duration: timedelta | None = None,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
    ) -> Self:
        """Let time pass; what is due in it happens, and workers work."""
        total = (duration or timedelta()) + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        self._timeline.skip(total.total_seconds())
        return self

    def go(self, until: Callable[[], bool], within: timedelta | None = None) -> bool:
        """Let workers work and time pass until something is true; False where it will not be."""
        return self._timeline.go(until, None if within is None else within.total_seconds())

    # -- what went wrong --------------------------------------------------------------------------------------------

    def why_stuck(self, run: Run) -> str:
        """What the open tasks of a workflow wait for."""
        lines = [run.describe(), "nothing more will happen:"]
        lines += [f"  {task.reference_task_name}: {self._waits_for(task)}" for task in run.tasks if _is_open(task)]
        return "\n".join(lines)

    def _waits_for(self, task: Task) -> str:
        if task.task_type in ("HUMAN", "WAIT"):
            return f"waits to be completed: run.complete({task.reference_task_name!r})"
        if task.task_type == "SUB_WORKFLOW":
            child = Run(self, str(task.sub_workflow_id)).describe()
            return "its workflow has not ended:\n    " + child.replace("\n", "\n    ")
        if not self._crew.knows(task.task_type):
            return f"no worker for '{task.task_type}': env.mock({task.task_type!r}, ...) or env.worker(...)"
        return f"{task.status}"

    # -- what timelines ask -----------------------------------------------------------------------------------------

    def _work(self, poll_millis: int) -> int:
        return self._crew.work_once(poll_millis)

    def _end_waits(self, before: float) -> int:
        ended = 0
        for run in self._runs:
            for task in run.tasks:
                ends = wait_ends_at(task) if task.task_type == "WAIT" and _is_open(task) else None
                if ends is not None and ends <= before:
                    run.complete(str(task.reference_task_name))
                    ended += 1
        return ended


def _is_open(task: Task) -> bool:
    return task.status in ("SCHEDULED", "IN_PROGRESS")


def _definitions(given: Any) -> list[TaskDef | WorkflowDef]:
    """The definitions in what was given."""
    from conductor.client.http.models.task_def import TaskDef
    from conductor.client.http.models.workflow_def import WorkflowDef

    if isinstance(given, (TaskDef, WorkflowDef)):
        return [given]
    if hasattr(given, "to_workflow_def"):
        return [given.to_workflow_def()]
    if isinstance(given, dict):
        import msgspec

        return [msgspec.convert(given, WorkflowDef) if "tasks" in given else msgspec.convert(given, TaskDef)]
    if isinstance(given, (str, Path)):
        from conductor.client.workflow.definitions import load_definitions

        loaded = load_definitions(given)
        return [*loaded.task_defs, *loaded.workflow_defs]
    raise TypeError(f"not a definition: {given!r}; expected a WorkflowDef, a TaskDef, a dict or a path of JSON files")


def _workflow_definition(given: Any) -> WorkflowDef:
    from conductor.client.http.models.workflow_def import WorkflowDef

    found = [definition for definition in _definitions(given) if isinstance(definition, WorkflowDef)]
    if len(found) != 1:
        raise TypeError(f"{len(found)} workflow definitions in {given!r}, expected one")
    return found[0]


def _as_worker(given: Any) -> Any:
    from conductor.client.worker.worker_interface import WorkerInterface

    if isinstance(given, WorkerInterface):
        return given
    from conductor.client.worker._registry import get_registered_workers

    function = getattr(given, "__wrapped__", given)
    for worker in get_registered_workers():
        if worker.execute_function in (given, function):
            return worker
    raise TypeError(f"not a worker: {given!r}; expected a WorkerInterface or a function decorated with @worker_task")
