"""Errors under the names that older code imports; see `conductor.client.http.rest` for the tree."""
