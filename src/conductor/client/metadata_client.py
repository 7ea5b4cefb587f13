"""`MetadataClient`, under the name by which it is imported."""

from __future__ import annotations

from conductor.client.orkes.orkes_metadata_client import OrkesMetadataClient as MetadataClient

__all__ = ["MetadataClient"]
