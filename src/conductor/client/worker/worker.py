"""A worker made of a function."""

from __future__ import annotations

import functools
import importlib
import inspect
import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from conductor.client.context.task_context import (
    TaskContext,
    bind_task_context,
    current_task_context,
    unbind_task_context,
)
from conductor.client.context.task_in_progress import TaskInProgress
from conductor.client.http.models.task import Task
from conductor.client.http.models.task_def import TaskDef
from conductor.client.http.models.task_result import TaskResult
from conductor.client.http.models.task_result_status import TaskResultStatus
from conductor.client.worker._arguments import ArgumentPlan, is_task
from conductor.client.worker._outcome import awaitable_returned, in_progress
from conductor.client.worker._output import as_output
from conductor.client.worker._types import names_around
from conductor.client.worker.exception import WorkerDefinitionError
from conductor.client.worker.worker_interface import DEFAULT_POLL_TIMEOUT, DEFAULT_POLLING_INTERVAL, WorkerInterface

if TYPE_CHECKING:
    from conductor.client.http.api_client import ApiClient

ExecuteTaskFunction = Callable[..., Any]

#: What another process makes anew.
_NOT_SENT: Final = frozenset({"_plan", "_function", "_is_async", "_api_client"})


class Worker(WorkerInterface):
    """Executes tasks by calling a function with arguments taken from the task's input; see `worker_task`.

    Args:
        task_definition_name: name of the task definition, or a list of names.
        execute_function: a function, coroutine function, or anything callable.
        poll_interval: milliseconds between polls while there is nothing to do.
        domain: task domain.
        worker_id: identity kept by the server with the task; default the host's name.
        options: further options, named as the attributes of `WorkerInterface`.

    Raises:
        WorkerDefinitionError: the function's parameters cannot be filled from JSON, or an option does not exist.
    """

    _api_client: ApiClient | None = None

    def __init__(
        self,
        task_definition_name: str | Sequence[str],
        execute_function: ExecuteTaskFunction,
        poll_interval: float | None = None,
        domain: str | None = None,
        worker_id: str | None = None,
        thread_count: int = 1,
        register_task_def: bool = False,
        poll_timeout: int = DEFAULT_POLL_TIMEOUT,
        lease_extend_enabled: bool = False,
        paused: bool = False,
        task_def_template: TaskDef | None = None,
        overwrite_task_def: bool = True,
        strict_schema: bool = False,
        register_schema: bool | None = None,
        *,
        processes: int = 1,
        group: str | None = None,
        nan_as_null: bool = False,
    ) -> None:
        super().__init__(task_definition_name)
        self.poll_interval = DEFAULT_POLLING_INTERVAL if poll_interval is None else poll_interval
        self.domain = domain
        self.worker_id = worker_id
        self.thread_count = thread_count
        self.register_task_def = register_task_def
        self.poll_timeout = poll_timeout
        self.lease_extend_enabled = lease_extend_enabled
        self.paused = paused
        self.task_def_template = task_def_template
        self.overwrite_task_def = overwrite_task_def
        self.strict_schema = strict_schema
        self.register_schema = register_schema
        self.processes = processes
        self.group = group
        self.nan_as_null = nan_as_null
        self.execute_function = execute_function

    @property
    def execute_function(self) -> ExecuteTaskFunction:
        """The function."""
        return self._function

    @execute_function.setter
    def execute_function(self, function: ExecuteTaskFunction) -> None:
        if not callable(function):
            raise WorkerDefinitionError(f"worker {self.task_definition_name!r}: {function!r} is not callable")
        self._function = function
        self._plan = plan_of(function)
        self._is_async = is_coroutine_function(function)

    @property
    def is_async(self) -> bool:
        """Whether the function is a coroutine function."""
        return self._is_async

    @property
    def api_client(self) -> ApiClient:
        """A client for the server that the environment names, made at its first use."""
        from conductor.client.http.api_client import ApiClient  # few workers call the server themselves

        if self._api_client is None:
            self._api_client = ApiClient()
        return self._api_client

    def check_completed_async_tasks(self) -> list[TaskResult]:
        """Always empty: the result of a coroutine function is awaited by the runner. Kept for its callers."""
        return []

    def execute(self, task: Task) -> Any:
        """Call the function with the task's input.

        Returns:
            A TaskResult; for a coroutine function an awaitable of one.

        Raises:
            InvalidInputError: the input does not fit the function.
            Exception: whatever the function raises.
        """
        if self._is_async:
            return self._execute_async(task)
        context = current_task_context()
        if context is None or context.task is not task:
            return self._execute_in_own_context(task)
        arguments, keywords = self._plan.bind(task)
        return self._result(task, context, self._function(*arguments, **keywords))

    def _execute_in_own_context(self, task: Task) -> TaskResult:
        """For whoever calls `execute` directly, such as a test."""
        token = bind_task_context(TaskContext(task))
        try:
            return self.execute(task)  # type: ignore[no-any-return]
        finally:
            unbind_task_context(token)

    async def _execute_async(self, task: Task) -> TaskResult:
        context, token = current_task_context(), None
        if context is None or context.task is not task:
            context = TaskContext(task)
            token = bind_task_context(context)
        try:
            arguments, keywords = self._plan.bind(task)
            returned = self._function(*arguments, **keywords)
            # A decorator may have made a plain function of a coroutine function.
            return self._result(task, context, await returned if inspect.isawaitable(returned) else returned)
        finally:
            if token is not None:
                unbind_task_context(token)

    def _result(self, task: Task, context: TaskContext, returned: Any) -> TaskResult:
        if isinstance(returned, TaskResult):
            return returned
        if isinstance(returned, TaskInProgress):
            return in_progress(self, task, returned)
        if inspect.isawaitable(returned):
            raise awaitable_returned(f"{self!r}: its function", returned)
        said = context.output
        if said is None:
            output = as_output(returned)
        else:
            output = {**said, **(as_output(returned) if returned is not None else {})}
        callback_after = context.get_callback_after_seconds()
        return TaskResult(
            task_id=task.task_id,
            workflow_instance_id=task.workflow_instance_id,
            worker_id=self.get_identity(),
            status=TaskResultStatus.IN_PROGRESS if callback_after else TaskResultStatus.COMPLETED,
            output_data=output,
            callback_after_seconds=callback_after or None,
        )

    def __getstate__(self) -> dict[str, Any]:
        state = {name: value for name, value in self.__dict__.items() if name not in _NOT_SENT}
        state["execute_function"] = _FunctionName.of(self._function)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        named = state.pop("execute_function")
        self.__dict__.update(state)
        self.execute_function = named.function() if isinstance(named, _FunctionName) else named


class _FunctionName:
    """Where a decorated function is found in another process: the decorator's wrapper has taken its name."""

    def __init__(self, module: str, name: str, depth: int) -> None:
        self.module, self.name, self.depth = module, name, depth

    @classmethod
    def of(cls, function: Any) -> Any:
        """The function's name, or the object itself where it has none or can be sent as it is."""
        if not inspect.isfunction(function):
            return function
        try:
            found = operator.attrgetter(function.__qualname__)(importlib.import_module(function.__module__))
        except (AttributeError, ImportError):
            found = None
        depth = 0
        while found is not None and found is not function:
            found, depth = getattr(found, "__wrapped__", None), depth + 1
        if found is None:
            raise WorkerDefinitionError(
                f"{function.__module__}.{function.__qualname__} cannot be sent to another process:"
                " define it at the top level of a module, or start processes by fork"
            )
        return cls(function.__module__, function.__qualname__, depth)

    def function(self) -> Any:
        """The function in this process."""
        found = operator.attrgetter(self.name)(importlib.import_module(self.module))
        for _ in range(self.depth):
            found = found.__wrapped__
        return found


def plan_of(function: ExecuteTaskFunction) -> ArgumentPlan:
    """How to call the function; made once for each."""
    plan = getattr(function, "__conductor_plan__", None)
    if isinstance(plan, ArgumentPlan):
        return plan
    plan = ArgumentPlan(function, names_around(function))
    if inspect.isfunction(function):
        function.__conductor_plan__ = plan  # type: ignore[attr-defined]
    return plan


def is_coroutine_function(function: Any) -> bool:
    """Whether calling it gives a coroutine: also for partials and objects with an async ``__call__``."""
    while isinstance(function, functools.partial):
        function = function.func
    function = inspect.unwrap(function)
    called = getattr(function, "__call__", None)  # noqa: B004 - the method itself is asked about
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(called)


def is_callable_input_parameter_a_task(function: ExecuteTaskFunction, object_type: Any) -> bool:
    """Whether the function's only parameter receives the task."""
    parameters = list(inspect.signature(function).parameters.values())
    if len(parameters) != 1:
        return False
    annotation = ArgumentPlan(function, names_around(function)).annotations[parameters[0].name]
    return annotation in (object_type, inspect.Parameter.empty, object) or is_task(annotation)


def is_callable_return_value_of_type(function: ExecuteTaskFunction, object_type: Any) -> bool:
    """Whether the function is annotated to return the type."""
    return bool(inspect.signature(function).return_annotation == object_type)
