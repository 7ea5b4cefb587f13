"""Use cases on event handlers and event queues."""

from __future__ import annotations

from typing import Any

import msgspec

from conductor.engine.errors import Conflict, InvalidInput, NotFound
from conductor.engine.expressions import substitute
from conductor.engine.model import EventHandler
from conductor.engine.turn import Published
from conductor.engine.usecases.actions import Actions
from conductor.engine.validate import check_event_handler

_KIND = "event_handler"


class Events(Actions):
    """Event handlers (`/event`) and queues (`/queue`)."""

    def add_event_handler(self, handler: EventHandler) -> None:
        """`POST /event`. Raises ValidationFailed, Conflict (exists)."""
        check_event_handler(handler)
        if handler.name in self.handlers:
            raise Conflict(f"EventHandler with name {handler.name} already exists!")
        self._keep_handler(handler)

    def update_event_handler(self, handler: EventHandler) -> None:
        """`PUT /event`. Raises ValidationFailed, NotFound."""
        check_event_handler(handler, "updateEventHandler.arg0")
        if handler.name not in self.handlers:
            raise NotFound(f"EventHandler with name {handler.name} not found!")
        self._keep_handler(handler)

    def _keep_handler(self, handler: EventHandler) -> None:
        name = handler.name or ""
        self.handlers[name] = handler
        self._save_document(_KIND, name, msgspec.json.encode(handler))
        self.deliver_kept()
        self.drain()

    def remove_event_handler(self, name: str) -> None:
        """`DELETE /event/{name}`. Raises NotFound."""
        if self.handlers.pop(name, None) is None:
            raise NotFound(f"EventHandler with name {name} not found!")
        self._save_document(_KIND, name, None)

    def get_event_handlers(self, event: str | None = None, active_only: bool = False) -> list[EventHandler]:
        """All handlers (`GET /event`), or those of one event (`GET /event/{event}`)."""
        return [
            handler
            for handler in self.handlers.values()
            if event in (None, handler.event) and (handler.active or not active_only)
        ]

    def publish_event(self, event: str, payload: Any, message_id: str | None = None) -> None:
        """Put a message into an event queue (`type:name`), as an EVENT task does."""
        self.publish(Published(event, message_id or self.new_id(), payload))
        self.drain()

    def get_event_queues(self, verbose: bool = False) -> dict[str, Any]:
        """Queue name by event (`GET /admin/queues`)."""
        events = {self._event_of(handler) for handler in self.handlers.values() if handler.active}
        names = {event: event.partition(":")[2] for event in sorted(events) if event.startswith("conductor:")}
        if not verbose:
            return names
        kept = [message.event for message in self.kept_messages()]
        return {event: {name: kept.count(event)} for event, name in names.items()}

    def _event_of(self, handler: EventHandler) -> str:
        return str(substitute(handler.event or "", {}, env=self.env))

    def get_status_queues(self) -> dict[str, str]:
        """Queue by task status (`GET /queue/`)."""
        return {}

    def get_status_queue_sizes(self) -> dict[str, int]:
        """`GET /queue/size`."""
        return {}

    def update_by_queue(
        self,
        workflow_id: str,
        status: str,
        output: dict[str, Any],
        *,
        task_ref: str | None = None,
        task_id: str | None = None,
    ) -> None:
        """`POST /queue/update/...`. Raises InvalidInput where no queue handles the status."""
        raise InvalidInput(f"There is no queue for handling {status} status")
