"""`AsyncTaskRunner`: a `TaskRunner` that is run from a coroutine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from conductor.client.automator.task_runner import TaskRunner
from conductor.client.configuration.configuration import Configuration
from conductor.client.worker.worker_interface import WorkerInterface

if TYPE_CHECKING:
    from conductor.client.configuration.settings.metrics_settings import MetricsSettings


class AsyncTaskRunner:
    """Runs one worker while the event loop of the caller goes on; see `TaskRunner`, which runs async functions too."""

    def __init__(
        self,
        worker: WorkerInterface,
        configuration: Configuration | None = None,
        metrics_settings: MetricsSettings | None = None,
        event_listeners: Iterable[object] | None = None,
        **options: Any,
    ) -> None:
        self._runner = TaskRunner(worker, configuration, metrics_settings, event_listeners, **options)
        self.worker = worker
        self.configuration = self._runner.configuration
        self.metrics_collector = self._runner.metrics_collector
        self.event_dispatcher = self._runner.event_dispatcher

    async def run(self) -> None:
        """See `TaskRunner.run`; cancelled, it drains."""
        running = asyncio.create_task(asyncio.to_thread(self._runner.run))
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            self._runner.stop()
            await running
            raise

    async def run_once(self) -> None:
        """See `TaskRunner.run_once`."""
        await asyncio.to_thread(self._runner.run_once)

    def stop(self) -> None:
        """See `TaskRunner.stop`."""
        self._runner.stop()

    def __enter__(self) -> AsyncTaskRunner:
        return self

    def __exit__(self, *error: Any) -> None:
        self._runner.__exit__(*error)
