"""Written by hand for objects that say who made and changed them, and when."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, ClassVar


class AuditableMixin:
    """Times of creation and change, as numbers whether they are known or not."""

    if TYPE_CHECKING:
        create_time: int | None
        update_time: int | None
    else:
        __slots__ = ()

    def get_create_time(self) -> int:
        """When it was made, in milliseconds since the epoch; 0 if not known."""
        return self.create_time or 0

    def get_update_time(self) -> int:
        """When it was last changed, in milliseconds since the epoch; 0 if not known."""
        return self.update_time or 0


class Auditable(AuditableMixin, ABC):
    """Any model with create_time and update_time: `isinstance(definition, Auditable)`."""

    attribute_map: ClassVar[dict[str, str]] = {
        "owner_app": "ownerApp",
        "create_time": "createTime",
        "update_time": "updateTime",
        "created_by": "createdBy",
        "updated_by": "updatedBy",
    }

    @classmethod
    def __subclasshook__(cls, other: type) -> bool:
        return {"create_time", "update_time", "created_by"} <= {*getattr(other, "__struct_fields__", ())}
