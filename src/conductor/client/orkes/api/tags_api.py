"""`TagsApi`, where older code imports it from."""

from __future__ import annotations

from conductor.client.http.api.tags_api import TagsApi

__all__ = ["TagsApi"]
