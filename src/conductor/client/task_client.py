"""`TaskClient`, under the name by which it is imported."""

from __future__ import annotations

from conductor.client.orkes.orkes_task_client import OrkesTaskClient as TaskClient

__all__ = ["TaskClient"]
