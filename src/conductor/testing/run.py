"""One workflow under test: what became of it, and assertions that say so when it is something else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self

    from conductor.client.http.models.task import Task
    from conductor.client.http.models.workflow import Workflow
    from conductor.testing.environment import WorkflowEnvironment

_ENDED = frozenset({"COMPLETED", "FAILED", "TIMED_OUT", "TERMINATED"})
_ANY: Any = object()


class Stuck(AssertionError):
    """The workflow waits for something that will not happen in this test; the message says for what."""


class Run:
    """A workflow that was started. What it shows is read anew each time."""

    def __init__(self, environment: WorkflowEnvironment, workflow_id: str):
        self._environment = environment
        self.id = workflow_id

    # -- what it is -----------------------------------------------------------------------------------------------

    @property
    def workflow(self) -> Workflow:
        """The execution with its tasks."""
        return self._environment.workflows.get_execution_status(self.id, include_tasks=True)

    @property
    def status(self) -> str:
        return str(self._environment.workflows.get_execution_status(self.id, include_tasks=False).status)

    @property
    def ended(self) -> bool:
        return self.status in _ENDED

    @property
    def output(self) -> dict[str, Any]:
        return self.workflow.output or {}

    @property
    def variables(self) -> dict[str, Any]:
        return self.workflow.variables or {}

    @property
    def reason(self) -> str | None:
        """Why it did not complete."""
        return self.workflow.reason_for_incompletion

    @property
    def tasks(self) -> list[Task]:
        """All tasks in the order in which they were scheduled, each attempt one."""
        return self.workflow.tasks or []

    def task(self, ref: str) -> Task:
        """The last attempt of the task with a reference name. AssertionError where it was never scheduled."""
        found = self.attempts(ref)
        if not found:
            raise AssertionError(f"no task '{ref}' in\n{self.describe()}")
        return found[-1]

    def attempts(self, ref: str) -> list[Task]:
        """All attempts of a task, oldest first."""
        return [task for task in self.tasks if task.reference_task_name == ref]

    def describe(self) -> str:
        """The workflow and its tasks as a table."""
        workflow = self.workflow
        lines = [
            f"{workflow.workflow_name} {self.id}: {workflow.status} {workflow.reason_for_incompletion or ''}".rstrip()
        ]
        for task in workflow.tasks or []:
            attempt = f" (attempt {task.retry_count + 1})" if task.retry_count else ""
            why = f": {task.reason_for_incompletion}" if task.reason_for_incompletion else ""
            lines.append(f"  {task.reference_task_name:<24} {task.task_type:<18} {task.status}{attempt}{why}")
        return "\n".join(lines)

    # -- what happens to it -----------------------------------------------------------------------------------------

    def wait(self, within: timedelta | None = None) -> Self:
        """Let workers work and time pass until it has ended.

        within: of the workflow's own time; without it, as long as anything can happen.

        Raises Stuck where it does not end.
        """
        return self.wait_until(lambda: self.ended, within)

    def wait_for(self, ref: str, status: str | None = None, within: timedelta | None = None) -> Self:
        """Let time pass until a task has been scheduled, or has a status. Raises Stuck."""

        def there() -> bool:
            found = self.attempts(ref)
            return bool(found) and (status is None or found[-1].status == status)

        return self.wait_until(there, within)

    def wait_until(self, condition: Callable[[], bool], within: timedelta | None = None) -> Self:
        """Let time pass until a condition holds. Raises Stuck."""
        if not self._environment.go(condition, within):
            raise Stuck(self._environment.why_stuck(self))
        return self

    def complete(self, ref: str, output: dict[str, Any] | None = None, **more: Any) -> Self:
        """Complete a task from outside, such as a HUMAN or a WAIT."""
        return self._update(ref, "COMPLETED", {**(output or {}), **more})

    def fail(self, ref: str, output: dict[str, Any] | None = None) -> Self:
        """Fail a task from outside."""
        return self._update(ref, "FAILED", output or {})

    def _update(self, ref: str, status: str, output: dict[str, Any]) -> Self:
        if not self._environment.task_api.update_task1(output, self.id, ref, status):
            raise AssertionError(f"no open task '{ref}' in\n{self.describe()}")
        return self

    # -- what it should be --------------------------------------------------------------------------------------------

    def assert_completed(self, output: Any = _ANY) -> Self:
        """It completed, with this output if one is given."""
        return self.assert_status("COMPLETED", output)

    def assert_failed(self, reason: str | None = None) -> Self:
        """It failed, for a reason that contains this text if one is given."""
        self.assert_status("FAILED")
        if reason is not None and reason not in (self.reason or ""):
            self._unexpected(f"a reason with {reason!r}", repr(self.reason))
        return self

    def assert_status(self, status: str, output: Any = _ANY) -> Self:
        """It has this status, and this output if one is given."""
        workflow = self.workflow
        if workflow.status != status:
            self._unexpected(f"status {status}", str(workflow.status))
        if output is not _ANY and (workflow.output or {}) != output:
            self._unexpected(f"output {output!r}", repr(workflow.output))
        return self

    def assert_ran(self, *refs: str) -> Self:
        """These tasks were scheduled in this order, others may have been in between."""
        order = iter([task.reference_task_name for task in self.tasks])
        missing = [ref for ref in refs if ref not in order]
        if missing:
            self._unexpected(f"{' before '.join(refs)}", f"{missing[0]} missing or out of order")
        return self

    def assert_not_ran(self, *refs: str) -> Self:
        """None of these tasks was scheduled."""
        ran = [ref for ref in refs if self.attempts(ref)]
        if ran:
            self._unexpected(f"{', '.join(refs)} not to run", f"{', '.join(ran)} ran")
        return self

    def assert_task(
        self, ref: str, status: str | None = None, *, input: Any = _ANY, output: Any = _ANY, attempts: int | None = None
    ) -> Self:
        """The last attempt of a task has this status, its input and output have at least these members."""
        task = self.task(ref)
        if status is not None and task.status != status:
            self._unexpected(f"{ref} {status}", str(task.status))
        for what, wanted, got in (("input", input, task.input_data), ("output", output, task.output_data)):
            if wanted is not _ANY and not _includes(got or {}, wanted):
                self._unexpected(f"{ref} with {what} {wanted!r}", repr(got))
        if attempts is not None and len(self.attempts(ref)) != attempts:
            self._unexpected(f"{attempts} attempts of {ref}", str(len(self.attempts(ref))))
        return self

    def _unexpected(self, wanted: str, got: str) -> None:
        raise AssertionError(f"expected {wanted}, got {got}\n{self.describe()}")


def _includes(got: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict) and isinstance(got, dict):
        return all(key in got and _includes(got[key], value) for key, value in wanted.items())
    return bool(got == wanted)
