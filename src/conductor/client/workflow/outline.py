"""The shape of a definition: a tree of sequences, branches and loops that pictures, checks and source code are
made from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from conductor.client.http.models.workflow_task import WorkflowTask


@dataclass(frozen=True)
class Branch:
    """One way through a task: a case, a fork's branch, a loop's body."""

    label: str
    tasks: list[WorkflowTask]


@dataclass(frozen=True)
class Outline:
    """A task with its branches."""

    task: WorkflowTask
    branches: list[Branch] = field(default_factory=list)


def outline(task: WorkflowTask) -> Outline:
    """The branches of a task, named as a reader would: case values, `else`, the loop's condition; none for a
    plain task.
    """
    branches = [Branch(name, tasks or []) for name, tasks in (task.decision_cases or {}).items()]
    if task.decision_cases is not None and task.type in ("SWITCH", "DECISION"):
        branches.append(Branch("else", task.default_case or []))
    branches += [Branch("", tasks or []) for tasks in task.fork_tasks or []]
    if task.loop_over:
        branches.append(Branch("again", task.loop_over))
    return Outline(task, branches)


def walk(tasks: list[WorkflowTask] | None, path: str = "tasks") -> Iterator[tuple[str, WorkflowTask]]:
    """Every task of a list and below it, in order, with its place: `tasks[2].forkTasks[0][1]`."""
    for index, task in enumerate(tasks or []):
        here = f"{path}[{index}]"
        yield here, task
        for name, case in (task.decision_cases or {}).items():
            yield from walk(case, f"{here}.decisionCases.{name}")
        yield from walk(task.default_case, f"{here}.defaultCase")
        for number, branch in enumerate(task.fork_tasks or []):
            yield from walk(branch, f"{here}.forkTasks[{number}]")
        yield from walk(task.loop_over, f"{here}.loopOver")
