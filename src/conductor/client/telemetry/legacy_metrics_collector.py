"""The collector of the legacy family of names."""

from __future__ import annotations

from conductor.client.telemetry._cells import WINDOW
from conductor.client.telemetry._families import LEGACY
from conductor.client.telemetry.metrics_collector_base import MetricsCollectorBase


class LegacyMetricsCollector(MetricsCollectorBase):
    """Keeps last values, and quantiles over recent ones."""

    QUANTILE_WINDOW_SIZE = WINDOW
    shape = LEGACY
