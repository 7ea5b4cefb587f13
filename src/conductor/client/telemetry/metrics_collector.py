"""The collectors under the names that they are imported by: the same facts in the shapes of either family."""

from __future__ import annotations

from conductor.client.telemetry.canonical_metrics_collector import CanonicalMetricsCollector
from conductor.client.telemetry.legacy_metrics_collector import LegacyMetricsCollector
from conductor.client.telemetry.metrics_collector_base import MetricsCollectorBase

__all__ = ["CanonicalMetricsCollector", "LegacyMetricsCollector", "MetricsCollector", "MetricsCollectorBase"]

MetricsCollector = LegacyMetricsCollector
