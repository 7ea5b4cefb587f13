"""Event handlers: what the server does when a message comes."""

from __future__ import annotations

from conductor.client.http.models.event_handler import EventHandler
from conductor.client.orkes._suggest import suggesting
from conductor.client.orkes.orkes_base_client import OrkesBaseClient


class OrkesEventClient(OrkesBaseClient):
    """Everything under `/event`, but for the configurations of queues: see `conductor.client.event.event_client`."""

    def register_event_handler(self, event_handler: EventHandler) -> None:
        """Register an event handler; one of that name must not be there yet."""
        self.eventResourceApi.add_event_handler(event_handler)

    @suggesting("event handler", "event_handler.name", "_event_handler_names")
    def update_event_handler(self, event_handler: EventHandler) -> None:
        """Replace the event handler of that name."""
        self.eventResourceApi.update_event_handler(event_handler)

    @suggesting("event handler", "name", "_event_handler_names")
    def unregister_event_handler(self, name: str) -> None:
        """Remove an event handler."""
        self.eventResourceApi.remove_event_handler_status(name)

    def get_event_handlers(self, event: str | None = None, active_only: bool = True) -> list[EventHandler]:
        """All event handlers, or those of an event such as `conductor:order_paid`."""
        if event is None:
            return self.eventResourceApi.get_event_handlers()
        return self.eventResourceApi.get_event_handlers_for_event(event, active_only=active_only)

    def _event_handler_names(self) -> list[str]:
        return [handler.name or "" for handler in self.eventResourceApi.get_event_handlers()]
