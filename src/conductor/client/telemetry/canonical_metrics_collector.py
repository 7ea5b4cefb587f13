"""The collector of the canonical family of names."""

from __future__ import annotations

from conductor.client.telemetry._families import CANONICAL
from conductor.client.telemetry.metrics_collector_base import MetricsCollectorBase


class CanonicalMetricsCollector(MetricsCollectorBase):
    """Keeps histograms, units in the names: what Prometheus can add up over processes and machines."""

    shape = CANONICAL
