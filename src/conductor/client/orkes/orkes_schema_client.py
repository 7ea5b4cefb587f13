"""Schemas of inputs and outputs (Orkes servers)."""

from __future__ import annotations

from conductor.client.http.models.schema_def import SchemaDef
from conductor.client.orkes.orkes_base_client import OrkesBaseClient


class OrkesSchemaClient(OrkesBaseClient):
    """Everything under `/schema`."""

    def register_schema(self, schema: SchemaDef) -> None:
        """Register a schema."""
        self.schemaApi.save(schema)

    def get_schema(self, schema_name: str, version: int) -> SchemaDef:
        """A version of a schema."""
        return self.schemaApi.get_schema_by_name_and_version(schema_name, str(version))

    def get_all_schemas(self) -> list[SchemaDef]:
        """All schemas."""
        return self.schemaApi.get_all_schemas()

    def delete_schema(self, schema_name: str, version: int) -> None:
        """Remove a version of a schema."""
        self.schemaApi.delete_schema_by_name_and_version(schema_name, str(version))

    def delete_schema_by_name(self, schema_name: str) -> None:
        """Remove a schema."""
        self.schemaApi.delete_schema_by_name(schema_name)
