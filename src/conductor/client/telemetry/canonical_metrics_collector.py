"""The collector of the canonical family of names."""

from __future__ import annotations

from conductor.client.telemetry import _families as families
from conductor.client.telemetry.metrics_collector_base import SUCCESS, MetricsCollectorBase


class CanonicalMetricsCollector(MetricsCollectorBase):
    """Keeps histograms, units in the names: what Prometheus can add up over processes and machines."""

    _EXECUTE_TIME = ((families.EXECUTE_SECONDS, True),)
    _UPDATE_TIME = ((families.UPDATE_SECONDS, True),)
    _RESULT_SIZE = families.RESULT_BYTES

    def increment_external_payload_used(self, entity_name: str, operation: str, payload_type: str) -> None:
        self._record(families.EXTERNAL_PAYLOADS, (entity_name, operation, payload_type))

    def record_task_poll_time(self, task_type: str, time_spent: float, status: str = SUCCESS) -> None:
        self._record(families.POLL_SECONDS, (task_type, status), time_spent)

    def record_task_execute_time(self, task_type: str, time_spent: float, status: str = SUCCESS) -> None:
        self._record(families.EXECUTE_SECONDS, (task_type, status), time_spent)

    def record_task_update_time(self, task_type: str, time_spent: float, status: str = SUCCESS) -> None:
        self._record(families.UPDATE_SECONDS, (task_type, status), time_spent)

    def record_api_request_time(
        self, method: str, uri: str, status: str, time_spent: float, metric_uri: str | None = None
    ) -> None:
        self._record(families.CALL_SECONDS, (method, metric_uri or uri, str(status)), time_spent)

    def record_task_result_payload_size(self, task_type: str, payload_size: int) -> None:
        self._record(families.RESULT_BYTES, (task_type,), payload_size)

    def record_workflow_input_payload_size(self, workflow_type: str, version: object, payload_size: int) -> None:
        self._record(families.INPUT_BYTES, (workflow_type, str(version)), payload_size)
