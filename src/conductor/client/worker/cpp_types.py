"""How the arguments and results of a C++ function look: in JSON, and in C.

| in the worker            | in C                              | in JSON                                   |
|--------------------------|-----------------------------------|-------------------------------------------|
| `Int8` ... `Int64`       | int8_t ... int64_t                | an integer within the type's range        |
| `UInt8` ... `UInt64`     | uint8_t ... uint64_t              | the same                                  |
| `Float32`, `Float64`     | float, double                     | a number                                  |
| `Bool`                   | bool                              | true, false                               |
| `String`                 | const char*, UTF-8, ends with NUL | a string without NUL                      |
| `Bytes`                  | const uint8_t*, size_t            | a string in base64                        |
| `Array(Int32)`           | const int32_t*, size_t            | an array                                  |
| `OutArray(Int32, size=)` | int32_t*, size_t                  | an array in the output, written by C++    |
| `Json`                   | const char*                       | anything, as JSON text                    |

An array with ``same_size_as="a"`` has as many items as the array argument `a`, and is a pointer alone.
A result may be a number, `Bool`, `String`, `Json` or nothing.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec

from conductor.client.worker.exception import InvalidInputError, InvalidOutputError, WorkerDefinitionError

#: Items that a function may be given room for: a wrong number must not take the machine's memory.
MAX_OUT_ITEMS: Final = 100_000_000


class CppType:
    """One type of the table above: its name, its parameters in C, its annotation in Python."""

    def __init__(self, name: str, c_types: tuple[Any, ...], annotation: Any) -> None:
        self.name, self.c_types, self.annotation = name, c_types, annotation

    def __repr__(self) -> str:
        return self.name

    def pack(self, name: str, inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        """The C arguments for one argument.

        Args:
            name: the argument.
            inputs: all inputs, converted to their annotations.

        Raises:
            InvalidInputError: the input does not fit after all.
        """
        return (inputs[name],)

    def unpack(self, returned: Any) -> Any:
        """The Python value for what the function returned."""
        return returned


class Number(CppType):
    """A number or bool, passed by value."""

    def __init__(self, name: str, c_type: Any, annotation: Any, highest: int | None = None) -> None:
        super().__init__(name, (c_type,), annotation)
        self.c_type, self.highest = c_type, highest

    def pack(self, name: str, inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        """The number itself."""
        self.check(name, inputs[name])
        return (inputs[name],)

    def check(self, path: str, value: Any) -> None:
        """Refuse what msgspec cannot: integers above 64 bits."""
        if self.highest is not None and value > self.highest:
            raise InvalidInputError(f"input.{path}: expected int <= {self.highest}, got {value}")


class _Text(CppType):
    def pack(self, name: str, inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        """UTF-8 that ends where C expects it."""
        text = inputs[name].encode("utf-8", "surrogatepass")
        if b"\0" in text:
            raise InvalidInputError(f"input.{name}: expected a string without NUL characters, which end a string in C")
        return (text,)

    def unpack(self, returned: Any) -> Any:
        """The text; `returned` are its bytes."""
        if returned is None:
            raise InvalidOutputError(f"output: the C++ function returned NULL, expected {self.name}")
        try:
            return returned.decode()
        except UnicodeDecodeError as error:
            raise InvalidOutputError(f"output: what the C++ function returned is not UTF-8: {error}") from None


class _Bytes(CppType):
    def pack(self, name: str, inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        """The bytes and how many."""
        return (inputs[name], len(inputs[name]))


class _Json(_Text):
    def pack(self, name: str, inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        """JSON text."""
        return (msgspec.json.encode(inputs[name]),)

    def unpack(self, returned: Any) -> Any:
        """The decoded JSON."""
        text = super().unpack(returned)
        try:
            return msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError) as error:
            raise InvalidOutputError(f"output: what the C++ function returned is no valid JSON: {error}") from None


class Array(CppType):
    """Numbers handed to the function.

    Args:
        item: type of the numbers.
        same_size_as: an array argument that has as many items.
    """

    def __init__(self, item: Number, *, same_size_as: str | None = None) -> None:
        self.item, self.same_size_as = _checked_item("Array", item), same_size_as
        c_types = (ctypes.POINTER(item.c_type), ctypes.c_size_t)
        annotation = list.__class_getitem__(item.annotation)
        super().__init__(f"Array({item.name})", c_types[:1] if same_size_as else c_types, annotation)

    def pack(self, name: str, inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        """A C array with a copy of the numbers."""
        numbers = inputs[name]
        if self.item.highest is not None:
            for index, number in enumerate(numbers):
                self.item.check(f"{name}[{index}]", number)
        array = (self.item.c_type * len(numbers))(*numbers)
        if self.same_size_as is None:
            return (array, len(numbers))
        size = len(inputs[self.same_size_as])
        if len(numbers) != size:
            other = f"input.{self.same_size_as}"
            raise InvalidInputError(f"input.{name}: expected {size} items, as many as {other} has, got {len(numbers)}")
        return (array,)


class OutArray(CppType):
    """Numbers that the function writes, found in the output under the argument's name.

    Args:
        item: type of the numbers.
        size: how many: a number, or the name of an integer argument.
        same_size_as: an array argument that has as many items.
    """

    def __init__(self, item: Number, *, size: int | str | None = None, same_size_as: str | None = None) -> None:
        self.item, self.size, self.same_size_as = _checked_item("OutArray", item), size, same_size_as
        if (size is None) == (same_size_as is None):
            raise WorkerDefinitionError("OutArray: expected either size or same_size_as")
        c_types = (ctypes.POINTER(item.c_type), ctypes.c_size_t)
        super().__init__(f"OutArray({item.name})", c_types[:1] if same_size_as else c_types, None)

    def pack(self, name: str, inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        """A C array of zeros to be filled."""
        if self.same_size_as is not None:
            return ((self.item.c_type * len(inputs[self.same_size_as]))(),)
        size: int = inputs[self.size] if isinstance(self.size, str) else self.size or 0
        if not 0 <= size <= MAX_OUT_ITEMS:
            raise InvalidInputError(f"input.{self.size}: expected a size from 0 to {MAX_OUT_ITEMS}, got {size}")
        return ((self.item.c_type * size)(), size)


def _checked_item(name: str, item: Any) -> Number:
    if not isinstance(item, Number):
        raise WorkerDefinitionError(f"{name}: expected the type of a number such as Int32 or Float64, got {item!r}")
    return item


def _integer(bits: int, c_type: Any, *, signed: bool) -> Number:
    lowest, highest = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    # msgspec's bounds are signed 64 bit; UInt64 is checked here.
    bounds = msgspec.Meta(ge=lowest, le=highest) if highest < 2**63 else msgspec.Meta(ge=lowest)
    name = f"{'Int' if signed else 'UInt'}{bits}"
    return Number(name, c_type, Annotated[int, bounds], highest if highest >= 2**63 else None)


Int8: Final = _integer(8, ctypes.c_int8, signed=True)
Int16: Final = _integer(16, ctypes.c_int16, signed=True)
Int32: Final = _integer(32, ctypes.c_int32, signed=True)
Int64: Final = _integer(64, ctypes.c_int64, signed=True)
UInt8: Final = _integer(8, ctypes.c_uint8, signed=False)
UInt16: Final = _integer(16, ctypes.c_uint16, signed=False)
UInt32: Final = _integer(32, ctypes.c_uint32, signed=False)
UInt64: Final = _integer(64, ctypes.c_uint64, signed=False)
Float32: Final = Number("Float32", ctypes.c_float, float)
Float64: Final = Number("Float64", ctypes.c_double, float)
Bool: Final = Number("Bool", ctypes.c_bool, bool)
String: Final = _Text("String", (ctypes.c_char_p,), str)
Bytes: Final = _Bytes("Bytes", (ctypes.c_char_p, ctypes.c_size_t), bytes)
Json: Final = _Json("Json", (ctypes.c_char_p,), Any)
