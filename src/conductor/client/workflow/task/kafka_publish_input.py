"""What a KAFKA_PUBLISH task sends, and where to."""

from __future__ import annotations

from typing import Any


class KafkaPublishInput:
    """A Kafka message; times are in milliseconds."""

    def __init__(
        self,
        bootstrap_servers: str | None = None,
        key: str | None = None,
        key_serializer: str | None = None,
        value: Any = None,
        request_timeout_ms: str | None = None,
        max_block_ms: str | None = None,
        headers: dict[str, Any] | None = None,
        topic: str | None = None,
    ) -> None:
        self.bootstrap_servers = bootstrap_servers
        self.key = key
        self.key_serializer = key_serializer
        self.value = value
        self.request_timeout_ms = request_timeout_ms
        self.max_block_ms = max_block_ms
        self.headers = headers
        self.topic = topic

    def to_request(self) -> dict[str, Any]:
        """The `kafka_request` of the task's input, without what was left out."""
        request = {
            "bootStrapServers": self.bootstrap_servers,
            "key": self.key,
            "keySerializer": self.key_serializer,
            "value": self.value,
            "requestTimeoutMs": self.request_timeout_ms,
            "maxBlockMs": self.max_block_ms,
            "headers": self.headers,
            "topic": self.topic,
        }
        return {key: value for key, value in request.items() if value is not None}
