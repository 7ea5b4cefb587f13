"""Use cases that search executions."""

from __future__ import annotations

from conductor.engine.errors import NotYet
from conductor.engine.model import SearchPage
from conductor.engine.settings import SearchRequest
from conductor.engine.starting import Starting


class Search(Starting):
    """Search over open and finished executions. Reads the store only: may be called from another thread."""

    def search_workflows(self, request: SearchRequest) -> SearchPage:
        """Summaries (`GET /workflow/search`). Raises InvalidInput (query, size)."""
        raise NotYet

    def search_workflows_v2(self, request: SearchRequest) -> SearchPage:
        """Workflows without tasks (`GET /workflow/search-v2`)."""
        raise NotYet

    def search_workflows_by_tasks(self, request: SearchRequest) -> SearchPage:
        """Summaries of workflows whose tasks match (`GET /workflow/search-by-tasks`)."""
        raise NotYet

    def search_workflows_by_tasks_v2(self, request: SearchRequest) -> SearchPage:
        """Workflows whose tasks match (`GET /workflow/search-by-tasks-v2`)."""
        raise NotYet

    def search_tasks(self, request: SearchRequest) -> SearchPage:
        """Summaries (`GET /tasks/search`)."""
        raise NotYet

    def search_tasks_v2(self, request: SearchRequest) -> SearchPage:
        """Tasks (`GET /tasks/search-v2`)."""
        raise NotYet
