"""`WorkflowClient`, under the name by which it is imported."""

from __future__ import annotations

from conductor.client.orkes.orkes_workflow_client import OrkesWorkflowClient as WorkflowClient

__all__ = ["WorkflowClient"]
