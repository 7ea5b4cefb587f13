"""`IntegrationClient`, under the name by which it is imported."""

from __future__ import annotations

from conductor.client.orkes.orkes_integration_client import OrkesIntegrationClient as IntegrationClient

__all__ = ["IntegrationClient"]
