"""Use cases on event handlers and event queues."""

from __future__ import annotations

from typing import Any

from conductor.engine.errors import NotYet
from conductor.engine.model import EventHandler
from conductor.engine.starting import Starting


class Events(Starting):
    """Event handlers (`/event`) and queues (`/queue`)."""

    def add_event_handler(self, handler: EventHandler) -> None:
        """`POST /event`. Raises ValidationFailed, Conflict (exists)."""
        raise NotYet

    def update_event_handler(self, handler: EventHandler) -> None:
        """`PUT /event`. Raises ValidationFailed, NotFound."""
        raise NotYet

    def remove_event_handler(self, name: str) -> None:
        """`DELETE /event/{name}`. Raises NotFound."""
        raise NotYet

    def get_event_handlers(self, event: str | None = None, active_only: bool = False) -> list[EventHandler]:
        """All handlers (`GET /event`), or those of one event (`GET /event/{event}`)."""
        raise NotYet

    def publish_event(self, event: str, payload: Any, message_id: str | None = None) -> None:
        """Put a message into an event queue (`type:name`), as an EVENT task does."""
        raise NotYet

    def get_event_queues(self, verbose: bool = False) -> dict[str, Any]:
        """Queue name by event (`GET /admin/queues`)."""
        raise NotYet

    def get_status_queues(self) -> dict[str, str]:
        """Queue by task status (`GET /queue/`)."""
        raise NotYet

    def get_status_queue_sizes(self) -> dict[str, int]:
        """`GET /queue/size`."""
        raise NotYet

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
        raise NotYet
