"""What `conductor demo` draws: a table of tasks while it runs, then the result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rich.console import Group, RenderableType
from rich.json import JSON
from rich.table import Table
from rich.text import Text

from conductor.cli.output import milliseconds, styled

if TYPE_CHECKING:
    from conductor.client.http.models.task import Task
    from conductor.client.http.models.workflow import Workflow


LANGUAGES = {"cpp_task_example": "C++", "python_task_example": "Python"}


def took(task: Task) -> float | None:
    """From the poll to the result, in ms; None while there is no result."""
    return task.end_time - task.start_time if task.end_time and task.start_time else None


def tasks_table(workflow: Workflow) -> Table:
    """One row a task, in the order in which they were scheduled."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in ("task", "type", "status", "waited", "took", "run by"):
        side: Literal["left", "right"] = "right" if column in ("waited", "took") else "left"
        table.add_column(column, justify=side, no_wrap=column == "status")
    for task in workflow.tasks or []:
        table.add_row(
            task.reference_task_name,
            task.task_type,
            styled(task.status),
            milliseconds(task.queue_wait_time),
            milliseconds(took(task)),
            LANGUAGES.get(task.task_type or "", "server"),
        )
    return table


def progress(workflow: Workflow) -> RenderableType:
    """The running workflow."""
    return Group(Text.from_markup(f"{workflow.workflow_name} {styled(workflow.status)}"), tasks_table(workflow))


def summary(workflow: Workflow, metrics_file: Path, seconds: float) -> RenderableType:
    """The ended workflow: its tasks, its output, and where to look further."""
    head = f"[bold]{workflow.workflow_name}[/] {styled(workflow.status)}  [dim]{workflow.workflow_id}[/]"
    parts: list[RenderableType] = [Text.from_markup(head), Text(), tasks_table(workflow), Text()]
    if workflow.reason_for_incompletion:
        parts += [Text(workflow.reason_for_incompletion, style="red"), Text()]
    parts += [Text("output", style="bold"), JSON.from_data(workflow.output or {}), Text()]
    parts.append(
        Text.from_markup(
            f"[dim]metrics[/] {metrics_file}\n[dim]took[/]    {seconds:.1f} s with start and stop of everything"
        )
    )
    return Group(*parts)


def waiting_for(workflow: Workflow) -> str:
    """What an unfinished workflow waits for, in words."""
    names = [t.reference_task_name or "?" for t in workflow.tasks or [] if t.status in ("SCHEDULED", "IN_PROGRESS")]
    return f"it waits for {', '.join(names)}" if names else "no task of it is open"
