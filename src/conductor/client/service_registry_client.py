"""`ServiceRegistryClient`, under the name by which it is imported."""

from __future__ import annotations

from conductor.client.orkes.orkes_service_registry_client import OrkesServiceRegistryClient as ServiceRegistryClient

__all__ = ["ServiceRegistryClient"]
