"""`SchedulerClient`, under the name by which it is imported."""

from __future__ import annotations

from conductor.client.orkes.orkes_scheduler_client import OrkesSchedulerClient as SchedulerClient

__all__ = ["SchedulerClient"]
