"""The base of all tasks of the DSL, and how a list of them becomes a definition's list."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from conductor.client.http.models.workflow_task import CacheConfig, WorkflowTask
from conductor.client.workflow.task.task_type import TaskType

if TYPE_CHECKING:
    from typing_extensions import Self

FORKS = ("FORK_JOIN", "FORK_JOIN_DYNAMIC")


class TaskInterface:
    """A task of a workflow that is being built.

    Args:
        task_reference_name: its name within the workflow, unique there.
        task_type: what the server runs it as.
        task_name: the name of its task definition; the reference name where left out.
        description: for readers.
        optional: the workflow goes on when it fails.
        input_parameters: its input; values may hold `${...}` expressions.
        cache_key: on servers that cache outputs, the key (may hold expressions).
        cache_ttl_second: and how long an entry lives, in seconds.

    An attribute that the class does not have is a reference to the task's output: `task.total` is
    `"${ref.output.total}"`. A name close to one of the class's own is taken for a typing error and refused.
    """

    task_reference_name: str
    task_type: TaskType
    name: str
    description: str | None
    optional: bool | None
    input_parameters: dict[str, Any]
    expression: str | None

    def __init__(
        self,
        task_reference_name: str,
        task_type: TaskType,
        task_name: str | None = None,
        description: str | None = None,
        optional: bool | None = None,
        input_parameters: dict[str, Any] | None = None,
        cache_key: str | None = None,
        cache_ttl_second: int = 0,
    ) -> None:
        self.task_reference_name = task_reference_name
        self.task_type = task_type
        self.name = task_name or task_reference_name
        self.description = description
        self.optional = optional
        self.input_parameters = dict(input_parameters or {})
        self.expression = None
        self._evaluator_type: str | None = None
        self._cache = CacheConfig(key=cache_key, ttl_in_second=cache_ttl_second) if cache_key else None

    @property
    def evaluator_type(self) -> Any:
        """How the server reads `expression`."""
        return self._evaluator_type

    @evaluator_type.setter
    def evaluator_type(self, evaluator_type: str | None) -> None:
        self._evaluator_type = evaluator_type

    @property
    def task_name(self) -> str:
        """Another name for `name`."""
        return self.name

    @task_name.setter
    def task_name(self, task_name: str) -> None:
        self.name = task_name

    @property
    def cache_key(self) -> str | None:
        """The key that the output is cached under; None: it is not."""
        return self._cache.key if self._cache else None

    @property
    def cache_ttl_second(self) -> int:
        """How long the cached output lives, in seconds."""
        return (self._cache.ttl_in_second or 0) if self._cache else 0

    def cache(self, cache_key: str, cache_ttl_second: int) -> Self:
        """Cache the output under `cache_key` for `cache_ttl_second` seconds, on servers that do."""
        self._cache = CacheConfig(key=cache_key, ttl_in_second=cache_ttl_second)
        return self

    def input_parameter(self, key: str, value: Any) -> Self:
        """Set one entry of the input."""
        self.input_parameters[key] = value
        return self

    def input(self, json_path: str | None = None, key: str | None = None, value: Any = None) -> Any:
        """Without `key` and `value` a reference to the input (or to a part of it); with them, sets an entry and
        returns the task.
        """
        if key is not None and value is not None:
            return self.input_parameter(key, value)
        return self._reference("input", json_path)

    def output(self, json_path: str | None = None) -> str:
        """A reference to the output, or to the part of it at `json_path`."""
        return self._reference("output", json_path)

    def _reference(self, side: str, json_path: str | None) -> str:
        path = f".{json_path}" if json_path else ""
        return f"${{{self.task_reference_name}.{side}{path}}}"

    def __getattr__(self, name: str) -> str:
        if name.startswith("_"):
            raise AttributeError(name)
        if close := difflib.get_close_matches(
            name, [n for n in dir(type(self)) if not n.startswith("_")], n=1, cutoff=0.8
        ):
            message = f"{type(self).__name__} has no attribute {name!r}; did you mean {close[0]!r}?"
            raise AttributeError(f"{message} (an output of that name is task.output({name!r}))")
        return self.output(name)

    def to_workflow_task(self) -> WorkflowTask:
        """The definition's form of this task, without what must follow it (see `to_workflow_tasks`)."""
        return WorkflowTask(
            name=self.name,
            task_reference_name=self.task_reference_name,
            description=self.description,
            input_parameters=copy.deepcopy(self.input_parameters),
            type=getattr(self.task_type, "value", self.task_type),
            optional=self.optional,
            cache_config=self._cache,
            expression=self.expression,
            evaluator_type=getattr(self._evaluator_type, "value", self._evaluator_type),
        )

    def to_workflow_tasks(self) -> list[WorkflowTask]:
        """This task and what belongs behind it, such as a fork's join."""
        return [self.to_workflow_task()]


def get_task_interface_list_as_workflow_task_list(*tasks: TaskInterface) -> list[WorkflowTask]:
    """Tasks as they stand in a definition.

    A fork that is not followed by a join gets one that joins all its branches.
    """
    listed = [each for task in tasks for each in task.to_workflow_tasks()]
    joined: list[WorkflowTask] = []
    for task, following in zip(listed, [*listed[1:], None], strict=False):
        joined.append(task)
        if task.type in FORKS and (following is None or following.type != "JOIN"):
            joined.append(join_of(task))
    return joined


def join_of(fork: WorkflowTask) -> WorkflowTask:
    """The JOIN that waits for the last task of each of a fork's branches."""
    name = f"join_{fork.task_reference_name}"
    last = [branch[-1].task_reference_name for branch in fork.fork_tasks or [] if branch]
    return WorkflowTask(name=name, task_reference_name=name, type="JOIN", join_on=[ref for ref in last if ref])


def as_list(tasks: TaskInterface | Iterable[TaskInterface]) -> list[TaskInterface]:
    """One task or several, as a list of its own.

    Raises:
        TypeError: something in it is no task.
    """
    listed = [tasks] if isinstance(tasks, TaskInterface) else list(tasks)
    for task in listed:
        if not isinstance(task, TaskInterface):
            raise TypeError(f"expected a task of the DSL (a TaskInterface), got {type(task).__name__}: {task!r}")
    return listed
