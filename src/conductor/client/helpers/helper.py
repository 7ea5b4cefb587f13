"""`ObjectMapper`: models to plain JSON values and back."""

from __future__ import annotations

from typing import Any

import msgspec

from conductor.client.http._codec import to_encodable
from conductor.client.http._older import Serialization, type_named


class ObjectMapper:
    """Turns models into what `json.dumps` takes, and such values into models."""

    PRIMITIVE_TYPES = Serialization.PRIMITIVE_TYPES
    NATIVE_TYPES_MAPPING = Serialization.NATIVE_TYPES_MAPPING

    def to_json(self, obj: Any) -> Any:
        """An object as dicts, lists and scalars, under the wire's names."""
        return msgspec.to_builtins(obj, enc_hook=to_encodable)

    def from_json(self, data: Any, klass: Any) -> Any:
        """A value that was read from JSON, as the class (or the class of that name).

        Raises:
            msgspec.ValidationError: it does not fit; the message names the place.
        """
        return msgspec.convert(data, type_named(klass), strict=False)
