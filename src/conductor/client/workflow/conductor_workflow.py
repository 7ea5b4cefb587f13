"""`ConductorWorkflow`: a workflow definition that is put together in Python."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from conductor.client.http.models.start_workflow_request import IdempotencyStrategy, StartWorkflowRequest
from conductor.client.http.models.workflow_def import WorkflowDef
from conductor.client.http.models.workflow_task import WorkflowTask
from conductor.client.workflow.task.fork_task import ForkTask
from conductor.client.workflow.task.sub_workflow_task import InlineSubWorkflowTask
from conductor.client.workflow.task.task import TaskInterface, as_list, get_task_interface_list_as_workflow_task_list
from conductor.client.workflow.task.timeout_policy import TimeoutPolicy

if TYPE_CHECKING:
    from typing_extensions import Self

    from conductor.client.http.models.workflow_run import WorkflowRun
    from conductor.client.workflow.executor.workflow_executor import WorkflowExecutor

__all__ = ["ConductorWorkflow", "InlineSubWorkflowTask"]

DEFAULT_TIMEOUT_SECONDS = 60


class ConductorWorkflow:
    """A workflow that is being built: set what it is, add tasks with `>>` or `add`, then register, start or execute it.

    Args:
        executor: what talks to the server; None builds definitions only.
        name: the workflow's name.
        version: its version, a whole number from 1; the server's latest where left out.
        description: for readers.

    The same code gives the same definition each time: names that the DSL has to make up are counted, not drawn.
    """

    SCHEMA_VERSION = 2

    def __init__(
        self,
        executor: WorkflowExecutor | None,
        name: str,
        version: int | None = None,
        description: str | None = None,
    ) -> None:
        if not name or not isinstance(name, str):
            raise ValueError(f"a workflow's name must be a string that is not empty, not {name!r}")
        self._executor = executor
        self._definition = WorkflowDef(
            name=name,
            version=version,
            description=description,
            schema_version=self.SCHEMA_VERSION,
            timeout_seconds=DEFAULT_TIMEOUT_SECONDS,
        )
        self._tasks: list[TaskInterface] = []

    def __deepcopy__(self, memo: dict[int, Any]) -> ConductorWorkflow:
        twin = ConductorWorkflow(self._executor, self.name)
        memo[id(self)] = twin
        twin._definition = copy.deepcopy(self._definition, memo)
        twin._tasks = copy.deepcopy(self._tasks, memo)
        return twin

    # What it is

    @property
    def name(self) -> str:
        """Its name."""
        return self._definition.name or ""

    @name.setter
    def name(self, name: str) -> None:
        self._definition.name = name

    @property
    def version(self) -> int | None:
        """Its version; None is the server's latest."""
        return self._definition.version

    @version.setter
    def version(self, version: int | None) -> None:
        self._definition.version = version

    @property
    def description(self) -> str | None:
        """For readers."""
        return self._definition.description

    @description.setter
    def description(self, description: str | None) -> None:
        self._definition.description = description

    def timeout_policy(self, timeout_policy: TimeoutPolicy | str) -> Self:
        """What happens after `timeout_seconds`."""
        self._definition.timeout_policy = TimeoutPolicy(timeout_policy).value
        return self

    def timeout_seconds(self, timeout_seconds: int) -> Self:
        """How long it may take, in seconds; 0 for no limit. 60 where not set."""
        self._definition.timeout_seconds = timeout_seconds
        return self

    def owner_email(self, owner_email: str) -> Self:
        """Who looks after it."""
        self._definition.owner_email = owner_email
        return self

    def failure_workflow(self, failure_workflow: str) -> Self:
        """The workflow that the server starts when this one fails."""
        self._definition.failure_workflow = failure_workflow
        return self

    def restartable(self, restartable: bool) -> Self:
        """Whether it may be restarted after it has completed."""
        self._definition.restartable = restartable
        return self

    def enable_status_listener(self, sink_name: str | bool) -> Self:
        """Publish changes of its status to a sink."""
        self._definition.workflow_status_listener_enabled = True
        self._definition.workflow_status_listener_sink = sink_name if isinstance(sink_name, str) else None
        return self

    def disable_status_listener(self) -> Self:
        """Publish no changes of its status."""
        self._definition.workflow_status_listener_enabled = False
        self._definition.workflow_status_listener_sink = None
        return self

    def output_parameters(self, output_parameters: dict[str, Any] | None) -> Self:
        """Its output: values may hold expressions. None for none."""
        self._definition.output_parameters = dict(output_parameters or {})
        return self

    def output_parameter(self, key: str, value: Any) -> Self:
        """One entry of its output."""
        self._definition.output_parameters = {**(self._definition.output_parameters or {}), key: value}
        return self

    def input_template(self, input_template: dict[str, Any] | None) -> Self:
        """Values for input keys that a start leaves out."""
        self._definition.input_template = dict(input_template or {})
        return self

    def workflow_input(self, input: dict[str, Any]) -> Self:
        """The same as `input_template`."""
        return self.input_template(input)

    def variables(self, variables: dict[str, Any] | None) -> Self:
        """Its variables and their first values."""
        self._definition.variables = dict(variables or {})
        return self

    def input_parameters(self, input_parameters: list[str] | dict[str, Any]) -> Self:
        """The names of its input keys, or, as a dict, an input template."""
        if isinstance(input_parameters, dict):
            return self.input_template(input_parameters)
        self._definition.input_parameters = list(input_parameters)
        return self

    # What it does

    def __rshift__(self, task: Any) -> Self:
        """Add a task, a workflow (as an inline sub-workflow), or a list: its elements, tasks or lists of them,
        run side by side.
        """
        return self.add(task) if isinstance(task, TaskInterface) else self._add_other(task)

    def add(self, task: TaskInterface | Sequence[TaskInterface]) -> Self:
        """Add a task, or several one after the other."""
        self._tasks += as_list(task)
        return self

    def _add_other(self, task: Any) -> Self:
        if isinstance(task, ConductorWorkflow):
            return self.add(InlineSubWorkflowTask(self._fresh_ref(task.name), task))
        if isinstance(task, (list, tuple)) and task:
            branches = [self._branch(branch) for branch in task]
            return self.add(branches[0] if len(branches) == 1 else ForkTask(self._fresh_ref("forked"), branches))
        message = "expected a task, a ConductorWorkflow, or a list of tasks or of lists of tasks behind `>>`"
        raise TypeError(f"{message}, got {type(task).__name__}: {task!r}")

    def _branch(self, branch: Any) -> list[TaskInterface]:
        if isinstance(branch, ConductorWorkflow):
            return [InlineSubWorkflowTask(self._fresh_ref(branch.name), branch)]
        return as_list(branch)

    def _fresh_ref(self, stem: str) -> str:
        """`stem_1`, `stem_2`, ...: the first that no task before it has."""
        taken = {task.task_reference_name for task in self._tasks}
        return next(ref for n in range(1, len(taken) + 2) if (ref := f"{stem}_{n}") not in taken)

    def to_workflow_def(self) -> WorkflowDef:
        """The definition, a copy of its own."""
        definition = copy.deepcopy(self._definition)
        definition.tasks = get_task_interface_list_as_workflow_task_list(*self._tasks)
        return definition

    def to_workflow_task(self) -> WorkflowTask:
        """This workflow as an inline sub-workflow task."""
        return InlineSubWorkflowTask(self.name, self).to_workflow_task()

    def input(self, json_path: str | None = None) -> str:
        """A reference to its input, or to the part of it at `json_path`."""
        return f"${{workflow.input.{json_path}}}" if json_path else "${workflow.input}"

    def output(self, json_path: str | None = None) -> str:
        """A reference to its output, or to the part of it at `json_path`."""
        return f"${{workflow.output.{json_path}}}" if json_path else "${workflow.output}"

    # Running it

    @property
    def _runs(self) -> WorkflowExecutor:
        if self._executor is None:
            raise RuntimeError(
                f"workflow {self.name!r} was built without an executor: give one to ConductorWorkflow(executor, ...)"
            )
        return self._executor

    def register(self, overwrite: bool) -> object:
        """Register the definition (POST /metadata/workflow).

        Raises:
            ApiException: the server refuses it, or it exists and `overwrite` is false.
        """
        return self._runs.register_workflow(self.to_workflow_def(), overwrite)

    def start_workflow(self, start_workflow_request: StartWorkflowRequest) -> str:
        """Start it as the request says, with this definition (it need not be registered); the workflow's id."""
        start_workflow_request.workflow_def = self.to_workflow_def()
        start_workflow_request.name = self.name
        start_workflow_request.version = self.version
        return self._runs.start_workflow(start_workflow_request)

    def start_workflow_with_input(
        self,
        workflow_input: dict[str, Any] | None = None,
        correlation_id: str | None = None,
        task_to_domain: dict[str, str] | None = None,
        priority: int | None = None,
        idempotency_key: str | None = None,
        idempotency_strategy: IdempotencyStrategy = IdempotencyStrategy.FAIL,
    ) -> str:
        """Start it with this input; the workflow's id."""
        request = self._request(workflow_input, task_to_domain, idempotency_key, idempotency_strategy)
        request.correlation_id = correlation_id
        request.priority = priority
        return self._runs.start_workflow(request)

    def execute(
        self,
        workflow_input: Any = None,
        wait_until_task_ref: str = "",
        wait_for_seconds: int = 10,
        request_id: str | None = None,
        idempotency_key: str | None = None,
        idempotency_strategy: IdempotencyStrategy = IdempotencyStrategy.FAIL,
        task_to_domain: dict[str, str] | None = None,
    ) -> WorkflowRun:
        """Start it and wait for its end, for a task in `wait_until_task_ref`, or `wait_for_seconds`, whichever
        comes first.
        """
        request = self._request(workflow_input, task_to_domain, idempotency_key, idempotency_strategy)
        return self._runs.execute_workflow(request, wait_until_task_ref, wait_for_seconds, request_id)

    def __call__(self, **kwargs: Any) -> WorkflowRun:
        """`workflow(a=1)` executes it with the input `{"a": 1}`."""
        return self.execute(workflow_input=kwargs)

    def _request(
        self,
        workflow_input: Any,
        task_to_domain: dict[str, str] | None,
        idempotency_key: str | None,
        idempotency_strategy: IdempotencyStrategy,
    ) -> StartWorkflowRequest:
        request = StartWorkflowRequest(
            name=self.name,
            version=self.version,
            workflow_def=self.to_workflow_def(),
            input=workflow_input or {},
            task_to_domain=task_to_domain,
        )
        if idempotency_key is not None:
            request.idempotency_key = idempotency_key
            request.idempotency_strategy = idempotency_strategy
        return request
