"""The engine's use cases, one room of the API a file."""
