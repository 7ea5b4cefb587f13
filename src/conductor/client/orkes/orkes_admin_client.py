"""The server itself: its health, its configuration, its queues."""

from __future__ import annotations

from typing import Any

from conductor.client.http.models.health_check_status import HealthCheckStatus
from conductor.client.http.models.task import Task
from conductor.client.orkes.orkes_base_client import OrkesBaseClient


class OrkesAdminClient(OrkesBaseClient):
    """Everything under `/admin`, `/queue`, `/health` and `/providers`."""

    def get_health(self) -> HealthCheckStatus:
        """Whether the server is well."""
        return self.healthCheckResourceApi.do_check()

    def get_configuration(self) -> dict[str, Any]:
        """The server's settings, by name."""
        return self.adminResourceApi.get_all_config()

    def get_provider_status(self) -> dict[str, Any]:
        """Which providers of models the server can reach."""
        return self.providerResourceApi.status()

    def get_event_queues(self, verbose: bool = False) -> dict[str, Any]:
        """The queues that event handlers listen to."""
        return self.adminResourceApi.get_event_queues(verbose=verbose)

    def get_pending_tasks(self, task_type: str, start: int = 0, count: int = 100) -> list[Task]:
        """Tasks of a type that have not ended."""
        return self.adminResourceApi.view(task_type, start=start, count=count)

    def requeue_sweep(self, workflow_id: str) -> str:
        """Have a running workflow looked at soon."""
        return self.adminResourceApi.requeue_sweep(workflow_id)

    def verify_and_repair(self, workflow_id: str) -> str:
        """Check that a workflow's tasks are in the queues that they should be in, and mend it; `true` or `false`."""
        return self.adminResourceApi.verify_and_repair_workflow_consistency(workflow_id)

    # Queues of WAIT tasks

    def get_wait_queue_names(self) -> dict[str, str]:
        """The queues by which WAIT tasks are completed, by status."""
        return self.queueAdminResourceApi.names()

    def get_wait_queue_sizes(self) -> dict[str, int]:
        """How many messages wait in those queues."""
        return self.queueAdminResourceApi.size()

    def publish_to_wait_task(self, workflow_id: str, task_ref_name: str, status: str, output: dict[str, Any]) -> None:
        """Put a message for a WAIT task into its status's queue, by the task's reference name."""
        self.queueAdminResourceApi.update(output, workflow_id, task_ref_name, status)

    def publish_to_wait_task_by_id(self, workflow_id: str, task_id: str, status: str, output: dict[str, Any]) -> None:
        """Put a message for a WAIT task into its status's queue, by the task's id."""
        self.queueAdminResourceApi.update_by_task_id(output, workflow_id, task_id, status)
