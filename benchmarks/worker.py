"""The project's no-op worker, run by a comparison against a server that hands out tasks of type `bench_task`.

It runs until it is ended, as a user would run it, with metrics, events and leases on, and reads from its environment
CONDUCTOR_SERVER_URL and THREADS (tasks at once).
"""

from __future__ import annotations

import os
import tempfile

from conductor.client.automator.task_handler import TaskHandler
from conductor.client.configuration.configuration import Configuration
from conductor.client.configuration.settings.metrics_settings import MetricsSettings
from conductor.client.worker.worker_task import worker_task


@worker_task(task_definition_name="bench_task", thread_count=int(os.environ["THREADS"]), lease_extend_enabled=True)
def bench_task(name: str, blob: str) -> dict[str, bool]:
    """Do nothing, with the arguments and the result of a task that does something."""
    return {"ok": True}


if __name__ == "__main__":
    metrics = MetricsSettings(directory=tempfile.mkdtemp(prefix="conductor-bench-"))
    with TaskHandler(configuration=Configuration(), metrics_settings=metrics) as handler:
        handler.start_processes()
        handler.join_processes()
