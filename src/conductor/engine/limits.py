"""How many tasks of a definition may run at once, and how many may be handed out in a time."""

from __future__ import annotations

from collections import defaultdict, deque

from conductor.engine.model import TaskDef
from conductor.engine.state import TaskRecord

#: how long a task is held back whose definition runs at its limit; one that ends lets the next go at once
HOLD_MS = 60_000


class Limits:
    """Counts tasks in progress by definition, and grants in a sliding window."""

    def __init__(self) -> None:
        self._running: defaultdict[str, set[str]] = defaultdict(set)
        self._held: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self._grants: defaultdict[str, deque[int]] = defaultdict(deque)

    def note(self, task_id: str, def_name: str, status: str) -> tuple[str, str] | None:
        """Take in a status; returns a task that was held back and may go now, with its workflow's id."""
        running = self._running.get(def_name)
        if status == "IN_PROGRESS":
            self._running[def_name].add(task_id)
        elif running and task_id in running:
            running.discard(task_id)
            held = self._held.get(def_name)
            if held:
                return held.popitem() if len(held) == 1 else _pop_first(held)
        return None

    def hold_ms(self, task: TaskRecord, definition: TaskDef | None, workflow_id: str, now: int) -> int:
        """0: the task may be handed out, which is noted; else how long it is to be held back."""
        limit = definition.concurrent_exec_limit if definition else None
        if limit and len(self._running.get(task.def_name, ())) >= limit:
            self._held[task.def_name][task.task_id] = workflow_id
            return HOLD_MS
        if task.rate_limit <= 0:
            return 0
        grants, window = self._grants[task.def_name], max(task.rate_window, 1) * 1000
        while grants and grants[0] <= now - window:
            grants.popleft()
        if len(grants) >= task.rate_limit:
            return grants[len(grants) - task.rate_limit] + window - now
        grants.append(now)
        return 0

    def clear(self) -> None:
        """Forget all but the grants."""
        self._running.clear()
        self._held.clear()


def _pop_first(held: dict[str, str]) -> tuple[str, str]:
    first = next(iter(held))
    return first, held.pop(first)
