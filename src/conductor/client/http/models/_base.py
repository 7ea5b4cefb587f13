"""What every generated model inherits: the JSON mapping, and the contract that `conductor-python` users rely on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import msgspec

if TYPE_CHECKING:
    from typing_extensions import Self

T = TypeVar("T")


class _ClassValue(Generic[T]):
    """A class attribute computed at its first use: most programs never look at it."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._cache: dict[type, T] = {}

    def __get__(self, instance: object, owner: type[Model]) -> T:
        if owner not in self._cache:
            self._cache[owner] = self.compute(owner)
        return self._cache[owner]

    def compute(self, owner: type[Model]) -> T:
        raise NotImplementedError


class _AttributeMap(_ClassValue[dict[str, str]]):
    def compute(self, owner: type[Model]) -> dict[str, str]:
        return dict(zip(owner.__struct_fields__, owner.__struct_encode_fields__, strict=True))


class _SwaggerTypes(_ClassValue[dict[str, str]]):
    def compute(self, owner: type[Model]) -> dict[str, str]:
        import inspect  # slow to import, and hardly ever used

        annotations: dict[str, str] = {}
        for cls in reversed(owner.__mro__):
            annotations |= inspect.get_annotations(cls)
        return {name: _swagger_type(annotations[name]) for name in owner.__struct_fields__}


def _swagger_type(annotation: str) -> str:
    """`dict[str, list[models.Task]] | None` as Swagger writes it: `dict(str, list[Task])`."""
    text = annotation.replace(" | None", "").replace("models.", "")
    text = re.sub(r"\bAny\b", "object", text)
    while (shorter := re.sub(r"\bdict\[((?:[^\[\]]|\[[^\[\]]*\])*)\]", r"dict(\1)", text)) != text:
        text = shorter
    return text


class Model(msgspec.Struct, omit_defaults=True, rename="camel", repr_omit_defaults=True):
    """A JSON object of the Conductor API.

    Every field is optional and a field that was not set is left out of the JSON; None inside a map is kept. Fields
    that this version does not know are ignored when read. Encode with `msgspec.json.encode(model)`, decode with
    `msgspec.json.decode(data, type=Task)`; NaN and infinities, which JSON cannot say, are encoded as null.

    Nothing is checked when a model is made, so that making one costs next to nothing: `validate()` checks.
    """

    #: Python's name of each field -> its name in JSON.
    attribute_map: ClassVar[_AttributeMap] = _AttributeMap()
    #: Python's name of each field -> its type as Swagger writes it.
    swagger_types: ClassVar[_SwaggerTypes] = _SwaggerTypes()
    discriminator: ClassVar[None] = None
    #: Fields of type `str` with a closed list of values -> the values that the server's document lists.
    allowed_values: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def to_dict(self) -> dict[str, Any]:
        """All fields by their Python names, nested models as dictionaries; a field that was not set is None."""
        return {name: _plain(getattr(self, name)) for name in self.__struct_fields__}

    def to_str(self) -> str:
        """`to_dict()`, laid out for reading."""
        import pprint  # slow to import, and hardly ever used

        return pprint.pformat(self.to_dict())

    def __str__(self) -> str:
        return self.to_str()

    def validate(self) -> Self:
        """Check the fields that take one of a few values, here and in nested models, and return the model.

        Raises ValueError, naming the field, its value and what is expected.
        """
        _validate(self, type(self).__name__)
        return self


class OpenEnum(str, Enum):
    """An enum of strings that takes a value it does not know (a newer server's) as one more member."""

    @classmethod
    def _missing_(cls, value: object) -> OpenEnum | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member

    # Python's own give `Class.MEMBER`; the value is what goes into texts and URLs.
    def __str__(self) -> str:
        return str(self.value)

    def __format__(self, format_spec: str) -> str:
        return format(self.value, format_spec)


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _validate(value: Any, where: str) -> None:
    if isinstance(value, Model):
        for name in value.__struct_fields__:
            item = getattr(value, name)
            allowed = value.allowed_values.get(name)
            if allowed and item is not None and item not in allowed:
                raise ValueError(f"{where}.{name}: {item!r} is not one of {', '.join(allowed)}")
            _validate(item, f"{where}.{name}")
    elif isinstance(value, dict):
        for key, item in value.items():
            _validate(item, f"{where}[{key!r}]")
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            _validate(item, f"{where}[{index}]")
