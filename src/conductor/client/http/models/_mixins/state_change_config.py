"""Written by hand: which changes of a task's state publish which events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from conductor.client.http.models._base import Model

if TYPE_CHECKING:
    from conductor.client.http.models.state_change_event import StateChangeEvent, StateChangeEventType


class StateChangeConfig:
    """Events to publish when a task changes its state; becomes an entry of `WorkflowTask.on_state_change`.

    :param event_type: the change, or several of them
    :param events: what is published
    """

    __slots__ = ("events", "type")

    attribute_map: ClassVar[dict[str, str]] = {"type": "type", "events": "events"}
    swagger_types: ClassVar[dict[str, str]] = {"type": "str", "events": "list[StateChangeEvent]"}

    def __init__(
        self,
        event_type: StateChangeEventType | str | Iterable[StateChangeEventType | str] | None = None,
        events: list[StateChangeEvent] | StateChangeEvent | None = None,
    ) -> None:
        types = () if event_type is None else (event_type,) if isinstance(event_type, str) else tuple(event_type)
        self.type = ",".join(map(str, types)) or None
        self.events = [events] if isinstance(events, Model) else events

    def to_dict(self) -> dict[str, object]:
        return {"type": self.type, "events": [event.to_dict() for event in self.events or ()]}

    def to_str(self) -> str:
        return str(self.to_dict())

    def __repr__(self) -> str:
        return f"StateChangeConfig(event_type={self.type!r}, events={self.events!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StateChangeConfig) and (self.type, self.events) == (other.type, other.events)

    __hash__ = None  # type: ignore[assignment]  # it can change
