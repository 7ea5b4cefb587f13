"""Definitions that read like Python: a typed function whose calls are tasks.

    @workflow(version=1)
    def fulfil(order: Order) -> dict[str, object]:
        price = call(price_order, lines=order.lines)          # a worker's function: typed as what it returns
        with switch(order.country) as country:
            with country.case("DE"):
                call(print_label, order_id=order.id)
            with country.otherwise():
                call(declare_customs, order_id=order.id, value=price.total)
        return {"total": price.total}

The function runs once, when the definition is built, with references for its parameters; see `references`. A task's
reference name is its function's name, numbered where it is called again; `named("ref", function)` chooses one.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import inspect
import typing
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, cast

from conductor.client.http.models.workflow_def import WorkflowDef
from conductor.client.workflow.conductor_workflow import ConductorWorkflow
from conductor.client.workflow.diff import Change
from conductor.client.workflow.references import Ref, expressions
from conductor.client.workflow.task.do_while_task import ForEachTask, LoopTask
from conductor.client.workflow.task.fork_task import ForkTask
from conductor.client.workflow.task.simple_task import SimpleTask
from conductor.client.workflow.task.sub_workflow_task import SubWorkflowTask
from conductor.client.workflow.task.switch_task import SwitchTask
from conductor.client.workflow.task.task import TaskInterface
from conductor.client.workflow.validate import check

if TYPE_CHECKING:
    from conductor.client.workflow.executor.workflow_executor import WorkflowExecutor

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

_building: contextvars.ContextVar[_Builder] = contextvars.ContextVar("conductor_workflow_being_built")


class _Builder:
    """The workflow that is being built: the list that takes the next task, and the names that are taken."""

    def __init__(self) -> None:
        self.tasks: list[TaskInterface] = []
        self.taken: set[str] = set()

    def fresh(self, stem: str) -> str:
        if stem not in self.taken:
            self.taken.add(stem)
            return stem
        ref = next(name for n in range(2, len(self.taken) + 3) if (name := f"{stem}_{n}") not in self.taken)
        self.taken.add(ref)
        return ref

    @contextlib.contextmanager
    def into(self, tasks: list[TaskInterface]) -> Iterator[None]:
        """Within the block, tasks are added to this list."""
        outer, self.tasks = self.tasks, tasks
        try:
            yield
        finally:
            self.tasks = outer


def builder() -> _Builder:
    try:
        return _building.get()
    except LookupError:
        raise RuntimeError("this may be called only while a @workflow function is being built") from None


class Workflow(Generic[P, R]):
    """A workflow made from a function; see the module. Build it with `to_workflow_def()`."""

    def __init__(self, function: Callable[P, R], name: str, version: int, settings: dict[str, Any]) -> None:
        self.function, self.name, self.version, self._settings = function, name, version, settings
        functools.update_wrapper(self, function)

    def to_conductor_workflow(self, executor: WorkflowExecutor | None = None) -> ConductorWorkflow:
        """The workflow in the builder's form, bound to an executor where one is given.

        Raises:
            InvalidDefinition: what was built is not valid; the message lists the places.
            UnknownReference: the function refers to a field that a type does not have.
        """
        made = _Builder()
        token = _building.set(made)
        try:
            hints = typing.get_type_hints(self.function)
            parameters = inspect.signature(self.function).parameters
            inputs = {name: Ref(f"workflow.input.{name}", hints.get(name, Any)) for name in parameters}
            result = cast(Callable[..., Any], self.function)(**inputs)
        finally:
            _building.reset(token)
        built = ConductorWorkflow(executor, self.name, self.version, inspect.getdoc(self.function))
        built.add(made.tasks).input_parameters(list(inputs)).output_parameters(_output(result))
        defaults = {n: p.default for n, p in parameters.items() if p.default is not inspect.Parameter.empty}
        built.input_template(expressions(defaults))
        for setting, value in self._settings.items():
            getattr(built, setting)(value)
        check(built.to_workflow_def())
        return built

    def to_workflow_def(self) -> WorkflowDef:
        """The definition; errors as `to_conductor_workflow`."""
        return self.to_conductor_workflow().to_workflow_def()

    def diff(self, registered: WorkflowDef | None) -> list[Change]:
        """What registering it would change."""
        from conductor.client.workflow.diff import diff

        return diff(self.to_workflow_def(), registered)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Within another workflow: this one as a sub-workflow, typed as what its function returns."""
        return _place(self.function, args, kwargs, lambda ref: SubWorkflowTask(ref, self.name, self.version), self.name)


SETTINGS = frozenset(
    {
        "timeout_seconds", "timeout_policy", "owner_email", "failure_workflow", "restartable", "variables",
        "enable_status_listener",
    }
)  # fmt: skip


def workflow(
    *, name: str | None = None, version: int = 1, **settings: Any
) -> Callable[[Callable[P, R]], Workflow[P, R]]:
    """Make a workflow from a typed function.

    Args:
        name: its name; the function's where left out.
        version: its version, from 1.
        settings: `timeout_seconds`, `timeout_policy`, `owner_email`, `failure_workflow`, `restartable`, `variables`,
            `enable_status_listener`, as on `ConductorWorkflow`.

    Raises:
        TypeError: an unknown setting.
    """
    if unknown := settings.keys() - SETTINGS:
        raise TypeError(f"unknown workflow settings {sorted(unknown)}; there are {sorted(SETTINGS)}")
    return lambda function: Workflow(function, name or function.__name__, version, settings)


def _output(result: Any) -> dict[str, Any]:
    if result is None:
        return {}
    value = expressions(result)
    return value if isinstance(value, dict) else {"result": value}


def _task_name(function: Callable[..., Any]) -> str:
    """The task definition's name: a decorated worker's own, else the function's."""
    return str(getattr(function, "task_definition_name", None) or getattr(function, "__name__", "task"))


def call(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """A task for the worker `function`; typed as what it returns."""
    name = _task_name(function)
    return _place(function, args, kwargs, lambda ref: SimpleTask(name, ref), name)


def named(ref: str, function: Callable[P, R]) -> Callable[P, R]:
    """`named("home", ship)(order=...)` is `call(ship, order=...)` under the reference name `home`."""
    name = _task_name(function)

    def placed(*args: P.args, **kwargs: P.kwargs) -> R:
        return _place(function, args, kwargs, lambda fresh: SimpleTask(name, fresh), ref)

    return placed


def _place(
    function: Callable[..., R],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    make: Callable[[str], TaskInterface],
    stem: str,
) -> R:
    """Add the task that `make` gives, with the arguments as its input; a reference to what the function returns."""
    made = builder()
    bound = inspect.signature(function).bind(*args, **kwargs)
    task = make(made.fresh(stem))
    task.input_parameters.update(expressions(bound.arguments))
    made.tasks.append(task)
    returns = typing.get_type_hints(function).get("return", Any)
    from conductor.client.workflow.references import fields_of

    is_object = (
        fields_of(returns) is not None or returns is Any or returns is dict or typing.get_origin(returns) is dict
    )
    # A worker that returns no object has its value under `result`.
    return cast(R, Ref(f"{task.task_reference_name}.output" + ("" if is_object else ".result"), returns))


def add(task: TaskInterface) -> Ref:
    """Add a task of the builder's classes (HttpTask, WaitTask, ...); a reference to its output."""
    made = builder()
    if task.task_reference_name in made.taken:
        raise ValueError(f"the reference name {task.task_reference_name!r} is taken")
    made.taken.add(task.task_reference_name)
    task.input_parameters = expressions(task.input_parameters)
    made.tasks.append(task)
    return Ref(f"{task.task_reference_name}.output")


class Cases:
    """The cases of a switch."""

    def __init__(self, task: SwitchTask) -> None:
        self._task = task

    @contextlib.contextmanager
    def case(self, value: object) -> Iterator[None]:
        """What runs when the value is this one."""
        tasks: list[TaskInterface] = []
        with builder().into(tasks):
            yield
        self._task.switch_case(_case_name(value), tasks)

    @contextlib.contextmanager
    def otherwise(self) -> Iterator[None]:
        """What runs when no case fits."""
        tasks: list[TaskInterface] = []
        with builder().into(tasks):
            yield
        self._task.default_case(tasks)


def _case_name(value: object) -> str:
    return (
        {True: "true", False: "false", None: "null"}.get(value, str(value))
        if isinstance(value, (bool, type(None)))
        else str(value)
    )


@contextlib.contextmanager
def switch(value: object, ref: str = "switch") -> Iterator[Cases]:
    """Choose by a value; see the module's example."""
    made = builder()
    task = SwitchTask(made.fresh(ref), str(value))
    made.tasks.append(task)
    yield Cases(task)


class Branches:
    """The branches of a fork."""

    def __init__(self) -> None:
        self.branches: list[list[TaskInterface]] = []

    @contextlib.contextmanager
    def branch(self) -> Iterator[None]:
        """What runs beside the other branches."""
        tasks: list[TaskInterface] = []
        with builder().into(tasks):
            yield
        if tasks:
            self.branches.append(tasks)


@contextlib.contextmanager
def fork(ref: str = "fork") -> Iterator[Branches]:
    """Run branches side by side, and go on when all have ended."""
    made, branches = builder(), Branches()
    name = made.fresh(ref)
    made.taken.add(f"join_{name}")
    yield branches
    made.tasks.append(ForkTask(name, branches.branches))


@contextlib.contextmanager
def repeat(times: int, ref: str = "repeat") -> Iterator[Ref]:
    """Run the block so many times; gives a reference to the number of the turn, from 1."""
    made, tasks = builder(), list[TaskInterface]()
    name = made.fresh(ref)
    with made.into(tasks):
        yield Ref(f"{name}.output.iteration", int)
    made.tasks.append(LoopTask(name, times, tasks))


@contextlib.contextmanager
def for_each(items: list[T], ref: str = "for_each") -> Iterator[T]:
    """Run the block for each item of a list that a reference names; gives the item."""
    made, tasks = builder(), list[TaskInterface]()
    if not isinstance(cast(object, items), Ref):
        raise TypeError(f"for_each() takes a reference to a list, not a list itself: {items!r}")
    name = made.fresh(ref)
    element = getattr(cast(Any, items)[0], "_type", Any)
    with made.into(tasks):
        yield cast(T, Ref(f"{name}.output.loopItem", element))
    made.tasks.append(ForEachTask(name, tasks, str(items)))
