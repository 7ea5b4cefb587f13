"""How a task's input becomes a function's arguments, and what is said of an input that does not fit."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import functools
import pathlib
import re
import uuid
from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple, NewType, Optional, TypedDict, Union

import msgspec
import pydantic
import pytest
from annotated_types import Ge, Len
from hypothesis import given
from hypothesis import strategies as st

from conductor.client.http.models.task import Task
from conductor.client.worker.exception import InvalidInputError, NonRetryableException, WorkerDefinitionError
from conductor.client.worker.worker import Worker


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass
class Line:
    item: str
    qty: int


@dataclasses.dataclass
class Order:
    id: str
    lines: list[Line] = dataclasses.field(default_factory=list)


class Address(TypedDict):
    street: str
    number: int


class Point(msgspec.Struct):
    x: float
    y: float = 0.0


class Pair(NamedTuple):
    a: int
    b: str


class Customer(pydantic.BaseModel):
    name: str
    emails: list[str] = []


class Money:
    def __init__(self, cents: int, currency: str = "EUR") -> None:
        self.cents, self.currency = cents, currency

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Money) and (self.cents, self.currency) == (other.cents, other.currency)

    def __hash__(self) -> int:
        return hash(self.cents)


@dataclasses.dataclass
class Card:
    number: str


@dataclasses.dataclass
class Transfer:
    iban: str


@dataclasses.dataclass
class Payment:
    method: Card | Transfer


Cents = NewType("Cents", int)


def task_with(**input_data: Any) -> Task:
    return Task(task_id="t1", workflow_instance_id="w1", input_data=input_data)


def run(function: Callable[..., Any], **input_data: Any) -> Any:
    return Worker("x", function).execute(task_with(**input_data)).output_data["result"]


def refused(function: Callable[..., Any], **input_data: Any) -> str:
    with pytest.raises(InvalidInputError) as caught:
        Worker("x", function).execute(task_with(**input_data))
    return str(caught.value)


def identity_of(annotation: Any) -> Callable[..., Any]:
    """A function that returns its argument in a list, annotated as asked."""

    def function(value: Any) -> list[Any]:
        return [value]

    function.__annotations__["value"] = annotation
    return function


@pytest.mark.parametrize(
    ("annotation", "sent", "expected"),
    [
        (int, 3, 3),
        (float, 3, 3.0),
        (int, 3.0, 3),
        (str, "a", "a"),
        (bool, True, True),
        (list, [1, "a"], [1, "a"]),
        (dict, {"a": 1}, {"a": 1}),
        (Any, {"a": [1]}, {"a": [1]}),
        (dict[str, Any], {"a": 1}, {"a": 1}),
        (Optional[list[int]], [1], [1]),  # noqa: UP045
        (Optional[dict[str, int]], None, None),  # noqa: UP045
        (int | str, "a", "a"),
        (Union[int, str, None], None, None),  # noqa: UP007
        (list[Line], [{"item": "tea", "qty": 1}], [Line("tea", 1)]),
        (dict[str, list[Line]], {"a": [{"item": "tea", "qty": 1}]}, {"a": [Line("tea", 1)]}),
        (Order, {"id": "1", "lines": [], "unknown": 1}, Order("1", [])),
        (Address, {"street": "s", "number": 1}, {"street": "s", "number": 1}),
        (Point, {"x": 1}, Point(1.0)),
        (Pair, [1, "b"], Pair(1, "b")),
        (Colour, "red", Colour.RED),
        (Literal["a", 1], 1, 1),
        (Literal[True], True, True),
        (Literal[Colour.RED], "red", Colour.RED),
        (set[int], [1, 1], {1}),
        (tuple[int, str], [1, "a"], (1, "a")),
        (datetime.datetime, "2026-01-02T00:00:00Z", datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)),
        (datetime.date, "2026-01-02", datetime.date(2026, 1, 2)),
        (decimal.Decimal, "1.50", decimal.Decimal("1.50")),
        (uuid.UUID, "00000000-0000-0000-0000-000000000001", uuid.UUID(int=1)),
        (bytes, "YWI=", b"ab"),
        (pathlib.Path, "/tmp/x", pathlib.Path("/tmp/x")),
        (Cents, 5, 5),
        (Annotated[int, msgspec.Meta(ge=0)], 0, 0),
        (Customer, {"name": "Ada"}, Customer(name="Ada")),
        (list[Customer], [{"name": "Ada"}], [Customer(name="Ada")]),
        (Money, {"cents": 5}, Money(5)),
        (Money | None, None, None),
        (Money | int, 7, 7),
        (Card | Transfer, {"iban": "DE1"}, Transfer("DE1")),
        (list[Card | Transfer], [{"iban": "DE1"}, {"number": "4"}], [Transfer("DE1"), Card("4")]),
        (Payment, {"method": {"number": "4"}}, Payment(Card("4"))),
        (datetime.datetime | str, "soon", "soon"),
    ],
)  # fmt: skip
def test_a_value_is_converted_to_the_parameters_annotation(annotation: Any, sent: Any, expected: Any) -> None:
    """Every annotation a user may write gives a value of that type."""
    [value] = run(identity_of(annotation), value=sent)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("annotation", "sent", "message"),
    [
        (int, "5", "input.value: expected int, got str"),
        (int, 5.5, "input.value: expected int, got float"),
        (int, None, "input.value: expected int, got null"),
        (bool, 1, "input.value: expected bool, got int"),
        (Order, {"id": "1", "lines": [{"item": "a", "qty": 1}, {"item": "b", "qty": "2"}]},
         "input.value.lines[1].qty: expected int, got str"),
        (Order, {"lines": []}, "input.value.id: required, but missing"),
        (dict[str, dict[str, int]], {"a": {"b": 1}, "c": {"d e": "x"}}, "input.value.c['d e']: expected int, got str"),
        (Colour, "green", "input.value: invalid enum value 'green'; expected 'red' or 'blue'"),
        (Literal["a", "b"], "c", "input.value: invalid enum value 'c'; expected 'a' or 'b'"),
        (list[Colour], ["red", "x"], "input.value[1]: invalid enum value 'x'; expected 'red' or 'blue'"),
        (datetime.date, "soon", "input.value: invalid RFC3339 encoded date, got 'soon'"),
        (Annotated[int, msgspec.Meta(ge=0)], -1, "input.value: expected int >= 0, got -1"),
        (list[Annotated[int, Ge(0)]], [0, -1], "input.value[1]: expected int >= 0, got -1"),
        (Annotated[list[int], Len(1, 2)], [], "input.value: expected array of length >= 1, got []"),
        (Annotated[int, pydantic.Field(gt=3)], 3, "input.value: expected int >= 4, got 3"),
        (Customer, {"emails": ["a", 1]}, "input.value.name: field required (and 1 more)"),
        (list[Customer], [{"name": "a", "emails": ["a", 1]}],
         "input.value[0].emails[1]: input should be a valid string"),
        (Money, {"cents": "a"}, "input.value.cents: expected int, got str"),
        (list[Money], [{}], "input.value[0].cents: required, but missing"),
        (list[Card | Transfer], [{"x": 1}], "input.value[0]: expected"),
        (Payment, {"method": 3}, "input.value.method: expected"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_refused_with_its_path(annotation: Any, sent: Any, message: str) -> None:
    """The error names the field, what is there, and what is expected."""
    assert refused(identity_of(annotation), value=sent).startswith(message)


def test_a_wrong_input_is_not_tried_again() -> None:
    """The same input would be refused again."""
    assert issubclass(InvalidInputError, NonRetryableException)


def test_a_missing_argument_is_refused() -> None:
    """A parameter without a default is never None in silence."""

    def function(a: str, b: dict[str, Any], c: Any) -> str:
        return a

    assert refused(function, b={}, c=1) == "input.a: required, but missing"
    assert refused(function, a="x", b={}) == "input.c: required, but missing"


def test_an_unannotated_argument_may_be_missing_only_with_a_default() -> None:
    """Several parameters without annotation take the input's values as they are."""

    def function(a, b, c=7):  # type: ignore[no-untyped-def]
        return [a, b, c]

    assert run(function, a={"x": [1]}, b=None) == [{"x": [1]}, None, 7]
    assert refused(function, a=1) == "input.b: required, but missing"


def test_a_default_stands_in_for_what_is_missing_or_null() -> None:
    """An expression of the workflow that finds nothing arrives as null; the parameter's default is meant."""
    default: list[int] = [1]

    def function(a: int = 5, b: list[int] = default, c: str | None = "c") -> list[Any]:
        return [a, b, c]

    assert run(function) == [5, default, "c"]
    assert run(function)[1] is default
    assert run(function, a=None, b=None) == [5, default, "c"]
    assert run(function, c=None) == [5, default, None]


def test_a_parameter_that_may_be_none_may_be_missing() -> None:
    """Its annotation says that the function knows about None."""

    def function(a: int | None, b: Optional[str]) -> list[Any]:  # noqa: UP045
        return [a, b]

    assert run(function) == [None, None]


def test_further_input_is_ignored_or_goes_to_keywords() -> None:
    """**kwargs takes all that no other parameter takes."""

    def plain(a: int) -> int:
        return a

    def keywords(a: int, **rest: Any) -> dict[str, Any]:
        return {"result": rest}

    def typed(**rest: int) -> dict[str, Any]:
        return {"result": rest}

    assert run(plain, a=1, z=2) == 1
    assert run(keywords, a=1, y=2, z=None) == {"y": 2, "z": None}
    assert run(typed, y=2) == {"y": 2}
    assert refused(typed, y="2") == "input.y: expected int, got str"


def test_variadic_positional_and_keyword_only_parameters_work() -> None:
    """*args takes a list of its name; keyword-only and positional-only parameters are passed as such."""

    def function(a: int, /, *more: int, key: str, other: int = 1) -> list[Any]:
        return [a, more, key, other]

    assert run(function, a=1, key="k") == [1, (), "k", 1]
    assert run(function, a=1, more=[2, 3], key="k", other=4) == [1, (2, 3), "k", 4]
    assert refused(function, a=1, more=["x"], key="k") == "input.more[0]: expected int, got str"


@pytest.mark.parametrize("annotation", [Task, "Task", object, None, Optional[Task]])  # noqa: UP045
def test_a_single_parameter_may_receive_the_task(annotation: Any) -> None:
    """Annotated Task, `object`, or without an annotation."""

    def function(anything):  # type: ignore[no-untyped-def]
        return anything.task_id

    if annotation is not None:
        function.__annotations__["anything"] = annotation
    assert run(function, anything=1) == "t1"


def test_a_task_parameter_may_stand_beside_others() -> None:
    """The task is not looked for in the input."""

    def function(task: Task, a: int, *, also: Task) -> list[Any]:
        return [task.task_id, a, also is task]

    assert run(function, a=2) == ["t1", 2, True]


def test_annotations_of_an_enclosing_function_are_found() -> None:
    """Types defined beside a nested function resolve though annotations are strings."""

    @dataclasses.dataclass
    class Local:
        n: int

    def function(value: Local) -> int:
        return value.n

    assert run(function, value={"n": 3}) == 3


def test_methods_partials_and_callable_objects_are_functions_too() -> None:
    """Whatever can be called can be a worker."""

    class Adder:
        def __init__(self, base: int) -> None:
            self.base = base

        def add(self, n: int) -> int:
            return self.base + n

        __call__ = add

    def add(base: int, n: int) -> int:
        return base + n

    assert run(Adder(1).add, n=2) == 3
    assert run(Adder(1), n=2) == 3
    assert run(functools.partial(add, 1), n=2) == 3
    assert refused(Adder(1), n="x") == "input.n: expected int, got str"


def test_an_annotation_that_does_not_exist_at_run_time_is_told_at_definition() -> None:
    """The error names the function and the name that is missing."""

    def function(value: Missing) -> None:  # type: ignore[name-defined]  # noqa: F821
        pass

    with pytest.raises(WorkerDefinitionError, match=r"function: an annotation cannot be resolved: .*Missing"):
        Worker("x", function)


def test_an_annotation_that_json_cannot_become_is_told_at_definition() -> None:
    """The error names the parameter."""
    from typing import NoReturn

    with pytest.raises(WorkerDefinitionError, match=r"parameter 'value': .*NoReturn.* cannot be converted from JSON"):
        Worker("x", identity_of(NoReturn))


def test_a_task_without_input_has_an_empty_one() -> None:
    """input_data may be null."""
    assert Worker("x", lambda: 1).execute(Task(task_id="t")).output_data == {"result": 1}


def everything(
    a: Order,
    b: dict[str, list[Card | Transfer]],
    c: Colour | None,
    d: list[Annotated[int, Ge(0)]],
    *e: Money,
    f: float = 1,
    **g: str,
) -> None:
    """All kinds of annotations at once."""


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "lines", "qty", "x", "e"]), inner)
    ),
    max_leaves=8,
)
almost_right = st.fixed_dictionaries(
    {
        "a": st.just({"id": "1", "lines": [{"item": "x", "qty": 1}]}) | json_values,
        "b": st.just({"k": [{"number": "1"}, {"iban": "2"}]}) | json_values,
        "c": st.just("red") | json_values,
        "d": st.just([1, 2.0]) | json_values,
    },
    optional={"e": st.just([{"cents": 3}]) | json_values, "f": json_values, "z": st.text() | json_values},
)


@given(almost_right)
def test_any_input_fits_or_is_refused_with_its_path(given_input: dict[str, Any]) -> None:
    """Whatever a workflow sends, the error is ours and names a field."""
    try:
        Worker("x", everything).execute(Task(task_id="t", input_data=given_input))
        message = "input.a: fits"
    except InvalidInputError as error:
        message = str(error)
    assert re.match(r"input(\.[abcdefz]|\[).*: .", message, re.DOTALL), message
