"""A new access key: the only time that its secret is told."""

from __future__ import annotations

import msgspec


class CreatedAccessKey(msgspec.Struct):
    """Keep the secret; it is not told again."""

    id: str
    secret: str

    def __repr__(self) -> str:
        return f"CreatedAccessKey(id={self.id!r}, secret='***')"
