"""Turns the server's OpenAPI document and our overlays into the models and API classes of `conductor.client.http`."""
