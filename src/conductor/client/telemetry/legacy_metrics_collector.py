"""The collector of the legacy family of names."""

from __future__ import annotations

from conductor.client.telemetry import _families as families
from conductor.client.telemetry._cells import WINDOW
from conductor.client.telemetry.metrics_collector_base import SUCCESS, MetricsCollectorBase


class LegacyMetricsCollector(MetricsCollectorBase):
    """Keeps last values, and quantiles over recent ones."""

    QUANTILE_WINDOW_SIZE = WINDOW
    _EXECUTE_TIME = ((families.EXECUTE_LAST, False), (families.EXECUTE_QUANTILES, True))
    _UPDATE_TIME = ((families.UPDATE_QUANTILES, True),)
    _RESULT_SIZE = families.RESULT_LAST

    def increment_external_payload_used(self, entity_name: str, operation: str, payload_type: str) -> None:
        self._record(families.LEGACY_EXTERNAL_PAYLOADS, (entity_name, operation, payload_type))

    def record_task_poll_time(self, task_type: str, time_spent: float, status: str = SUCCESS) -> None:
        self._record(families.POLL_LAST, (task_type,), time_spent)
        self._record(families.POLL_QUANTILES, (task_type, status), time_spent)

    def record_task_execute_time(self, task_type: str, time_spent: float, status: str = SUCCESS) -> None:
        self._record(families.EXECUTE_LAST, (task_type,), time_spent)
        self._record(families.EXECUTE_QUANTILES, (task_type, status), time_spent)

    def record_task_update_time(self, task_type: str, time_spent: float, status: str = SUCCESS) -> None:
        self._record(families.UPDATE_QUANTILES, (task_type, status), time_spent)

    def record_api_request_time(
        self, method: str, uri: str, status: str, time_spent: float, metric_uri: str | None = None
    ) -> None:
        self._record(families.CALL_QUANTILES, (method, metric_uri or uri, str(status)), time_spent)

    def record_task_result_payload_size(self, task_type: str, payload_size: int) -> None:
        self._record(families.RESULT_LAST, (task_type,), payload_size)

    def record_workflow_input_payload_size(self, workflow_type: str, version: object, payload_size: int) -> None:
        self._record(families.INPUT_LAST, (workflow_type, str(version)), payload_size)
