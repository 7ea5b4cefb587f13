"""What all runners of one process share: the server, the leases, the results on their way, those who listen."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conductor.client.automator._api import TaskApi
from conductor.client.automator._backoff import Breaker
from conductor.client.automator._delivery import Delivery
from conductor.client.automator._lease import LeaseKeeper
from conductor.client.automator._ledger import Ledger, SlotTable
from conductor.client.automator._outbox import Outbox, default_directory
from conductor.client.configuration.configuration import Configuration
from conductor.client.event.sync_event_dispatcher import SyncEventDispatcher

if TYPE_CHECKING:
    from conductor.client.configuration.settings.metrics_settings import MetricsSettings

logger = logging.getLogger(__name__)


class Services:
    """Made in the process that uses them, after any fork. Opens nothing and starts no thread before it is needed."""

    def __init__(
        self,
        configuration: Configuration | None = None,
        metrics_settings: MetricsSettings | None = None,
        event_listeners: Iterable[object] | None = None,
        *,
        slots: SlotTable | None = None,
        rows: int = 0,
        outbox_directory: str | None = None,
    ) -> None:
        self.configuration = configuration or Configuration()
        self.metrics = _metrics_collector(metrics_settings)
        listeners = [*(event_listeners or ()), *([self.metrics] if self.metrics is not None else [])]
        self.events = SyncEventDispatcher(listeners)
        self.api = TaskApi(self.configuration, observer=self.metrics)
        self.leases = LeaseKeeper(self.api)
        self.ledger = Ledger(self.leases, self.events, slots, rows)
        self.outbox = Outbox(Path(outbox_directory or default_directory()), self.configuration.host)
        self.breaker = Breaker()
        self.delivery = Delivery(self.api, self.outbox, self.breaker, self.ledger)

    def close(self, seconds: float) -> None:
        """Deliver what waits, for so many seconds, leave the rest on disk, and end every thread."""
        if not self.delivery.flush(seconds) and (waiting := self.delivery.pending):
            logger.info("%d results wait on disk for the server", waiting)
        if lost := self.delivery.close():
            logger.critical("%d results are neither delivered nor on disk: their tasks have to be done again", lost)
        self.leases.close()
        self.outbox.close()
        self.events.close()
        self.api.close()


def _metrics_collector(settings: MetricsSettings | None) -> Any:
    if settings is None:
        return None
    # Telemetry knows events, and the automator knows no telemetry: it is looked up by name, where it is wanted.
    return import_module("conductor.client.telemetry.metrics_factory").create_metrics_collector(settings)
