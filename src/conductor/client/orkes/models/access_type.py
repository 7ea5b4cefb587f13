"""What a permission allows."""

from __future__ import annotations

from enum import Enum


class AccessType(str, Enum):
    """A kind of access."""

    CREATE = "CREATE"
    READ = "READ"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    EXECUTE = "EXECUTE"
