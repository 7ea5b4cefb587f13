"""What is due: timeouts, waits, delayed messages, asynchronous tasks, schedules."""

from __future__ import annotations

from collections import defaultdict

from conductor.engine.turns import Turns

#: timers handled in one tick
_TIMERS_PER_TICK = 500


class Ticking(Turns):
    """The engine's one clockwork: whoever drives it calls `tick` when `next_deadline` says so."""

    def next_deadline(self) -> int | None:
        """When `tick` has something to do next, in epoch milliseconds; None: nothing waits for a time."""
        return self.timers.next()

    def tick(self, now: int) -> None:
        """Do what is due at `now` (epoch milliseconds): timeouts, waits, retries, schedules.

        What one tick leaves is due at once: `next_deadline` says so.
        """
        due: defaultdict[str, list[str]] = defaultdict(list)
        for _, (kind, name, task_id) in zip(range(_TIMERS_PER_TICK), self.timers.pop_due(now), strict=False):
            if kind in ("task", "workflow"):
                due[name].append(task_id)
            elif kind == "queue":
                self.queues.ripen(name, now)
            elif kind == "launch":
                self._launch_due(name, task_id)
            else:
                self._on_timer(kind, name)
        for workflow_id, task_ids in due.items():
            self._look_again(workflow_id, task_ids)
        self.drain()

    def _launch_due(self, workflow_id: str, task_id: str) -> None:
        if task_id not in self._running:
            self._running.add(task_id)
            self._launches.append((workflow_id, task_id))

    def _on_timer(self, kind: str, name: str) -> None:
        """Another kind of timer is due."""
