"""Workers as users define them: classes, functions with a decorator, modules full of them."""

from __future__ import annotations

import asyncio
import functools
import logging
import multiprocessing
import pickle
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conductor.client.context.task_in_progress import TaskInProgress
from conductor.client.http.models.task import Task
from conductor.client.http.models.task_def import TaskDef
from conductor.client.http.models.task_result import TaskResult
from conductor.client.http.models.task_result_status import TaskResultStatus
from conductor.client.worker import _registry
from conductor.client.worker._registry import get_registered_worker_names, get_registered_workers, register_decorated_fn
from conductor.client.worker.exception import InvalidInputError, NonRetryableException, WorkerDefinitionError
from conductor.client.worker.worker import (
    Worker,
    is_callable_input_parameter_a_task,
    is_callable_return_value_of_type,
)
from conductor.client.worker.worker_interface import DEFAULT_POLLING_INTERVAL, WorkerInterface
from conductor.client.worker.worker_loader import WorkerLoader, auto_discover_workers, scan_for_workers
from conductor.client.worker.worker_task import WorkerTask, worker_task
from conductor.client.workflow.task.simple_task import SimpleTask

TASK = Task(task_id="t1", workflow_instance_id="w1", input_data={"name": "Ada"})


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test decorates is forgotten after it."""
    monkeypatch.setattr(_registry, "_registered", dict(_registry._registered))


class Simple(WorkerInterface):
    """As in the quick guide."""

    def execute(self, task: Task) -> TaskResult:
        task_result = self.get_task_result_from_task(task)
        task_result.add_output_data("key", "value")
        task_result.status = TaskResultStatus.COMPLETED
        return task_result


def greet(name: str) -> str:
    return f"Hello, {name}"


decorated = worker_task("decorated")(greet)
module_level = decorated


@worker_task("top_level", thread_count=3)
def top_level(name: str) -> dict[str, str]:
    return {"hello": name}


@functools.lru_cache
@worker_task("cached")
def cached(name: str) -> str:
    return name


# Classes.


def test_a_class_worker_needs_a_name_and_execute() -> None:
    """Everything else has a default."""
    worker = Simple("pack")
    result = worker.execute(TASK)
    assert (result.task_id, result.workflow_instance_id, result.output_data) == ("t1", "w1", {"key": "value"})
    assert result.worker_id == worker.get_identity()
    assert (worker.get_task_definition_name(), worker.get_domain(), worker.domain) == ("pack", None, None)
    assert (worker.thread_count, worker.poll_timeout, worker.poll_interval) == (1, 100, DEFAULT_POLLING_INTERVAL)
    assert worker.get_polling_interval_in_seconds() == 0.1
    assert not worker.is_paused()
    assert not worker.is_async
    with pytest.raises(TypeError, match="abstract"):
        WorkerInterface("x")  # type: ignore[abstract]


@pytest.mark.parametrize("name", ["", "  ", None, 3, [], ["a", ""], b"x"])
def test_a_name_that_is_none_is_refused(name: Any) -> None:
    """The error shows what was given."""
    with pytest.raises(WorkerDefinitionError, match="task_definition_name: expected a name or a list of names, got "):
        Simple(name)


def test_options_may_be_attributes_methods_or_set_later() -> None:
    """A subclass need not call the base's constructor."""

    class Own(Simple):
        thread_count = 4
        domain = "eu"  # type: ignore[assignment]

        def __init__(self) -> None:
            self.task_definition_name = "own"

        def get_polling_interval_in_seconds(self) -> float:
            return 2.5

        def get_identity(self) -> str:
            return "me"

    worker = Own()
    worker.poll_interval = 50
    assert (worker.thread_count, worker.get_domain(), worker.get_polling_interval_in_seconds()) == (4, "eu", 2.5)
    assert (worker.poll_interval, worker.lease_extend_enabled, worker.is_paused()) == (50, False, False)
    assert worker.execute(TASK).worker_id == "me"


def test_several_names_are_served_in_turn() -> None:
    """The next one after the cache is cleared."""
    worker = Simple(["a", "b"])
    assert worker.task_definition_names == ["a", "b"]
    names = []
    for _ in range(3):
        names += [worker.get_task_definition_name(), worker.task_definition_name_cache]
        worker.clear_task_definition_name_cache()
    assert names == ["a", "a", "b", "b", "a", "a"]


def test_an_async_class_worker_is_known_as_one() -> None:
    """By its `execute`."""

    class Later(WorkerInterface):
        async def execute(self, task: Task) -> TaskResult:  # type: ignore[override]
            return self.get_task_result_from_task(task)

    assert Later("x").is_async
    assert asyncio.run(Later("x").execute(TASK)).task_id == "t1"  # type: ignore[arg-type]


# Functions.


def test_a_decorated_function_is_registered_with_all_its_options() -> None:
    """And found by its task."""
    template = TaskDef(retry_count=7)

    @worker_task(
        "full", poll_interval_millis=50, domain="eu", worker_id="me", thread_count=2, register_task_def=True,
        poll_timeout=3000, lease_extend_enabled=True, task_def=template, overwrite_task_def=False, strict_schema=True,
        register_schema=True, processes=2, group="g", nan_as_null=True,
    )  # fmt: skip
    def full() -> None:
        pass

    [worker] = [worker for worker in get_registered_workers() if worker.task_definition_name == "full"]
    assert "full" in get_registered_worker_names()
    assert (worker.poll_interval, worker.domain, worker.get_identity(), worker.thread_count) == (50, "eu", "me", 2)
    assert (worker.register_task_def, worker.poll_timeout, worker.lease_extend_enabled) == (True, 3000, True)
    assert (worker.task_def_template, worker.overwrite_task_def) == (template, False)
    assert (worker.strict_schema, worker.register_schema, worker.processes, worker.group) == (True, True, 2, "g")
    assert worker.nan_as_null


def test_the_older_decorator_takes_its_own_arguments() -> None:
    """Milliseconds, or seconds."""

    @WorkerTask("older", 200, "eu", "me", thread_count=2)
    def older() -> None:
        pass

    @WorkerTask(task_definition_name="older_seconds", poll_interval_seconds=3)
    def older_seconds() -> None:
        pass

    workers = {worker.task_definition_name: worker for worker in get_registered_workers()}  # type: ignore[misc]
    assert (workers["older"].poll_interval, workers["older"].domain, workers["older"].thread_count) == (200, "eu", 2)
    assert workers["older_seconds"].get_polling_interval_in_seconds() == 3


def test_a_decorated_function_stays_a_function_and_makes_tasks() -> None:
    """With task_ref_name it is a task of a workflow definition."""
    assert decorated("Ada") == "Hello, Ada"
    task = decorated(task_ref_name="ref", name="${workflow.input.name}")  # type: ignore[call-arg]
    assert isinstance(task, SimpleTask)
    made = task.to_workflow_task()
    assert (made.name, made.task_reference_name) == ("decorated", "ref")
    assert made.input_parameters == {"name": "${workflow.input.name}"}
    assert decorated.__name__ == "greet"
    assert decorated.task_definition_name == "decorated"  # type: ignore[attr-defined]


def test_the_last_of_two_functions_for_a_task_counts_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """Both are named; the same function loaded again is nothing to speak of."""

    def first() -> None:
        pass

    def second() -> None:
        pass

    with caplog.at_level(logging.WARNING):
        register_decorated_fn(name="twice", func=first)
        register_decorated_fn(name="twice", func=first)
        assert caplog.text == ""
        register_decorated_fn(name="twice", func=second)
    assert "task 'twice'" in caplog.text
    assert "second takes the place of" in caplog.text
    assert get_registered_worker_names().count("twice") == 1
    register_decorated_fn(name="twice", domain="eu", func=first)
    assert get_registered_worker_names().count("twice") == 2


def test_an_option_that_does_not_exist_is_refused() -> None:
    """Where it is written."""
    with pytest.raises(TypeError, match="thread_cuont"):
        register_decorated_fn(name="x", func=greet, thread_cuont=3)
    with pytest.raises(WorkerDefinitionError, match="is not callable"):
        Worker("x", 3)  # type: ignore[arg-type]


def test_a_function_is_executed_with_its_tasks_input() -> None:
    """Outside a runner too, as in a user's test."""
    assert Worker("x", greet).execute(TASK).output_data == {"result": "Hello, Ada"}
    with pytest.raises(InvalidInputError):
        Worker("x", greet).execute(Task(task_id="t"))

    def no() -> None:
        raise NonRetryableException("no")

    with pytest.raises(NonRetryableException, match="no"):
        Worker("x", no).execute(TASK)
    waiting = Worker("x", lambda: TaskInProgress(5)).execute(TASK)
    assert (waiting.status, waiting.callback_after_seconds) == (TaskResultStatus.IN_PROGRESS, 5)


def test_coroutine_functions_are_known_and_awaited() -> None:
    """Also partials and objects with an async __call__."""

    async def later(name: str, mark: str = "!") -> str:
        await asyncio.sleep(0)
        return name + mark

    class Later:
        async def __call__(self, task: Task) -> str:
            return task.task_id or ""

    for function, expected in ((later, "Ada!"), (functools.partial(later, mark="?"), "Ada?"), (Later(), "t1")):
        worker = Worker("x", function)
        assert worker.is_async
        assert asyncio.run(worker.execute(TASK)).output_data == {"result": expected}
    assert not Worker("x", greet).is_async
    assert Worker("x", worker_task("later")(later)).is_async

    worker = Worker("x", functools.wraps(later)(lambda *_: "now"))
    assert asyncio.run(worker.execute(TASK)).output_data == {"result": "now"}


def test_what_a_function_takes_and_returns_can_be_asked() -> None:
    """By the names that users know."""

    def whole(task: Task) -> TaskResult:
        return TaskResult()

    assert is_callable_input_parameter_a_task(whole, Task)
    assert is_callable_input_parameter_a_task(lambda anything: 1, Task)
    assert not is_callable_input_parameter_a_task(greet, Task)
    assert is_callable_return_value_of_type(lambda: 1, TaskResult) is False


# Other processes.


def executed(worker: Any) -> Any:
    return worker.execute(TASK).output_data


def test_workers_can_be_pickled() -> None:
    """Classes, decorated functions, and those below other decorators."""
    for worker in (
        Simple("x"),
        *(w for w in get_registered_workers() if w.task_definition_name in ("top_level", "cached")),
    ):
        back = pickle.loads(pickle.dumps(worker))  # noqa: S301 - our own bytes
        assert back.task_definition_names == worker.task_definition_names
        assert back.thread_count == worker.thread_count
        assert executed(back) == executed(worker)


def test_a_function_that_another_process_cannot_find_is_told() -> None:
    """With what to do."""

    def local() -> None:
        pass

    with pytest.raises(WorkerDefinitionError, match=r"local cannot be sent to another process: define it at the top"):
        pickle.dumps(Worker("x", local))


def test_a_decorated_function_works_in_a_spawned_process(tmp_path: Path) -> None:
    """Of the main module, whose functions another process knows by another module."""
    (tmp_path / "main.py").write_text(
        textwrap.dedent("""
        import multiprocessing
        from conductor.client.http.models.task import Task
        from conductor.client.worker._registry import get_registered_workers
        from conductor.client.worker.worker_task import worker_task

        @worker_task("greet")
        def greet(name: str) -> str:
            return f"Hello, {name}"

        def run(worker, queue):
            queue.put(worker.execute(Task(task_id="t", input_data={"name": "Ada"})).output_data)

        if __name__ == "__main__":
            context = multiprocessing.get_context("spawn")
            queue = context.Queue()
            process = context.Process(target=run, args=(get_registered_workers()[0], queue))
            process.start()
            print(queue.get(timeout=60))
            process.join()
        """)
    )
    done = subprocess.run([sys.executable, "main.py"], cwd=tmp_path, env={"PYTHONPATH": str(Path(__file__).parents[3])},
                          capture_output=True, text=True, timeout=90)  # fmt: skip
    assert done.stderr == ""
    assert done.stdout == "{'result': 'Hello, Ada'}\n"
    assert multiprocessing.get_start_method(allow_none=True) in (None, "fork", "spawn", "forkserver")


# Modules.


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package of workers with one below it."""
    name = f"shop_{tmp_path.name.replace('-', '_')}"
    below = tmp_path / name / "deep"
    below.mkdir(parents=True)
    head = "from conductor.client.worker.worker_task import worker_task\n"
    for folder, workers in ((tmp_path / name, ("pack", "ship")), (below, ("bill",))):
        (folder / "__init__.py").write_text("")
        for worker in workers:
            (folder / f"{worker}.py").write_text(f"{head}\n@worker_task('{worker}')\ndef {worker}(): pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(_registry, "_registered", {})
    yield name
    for module in [module for module in sys.modules if module.startswith(name)]:
        del sys.modules[module]


def test_a_loader_finds_the_workers_of_packages_and_modules(package: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Recursively or not; what it found can be printed."""
    assert scan_for_workers(package, recursive=False).get_worker_names() == ["pack", "ship"]
    loader = auto_discover_workers(packages=[package])
    assert loader.get_worker_count() == 3
    assert {worker.get_task_definition_name() for worker in loader.get_workers()} == {"pack", "ship", "bill"}
    assert "3 workers:\n  bill\n  pack\n  ship\n" in capsys.readouterr().out


def test_a_loader_finds_the_workers_of_a_folder(package: str, tmp_path: Path) -> None:
    """As part of a package, or by itself."""
    loader = WorkerLoader()
    loader.scan_path(str(tmp_path / package), package)
    assert set(loader.get_worker_names()) == {"pack", "ship", "bill"}
    with pytest.raises(WorkerDefinitionError, match="no such folder of workers"):
        loader.scan_path(str(tmp_path / "none"))


def test_a_module_that_cannot_be_imported_is_told_in_one_line(package: str, tmp_path: Path) -> None:
    """Missing, with a missing import, or raising."""
    (tmp_path / package / "broken.py").write_text("1 / 0")
    (tmp_path / package / "needy.py").write_text("import not_installed_here")
    for name, message in (
        ("no_such_module", r"worker module 'no_such_module' does not exist"),
        (f"{package}.nothing", r"worker module '.*nothing' does not exist"),
        (f"{package}.needy", r"imports 'not_installed_here', which is not installed"),
        (f"{package}.broken", r"broken': ZeroDivisionError: division by zero"),
    ):
        with pytest.raises(WorkerDefinitionError, match=message):
            WorkerLoader().scan_module(name)
