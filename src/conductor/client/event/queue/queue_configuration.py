"""An event queue: its name, its type, and how its consumer and producer connect."""

from __future__ import annotations

from abc import ABC
from typing import Any, ClassVar

from conductor.client.event.queue.queue_worker_configuration import QueueWorkerConfiguration


class QueueConfiguration(ABC):  # noqa: B024 - a queue of a type of its own is made by subclassing
    """A queue of the type that the subclass says."""

    WORKER_CONSUMER_KEY: ClassVar[str] = "consumer"
    WORKER_PRODUCER_KEY: ClassVar[str] = "producer"

    def __init__(self, queue_name: str, queue_type: str) -> None:
        self.queue_name = queue_name
        self.queue_type = queue_type
        self.worker_configuration: dict[str, QueueWorkerConfiguration] = {}

    def add_consumer(self, worker_configuration: QueueWorkerConfiguration) -> None:
        """How the consumer connects."""
        self.worker_configuration[self.WORKER_CONSUMER_KEY] = worker_configuration

    def add_producer(self, worker_configuration: QueueWorkerConfiguration) -> None:
        """How the producer connects."""
        self.worker_configuration[self.WORKER_PRODUCER_KEY] = worker_configuration

    def get_worker_configuration(self) -> dict[str, Any]:
        """Both, as the server reads them.

        Raises:
            ValueError: one of them is missing.
        """
        missing = {self.WORKER_CONSUMER_KEY, self.WORKER_PRODUCER_KEY} - self.worker_configuration.keys()
        if missing:
            raise ValueError(f"the queue {self.queue_name!r} has no {' and no '.join(sorted(missing))} configuration")
        return {name: worker.configuration for name, worker in self.worker_configuration.items()}
