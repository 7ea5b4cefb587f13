"""JSON schemas of workers; the name by which users know `conductor.client.worker.json_schema`."""

from __future__ import annotations

from conductor.client.worker.json_schema import generate_json_schema_from_function

__all__ = ["generate_json_schema_from_function"]
