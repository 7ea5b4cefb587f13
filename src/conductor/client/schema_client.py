"""`SchemaClient`, under the name by which it is imported."""

from __future__ import annotations

from conductor.client.orkes.orkes_schema_client import OrkesSchemaClient as SchemaClient

__all__ = ["SchemaClient"]
