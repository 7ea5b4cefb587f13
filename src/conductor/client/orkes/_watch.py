"""Following a running workflow: what changes, as it changes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Final

import msgspec

from conductor.client.http.models.task import Task
from conductor.client.http.models.workflow import Workflow

#: Seconds before the second look; the wait doubles while nothing changes.
_FIRST_WAIT_SECONDS: Final = 0.05
#: Seconds between two looks, at most, where the caller does not say.
WATCH_SECONDS: Final = 1.0


class WorkflowChange(msgspec.Struct, frozen=True):
    """What has changed since the last look.

    Attributes:
        workflow: as it is now, with its tasks.
        tasks: those of them that are new or have changed, in the order in which they were scheduled.
    """

    workflow: Workflow
    tasks: list[Task]

    @property
    def status(self) -> str:
        """The workflow's status."""
        return self.workflow.status or ""


def watch(look: Callable[[], Workflow], longest_wait: float) -> Iterator[WorkflowChange]:
    """The workflow's state now, then each change of it or of its tasks, until it has ended.

    Args:
        look: gives the workflow with its tasks.
        longest_wait: seconds between two looks, at most.
    """
    seen = _Seen(longest_wait)
    while not seen.has_ended:
        time.sleep(seen.wait)
        if change := seen.compare(look()):
            yield change


async def watch_async(look: Callable[[], Awaitable[Workflow]], longest_wait: float) -> AsyncIterator[WorkflowChange]:
    """As `watch`, where a look has to be awaited."""
    seen = _Seen(longest_wait)
    while not seen.has_ended:
        await asyncio.sleep(seen.wait)
        if change := seen.compare(await look()):
            yield change


class _Seen:
    """What was seen at the last look, and how long to wait before the next one."""

    def __init__(self, longest_wait: float) -> None:
        self._longest_wait = longest_wait
        self._status: str | None = None
        self._tasks: Mapping[str | None, tuple[object, ...]] = {}
        self.wait = 0.0
        self.has_ended = False

    def compare(self, workflow: Workflow) -> WorkflowChange | None:
        """What has changed, None for nothing."""
        tasks = workflow.tasks or []
        now = {task.task_id: (task.status, task.poll_count, task.update_time, task.seq) for task in tasks}
        changed = [task for task in tasks if self._tasks.get(task.task_id) != now[task.task_id]]
        if not changed and workflow.status == self._status:
            self.wait = min(self.wait * 2, self._longest_wait)
            return None
        self._status, self._tasks, self.wait = workflow.status, now, min(_FIRST_WAIT_SECONDS, self._longest_wait)
        self.has_ended = workflow.is_completed()
        return WorkflowChange(workflow, changed)
