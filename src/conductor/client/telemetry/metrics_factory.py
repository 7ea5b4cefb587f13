"""Makes the collector that the settings ask for."""

from __future__ import annotations

from conductor.client.configuration.settings.metrics_settings import MetricsSettings
from conductor.client.telemetry.metrics_collector import CanonicalMetricsCollector, LegacyMetricsCollector
from conductor.client.telemetry.metrics_collector_base import MetricsCollectorBase


def create_metrics_collector(settings: MetricsSettings | None) -> MetricsCollectorBase | None:
    """The collector of a worker's process: in the canonical family of names where WORKER_CANONICAL_METRICS asks for it.

    None where there are no settings.
    """
    return _create(settings, background=True)


def create_metrics_collector_for_parent(settings: MetricsSettings | None) -> MetricsCollectorBase | None:
    """The collector of a process that starts others: it needs no thread, for it counts rarely and forks."""
    return _create(settings, background=False)


def _create(settings: MetricsSettings | None, *, background: bool) -> MetricsCollectorBase | None:
    if settings is None:
        return None
    cls = CanonicalMetricsCollector if settings.is_canonical else LegacyMetricsCollector
    return cls(settings, background=background)
