"""JSON schemas from a worker's annotations."""

from __future__ import annotations

import dataclasses
import enum
from typing import Any, Literal

import jsonschema
import pydantic
import pytest

from conductor.client.automator.json_schema_generator import generate_json_schema_from_function
from conductor.client.automator.utils import convert_from_dict, convert_from_dict_or_list, get_value
from conductor.client.http.models.task import Task


class Size(enum.Enum):
    SMALL = "s"
    LARGE = "l"


@dataclasses.dataclass
class Line:
    item: str
    quantity: int = 1


class Address(pydantic.BaseModel):
    city: str


class Customer(pydantic.BaseModel):
    address: Address


def order(lines: list[Line], size: Size, to: Customer, kind: Literal["a", "b"] = "a", extra: Line | dict[str, Any] | None = None) -> Line:  # fmt: skip  # noqa: E501
    return lines[0]


VALID = {"lines": [{"item": "tea"}], "size": "s", "to": {"address": {"city": "Ulm"}}}


@pytest.mark.parametrize("strict", [False, True])
def test_a_schema_takes_what_the_worker_takes_and_refuses_what_it_refuses(strict: bool) -> None:
    """Draft 7; unknown fields only where not strict."""
    schemas = generate_json_schema_from_function(order, "order", strict)
    assert schemas is not None
    for schema in schemas.values():
        jsonschema.Draft7Validator.check_schema(schema)
        assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    check = jsonschema.Draft7Validator(schemas["input"])
    assert list(check.iter_errors(VALID)) == []
    for wrong in ({"size": "x"}, {"lines": [{}]}, {"lines": [{"item": 3}]}, {"to": {"address": {}}}, {"kind": "c"}):
        assert list(check.iter_errors({**VALID, **wrong})) != []
    assert bool(list(check.iter_errors({**VALID, "other": 1}))) is strict
    assert bool(list(check.iter_errors({**VALID, "lines": [{"item": "x", "other": 1}]}))) is strict


def test_an_output_that_is_no_object_stands_below_result() -> None:
    """As the worker sends it."""

    def count() -> int:
        return 1

    schema = (generate_json_schema_from_function(count, "count") or {})["output"]
    assert schema["properties"] == {"result": {"type": "integer"}}


def test_what_annotations_do_not_tell_has_no_schema() -> None:
    """The task itself as the argument; no annotation of the output; an annotation that does not exist."""

    def whole(task: Task) -> dict[str, Any]:
        return {}

    def broken(a: Missing) -> None:  # type: ignore[name-defined]  # noqa: F821
        pass

    assert (generate_json_schema_from_function(whole, "w") or {})["input"] is None
    assert (generate_json_schema_from_function(lambda: 1, "l") or {})["output"] is None
    assert generate_json_schema_from_function(broken, "b") is None


def test_json_is_converted_by_the_names_that_users_know() -> None:
    """convert_from_dict and its kin."""
    assert convert_from_dict(Line, {"item": "tea"}) == Line("tea")
    assert convert_from_dict_or_list(list[Line], [{"item": "tea"}]) == [Line("tea")]
    assert get_value(Size, "s") is Size.SMALL
    assert convert_from_dict(Line, None) is None
