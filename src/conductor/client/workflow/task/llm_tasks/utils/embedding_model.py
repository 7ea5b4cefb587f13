"""A model that makes embeddings."""

from __future__ import annotations

import msgspec


class EmbeddingModel(msgspec.Struct):
    """Whose model, and which."""

    provider: str
    model: str
