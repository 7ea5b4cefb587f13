"""Event handlers, and on Orkes servers the configurations of their queues."""

from __future__ import annotations

from typing import Any

import msgspec

from conductor.client.event.queue.queue_configuration import QueueConfiguration
from conductor.client.http.api.event_resource_api import EventResourceApi
from conductor.client.http.api_client import ApiClient
from conductor.client.http.models.event_handler import EventHandler

KAFKA = "kafka"


class EventClient:
    """Everything under `/event`."""

    def __init__(self, api_client: ApiClient) -> None:
        self.client = EventResourceApi(api_client)

    def register_event_handler(self, handler: EventHandler) -> None:
        """Register an event handler; one of that name must not be there yet."""
        self.client.add_event_handler(handler)

    def update_event_handler(self, handler: EventHandler) -> None:
        """Replace the event handler of that name."""
        self.client.update_event_handler(handler)

    def unregister_event_handler(self, name: str) -> None:
        """Remove an event handler."""
        self.client.remove_event_handler_status(name)

    def get_event_handlers(self, event: str | None = None, active_only: bool = True) -> list[EventHandler]:
        """All event handlers, or those of an event such as `conductor:order_paid`."""
        if event is None:
            return self.client.get_event_handlers()
        return self.client.get_event_handlers_for_event(event, active_only=active_only)

    # Orkes servers only, from here on

    def delete_queue_configuration(self, queue_configuration: QueueConfiguration) -> None:
        """Forget a queue's configuration."""
        self.client.delete_queue_config(queue_configuration.queue_type, queue_configuration.queue_name)

    def get_kafka_queue_configuration(self, queue_topic: str) -> Any:
        """The configuration of a Kafka topic."""
        return self.get_queue_configuration(KAFKA, queue_topic)

    def get_queue_configuration(self, queue_type: str, queue_name: str) -> Any:
        """A queue's configuration."""
        return self.client.get_queue_config(queue_type, queue_name)

    def put_queue_configuration(self, queue_configuration: QueueConfiguration) -> None:
        """Keep a queue's configuration."""
        body = msgspec.json.encode(queue_configuration.get_worker_configuration()).decode()
        self.client.put_queue_config(body, queue_configuration.queue_type, queue_configuration.queue_name)
