"""Leases of tasks that no runner of ours executes: `LeaseManager` tells the server that they are alive."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, field
from typing import Any, ClassVar

from conductor.client.automator._api import TaskApi
from conductor.client.automator._attempt import Attempt
from conductor.client.automator._lease import LeaseKeeper
from conductor.client.context.task_context import TaskContext
from conductor.client.http.models.task import Task

#: As other SDKs name them: tries of one extension, and the part of the response timeout after which it is due. Ours is
#: due after a third, so that two may fail.
LEASE_EXTEND_RETRY_COUNT = 3
LEASE_EXTEND_DURATION_FACTOR = 0.8


@dataclass
class LeaseInfo:
    """A task whose lease is kept."""

    task_id: str
    workflow_instance_id: str
    response_timeout_seconds: float
    last_heartbeat_time: float = field(default_factory=time.monotonic)
    interval_seconds: float = 0.0
    task_client: Any = None


class LeaseManager:
    """Keeps leases from `track` to `untrack`; may be called from any thread."""

    _instances: ClassVar[dict[int, LeaseManager]] = {}

    def __init__(self, check_interval: float = 1.0, max_heartbeat_workers: int = 4) -> None:
        self._lock = threading.Lock()
        self._keepers: dict[int, LeaseKeeper] = {}
        self._tracked: dict[str, tuple[LeaseKeeper, Attempt]] = {}

    @classmethod
    def get_instance(cls, check_interval: float = 1.0, max_heartbeat_workers: int = 4) -> LeaseManager:
        """The one of this process."""
        return cls._instances.setdefault(os.getpid(), cls(check_interval, max_heartbeat_workers))

    def track(self, task_id: str, workflow_instance_id: str, response_timeout_seconds: float, task_client: Any) -> None:
        """Begin to keep a task's lease; `task_client` is any client of the server (it has an `api_client`)."""
        task = Task(
            task_id=task_id,
            workflow_instance_id=workflow_instance_id,
            response_timeout_seconds=int(response_timeout_seconds),
        )
        attempt = Attempt(task, TaskContext(task), task_type="", worker_id="", started=time.monotonic())
        configuration = task_client.api_client.configuration
        with self._lock:
            keeper = self._keepers.get(id(configuration))
            if keeper is None:
                keeper = self._keepers[id(configuration)] = LeaseKeeper(TaskApi(configuration))
            self._tracked[task_id] = keeper, attempt
        keeper.watch(attempt, extend=True)

    def untrack(self, task_id: str) -> None:
        """Let a task go."""
        with self._lock:
            tracked = self._tracked.pop(task_id, None)
        if tracked is not None:
            tracked[0].release(tracked[1])

    @property
    def tracked_count(self) -> int:
        """How many leases are kept."""
        return len(self._tracked)

    def shutdown(self) -> None:
        """Keep no lease any more."""
        with self._lock:
            keepers = list(self._keepers.values())
            self._keepers.clear()
            self._tracked.clear()
        for keeper in keepers:
            keeper.close()
