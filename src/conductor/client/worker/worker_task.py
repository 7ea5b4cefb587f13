"""The decorators that make a worker of a function."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from conductor.client.http.models.task_def import TaskDef
from conductor.client.worker._registry import register_decorated_fn
from conductor.client.worker.worker_interface import DEFAULT_POLL_TIMEOUT, DEFAULT_POLLING_INTERVAL

Function = TypeVar("Function", bound=Callable[..., Any])


def worker_task(
    task_definition_name: str | Sequence[str],
    poll_interval_millis: float = DEFAULT_POLLING_INTERVAL,
    domain: str | None = None,
    worker_id: str | None = None,
    thread_count: int = 1,
    register_task_def: bool = False,
    poll_timeout: int = DEFAULT_POLL_TIMEOUT,
    lease_extend_enabled: bool = False,
    task_def: TaskDef | None = None,
    overwrite_task_def: bool = True,
    strict_schema: bool = False,
    register_schema: bool | None = None,
    *,
    processes: int = 1,
    group: str | None = None,
    nan_as_null: bool = False,
) -> Callable[[Function], Function]:
    """Make a worker of a function; `TaskHandler` finds it.

    Its parameters are taken from the task's input by name and converted to their annotations; what it returns is the
    output: an object as it is, anything else as ``{"result": value}``. It may be a coroutine function. Called with
    ``task_ref_name=`` it gives a task for a workflow definition, otherwise it is the plain function.

    The options are those of `WorkerInterface`; `poll_interval_millis` is how long to wait after a poll that found
    nothing, `worker_id` the identity that the server keeps with the task, `task_def` a template of its definition.

    Raises:
        WorkerDefinitionError: the function's parameters cannot be filled from JSON.
    """
    options = {
        "thread_count": thread_count, "register_task_def": register_task_def, "poll_timeout": poll_timeout,
        "lease_extend_enabled": lease_extend_enabled, "task_def_template": task_def, "nan_as_null": nan_as_null,
        "overwrite_task_def": overwrite_task_def, "strict_schema": strict_schema, "register_schema": register_schema,
        "processes": processes, "group": group,
    }  # fmt: skip
    return functools.partial(_decorate, task_definition_name, (poll_interval_millis, domain, worker_id), options)


def WorkerTask(
    task_definition_name: str | Sequence[str],
    poll_interval: float = DEFAULT_POLLING_INTERVAL,
    domain: str | None = None,
    worker_id: str | None = None,
    poll_interval_seconds: float = 0,
    thread_count: int = 1,
    register_task_def: bool = False,
    poll_timeout: int = DEFAULT_POLL_TIMEOUT,
    lease_extend_enabled: bool = False,
    register_schema: bool | None = None,
) -> Callable[[Function], Function]:
    """The older name and argument order of `worker_task`; `poll_interval_seconds` wins over `poll_interval` (ms)."""
    return worker_task(
        task_definition_name,
        poll_interval_millis=poll_interval_seconds * 1000 or poll_interval,
        domain=domain,
        worker_id=worker_id,
        thread_count=thread_count,
        register_task_def=register_task_def,
        poll_timeout=poll_timeout,
        lease_extend_enabled=lease_extend_enabled,
        register_schema=register_schema,
    )


def _decorate(
    name: str | Sequence[str],
    identity: tuple[float, str | None, str | None],
    options: dict[str, Any],
    function: Function,
) -> Function:
    register_decorated_fn(name, *identity, function, **options)
    return _also_a_workflow_task(function, name if isinstance(name, str) else name[0])


def _also_a_workflow_task(function: Function, task_definition_name: str) -> Function:
    @functools.wraps(function)
    def call(*arguments: Any, **keywords: Any) -> Any:
        reference = keywords.pop("task_ref_name", None)
        if reference is None:
            return function(*arguments, **keywords)
        # Only definitions need it: a worker never does.
        from conductor.client.workflow.task.simple_task import (  # type: ignore[import-not-found,unused-ignore]
            SimpleTask,
        )

        task = SimpleTask(task_def_name=task_definition_name, task_reference_name=reference)
        task.input_parameters.update(keywords)
        return task

    call.task_definition_name = task_definition_name  # type: ignore[attr-defined]
    return cast("Function", call)
