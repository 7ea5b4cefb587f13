"""How a queue's consumer or producer connects."""

from __future__ import annotations


class QueueWorkerConfiguration:
    """Key and value pairs, as the queue's own library names them."""

    def __init__(self) -> None:
        self.configuration: dict[str, str] = {}

    def add_configuration(self, key: str, value: str) -> None:
        """Set one."""
        self.configuration[key] = value

    def __str__(self) -> str:
        return str(self.configuration)
