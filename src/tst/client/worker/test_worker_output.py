"""How what a worker returned becomes JSON, and what is said of what cannot."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import json
import math
import pathlib
import types
import uuid
from typing import Any

import msgspec
import numpy
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.client.http.models.task import Task
from conductor.client.worker._output import as_output, encode_output
from conductor.client.worker.exception import InvalidOutputError
from conductor.client.worker.worker import Worker


class Colour(enum.Enum):
    RED = "red"


class Text(str):
    __slots__ = ()


@dataclasses.dataclass
class Line:
    item: str
    price: decimal.Decimal


class Point(msgspec.Struct, rename="camel"):
    x_value: float


class Customer(pydantic.BaseModel):
    name: str
    born: datetime.date


def encoded(value: Any, **options: Any) -> Any:
    return json.loads(bytes(encode_output(value, **options)))


def refused(value: Any) -> str:
    with pytest.raises(InvalidOutputError) as caught:
        encode_output(value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Line("tea", decimal.Decimal("1.50")), {"item": "tea", "price": "1.50"}),
        (Point(1.0), {"xValue": 1.0}),
        (Customer(name="Ada", born=datetime.date(1815, 12, 10)), {"name": "Ada", "born": "1815-12-10"}),
        (Colour.RED, "red"),
        (datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc), "2026-01-02T00:00:00Z"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (b"ab", "YWI="),
        ({3}, [3]),
        (frozenset({3}), [3]),
        ((1, "a"), [1, "a"]),
        (range(3), [0, 1, 2]),
        (collections.deque([1]), [1]),
        (collections.OrderedDict(a=1), {"a": 1}),
        (types.MappingProxyType({"a": 1}), {"a": 1}),
        (pathlib.PurePosixPath("/a/b"), "/a/b"),
        (Text("x"), "x"),
        (numpy.int64(3), 3),
        (numpy.float64(1.5), 1.5),
        (numpy.bool_(True), True),
        (numpy.array([[1, 2]]), [[1, 2]]),
        ({1: 2, Colour.RED: 3}, {"1": 2, "red": 3}),
        (2**70, 2**70),
        (None, None),
    ],
)
def test_what_python_has_and_json_has_not_is_encoded(value: Any, expected: Any) -> None:
    """Dataclasses, enums, dates, numbers of numpy and the like have a form in JSON, at any depth."""
    assert encoded({"a": [value]}) == {"a": [expected]}


def cyclic() -> dict[str, Any]:
    value: dict[str, Any] = {"list": [1]}
    value["list"].append({"back": value})
    return value


def deep() -> list[Any]:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [0, 1, 2, {"b": math.nan}]}, "output.a[3].b: nan is not JSON"),
        ({"a": math.inf}, "output.a: inf is not JSON"),
        ({"a": numpy.float64("nan")}, "output.a: nan is not JSON"),
        ({"a": Point(math.nan)}, "output.a.xValue: nan is not JSON"),
        ({"a": {(1, 2): 3}}, "output.a[(1, 2)]: the key (1, 2) is a tuple; JSON has only strings as keys"),
        ({"a": {None: 3}}, "output.a[None]: the key None is a NoneType"),
        ({"a": {True: 3}}, "output.a[True]: the key True is a bool"),
        ({"a": object()}, "output.a: an instance of object cannot be sent as JSON"),
        ({"a": [1, (i for i in [])]}, "output.a[1]: an instance of generator cannot be sent as JSON"),
        ({"a": 1j}, "output.a: an instance of complex cannot be sent as JSON"),
        ({"a": int}, "output.a: an instance of type cannot be sent as JSON"),
        ({"a": len}, "output.a: an instance of builtin_function_or_method cannot be sent as JSON"),
        ({"a": ["x\ud800"]}, "output.a[0]: 'x\\ud800' has half a surrogate pair"),
        ({"a": {"\udfff": 1}}, "output.a['\\udfff']: the key '\\udfff' has half a surrogate pair"),
        ({"a": 10**5000}, "output.a: an integer of 16610 bits is too large"),
        (cyclic(), "output.list[1].back: contains itself"),
        ({"a": deep()}, "output.a[0][0][...]: nested more than 500 levels deep"),
        ({"a": [Line("x", object())]}, "output.a[0].price: an instance of object cannot be sent as JSON"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_refused_with_its_path(value: Any, message: str) -> None:
    """The error says what is wrong, and where."""
    assert refused(value).startswith(message)


def test_nan_is_null_where_the_worker_asked_for_it() -> None:
    """Option nan_as_null."""
    assert encoded({"a": [math.nan, -math.inf, 1.0, None]}, nan_as_null=True) == {"a": [None, None, 1.0, None]}


def test_a_shared_value_is_no_cycle() -> None:
    """The same object may stand at several places, also in an output that is searched for a mistake."""
    shared = [1]
    assert encoded({"a": shared, "b": [shared, shared]}) == {"a": [1], "b": [[1], [1]]}
    assert refused({"a": shared, "b": [shared, shared, math.nan]}) == refused({"b": [1, 2, math.nan]})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": 1}, {"a": 1}),
        (types.MappingProxyType({"a": 1}), {"a": 1}),
        (Line("tea", decimal.Decimal("1.5")), {"item": "tea", "price": "1.5"}),
        (Point(1.0), {"xValue": 1.0}),
        (Customer(name="Ada", born=datetime.date(1815, 12, 10)), {"name": "Ada", "born": "1815-12-10"}),
        (5, {"result": 5}),
        (None, {"result": None}),
        ([1], {"result": [1]}),
        (Line, {"result": Line}),
    ],
)
def test_an_object_is_the_output_and_anything_else_its_result(value: Any, expected: dict[str, Any]) -> None:
    """What has fields is the output itself."""
    assert as_output(value) == expected


def test_a_record_that_cannot_be_taken_apart_is_refused_with_its_path() -> None:
    """Also when it is the whole output."""
    with pytest.raises(InvalidOutputError, match=r"output\.price: an instance of object cannot be sent as JSON"):
        Worker("x", lambda: Line("tea", object())).execute(Task(task_id="t"))  # type: ignore[arg-type]


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.decimals() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers() | st.tuples(st.integers()), inner),
    max_leaves=20,
)
surrogates = st.text(st.characters(categories=["Cs", "Ll"]))


@given(json_like | st.dictionaries(surrogates, json_like | surrogates))
def test_every_value_is_encoded_as_json_or_refused_with_a_path(value: Any) -> None:
    """Nothing else is raised, and what is encoded is valid JSON without NaN."""
    try:
        raw: Any = encode_output(value)
    except InvalidOutputError as error:
        message = str(error)
        raw = b"{}"
    else:
        message = "output: "
    assert message.startswith("output")
    assert ": " in message
    json.loads(bytes(raw).decode(), parse_constant=lambda name: pytest.fail(name))
