"""Kafka topics as event queues."""

from __future__ import annotations

from conductor.client.event.queue.queue_configuration import QueueConfiguration
from conductor.client.event.queue.queue_worker_configuration import QueueWorkerConfiguration

BOOTSTRAP_SERVERS = "bootstrap.servers"


class KafkaQueueConfiguration(QueueConfiguration):
    """A Kafka topic."""

    def __init__(self, queue_topic_name: str) -> None:
        super().__init__(queue_topic_name, "kafka")


class KafkaConsumerConfiguration(QueueWorkerConfiguration):
    """How to consume: the servers to begin with."""

    def __init__(self, bootstrap_servers_config: str) -> None:
        super().__init__()
        self.add_configuration(BOOTSTRAP_SERVERS, bootstrap_servers_config)


class KafkaProducerConfiguration(QueueWorkerConfiguration):
    """How to produce: the servers to begin with."""

    def __init__(self, bootstrap_servers_config: str) -> None:
        super().__init__()
        self.add_configuration(BOOTSTRAP_SERVERS, bootstrap_servers_config)
