"""The base of all workers: what the automator asks of them, and what a user overrides."""

from __future__ import annotations

import abc
import functools
import inspect
import socket
from collections.abc import Awaitable, Sequence
from typing import Any, Final, Protocol

from conductor.client.http.models.task import Task
from conductor.client.http.models.task_result import TaskResult
from conductor.client.worker.exception import WorkerDefinitionError

#: Milliseconds between polls when the last one found nothing.
DEFAULT_POLLING_INTERVAL: Final = 100
#: Milliseconds that the server may hold a poll; stands for "not set" too: the automator then chooses a longer one.
DEFAULT_POLL_TIMEOUT: Final = 100


class PauseSwitch(Protocol):
    """Whether a worker is to stand still, asked before each poll."""

    def is_paused(self) -> bool:
        """True while the worker shall not poll."""


@functools.lru_cache(maxsize=1)
def _host_name() -> str:
    """Asked once: a system call for each task would hand the interpreter to another thread each time."""
    return socket.gethostname()


class WorkerInterface(abc.ABC):
    """Executes the tasks of one or more task definitions. Subclass it and write `execute`.

    The options are attributes, set by the subclass, on an instance, or by the configuration (`worker_config`); a
    subclass need not call ``super().__init__`` for their defaults.

    Args:
        task_definition_name: name of the task definition, or a list of names served in turn.

    Attributes:
        thread_count: how many tasks at once.
        poll_timeout: milliseconds that the server may hold a poll that finds nothing.
        lease_extend_enabled: keep the task alive on the server while `execute` runs longer than its response timeout.
        register_task_def: register the task definition when the worker starts.
        overwrite_task_def: replace a registered definition by `task_def_template`; without a template never.
        task_def_template: a TaskDef to register.
        register_schema, strict_schema: register JSON schemas of input and output; refuse unknown input fields in them.
        paused: do not poll; a subclass may also define ``def paused(self) -> bool``, asked before each poll.
        processes: how many runner processes, for work that keeps a core busy.
        group: workers with the same group share one process.
        worker_id: identity that the server keeps with the task; default the host's name.
        nan_as_null: send NaN and infinities in the output as null; without it they fail the task.
    """

    task_definition_name: str | list[str]
    thread_count: int = 1
    poll_timeout: int = DEFAULT_POLL_TIMEOUT
    lease_extend_enabled: bool = False
    register_task_def: bool = False
    overwrite_task_def: bool = True
    task_def_template: Any = None
    register_schema: bool | None = None
    strict_schema: bool = False
    paused: Any = False
    processes: int = 1
    group: str | None = None
    worker_id: str | None = None
    nan_as_null: bool = False
    next_task_index: int = 0
    _domain: str | None = None
    _poll_interval: float = DEFAULT_POLLING_INTERVAL
    _name_cache: str | None = None
    _pause_switch: PauseSwitch | None = None

    def __init__(self, task_definition_name: str | Sequence[str]) -> None:
        self.task_definition_name = checked_names(task_definition_name)

    @abc.abstractmethod
    def execute(self, task: Task) -> TaskResult | Awaitable[TaskResult]:
        """Execute a task; may be a coroutine function. Raising fails the task.

        Args:
            task: the polled task; its input is ``task.input_data``.

        Returns:
            A result for this task with a status, see `get_task_result_from_task`.

        Raises:
            NonRetryableException: the task fails for good.
        """

    def on_start(self) -> None:  # noqa: B027 - a hook: most workers have nothing to open
        """Called once in each process that runs the worker, before its first poll: open what the tasks need."""

    def get_identity(self) -> str:
        """Who executes: the worker's id, or the host's name. The server keeps it with the task."""
        return self.worker_id or _host_name()

    def get_polling_interval_in_seconds(self) -> float:
        """Seconds between polls while there is nothing to do."""
        return (self.poll_interval or DEFAULT_POLLING_INTERVAL) / 1000

    def get_domain(self) -> str | None:
        """The task domain that the worker serves; None: the tasks without one."""
        return self.domain

    @property
    def domain(self) -> str | None:
        """The task domain that the worker serves; None: the tasks without one."""
        return self._domain

    @domain.setter
    def domain(self, value: str | None) -> None:
        self._domain = value

    @property
    def poll_interval(self) -> float:
        """Milliseconds between polls while there is nothing to do."""
        return self._poll_interval

    @poll_interval.setter
    def poll_interval(self, value: float) -> None:
        self._poll_interval = value

    @property
    def is_async(self) -> bool:
        """Whether `execute` gives an awaitable."""
        return inspect.iscoroutinefunction(self.execute)

    def is_paused(self) -> bool:
        """Whether to leave the next poll out: the attribute or method `paused`, or the configuration."""
        paused = self.paused
        if paused and (not callable(paused) or paused()):
            return True
        return self._pause_switch is not None and self._pause_switch.is_paused()

    # Names: one, or several in turn.

    @property
    def task_definition_names(self) -> list[str]:
        """All names that the worker serves."""
        name = self.task_definition_name
        return [name] if isinstance(name, str) else list(name)

    def get_task_definition_name(self) -> str:
        """The name to poll for now; the next one after `clear_task_definition_name_cache`."""
        return self.task_definition_name_cache

    @property
    def task_definition_name_cache(self) -> str:
        """The name to poll for now."""
        if self._name_cache is None:
            self._name_cache = self.compute_task_definition_name()
        return self._name_cache

    def clear_task_definition_name_cache(self) -> None:
        """Go on to the next name."""
        self._name_cache = None

    def compute_task_definition_name(self) -> str:
        """The next name in turn."""
        if isinstance(self.task_definition_name, str):
            return self.task_definition_name
        names = self.task_definition_names
        index = self.next_task_index % len(names)
        self.next_task_index = (index + 1) % len(names)
        return names[index]

    def get_task_result_from_task(self, task: Task) -> TaskResult:
        """A result for the task, to be given a status and output."""
        return TaskResult(
            task_id=task.task_id, workflow_instance_id=task.workflow_instance_id, worker_id=self.get_identity()
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({getattr(self, 'task_definition_name', None)!r})"


def checked_names(names: object) -> str | list[str]:
    """A task definition's name, or several.

    Raises:
        WorkerDefinitionError: it is no name, or an empty one.
    """
    if isinstance(names, str) and names.strip():
        return names
    if isinstance(names, Sequence) and names and all(isinstance(name, str) and name.strip() for name in names):
        return list(names) if not isinstance(names, str) else names
    raise WorkerDefinitionError(f"task_definition_name: expected a name or a list of names, got {names!r}")
