"""Models on the wire: what they read, what they write, what they put up with."""

from __future__ import annotations

import copy
import math
import pickle
import typing
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.client.http import models
from conductor.client.http.models._base import Model, OpenEnum

MODELS = sorted(
    (cls for name in models.__all__ if issubclass(cls := getattr(models, name), Model)), key=lambda cls: cls.__name__
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


def values(hint: Any, depth: int) -> st.SearchStrategy[Any]:
    """Values of a field, with nested models a few levels deep."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return JSON_VALUES
    if origin is list:
        return st.lists(values(arguments[0], depth - 1), max_size=2)
    if origin is dict:
        return st.dictionaries(st.text(max_size=5), values(arguments[1], depth - 1), max_size=2)
    if arguments:
        return st.one_of(values(argument, depth) for argument in arguments)
    if issubclass(hint, Model):
        return instances(hint, depth - 1) if depth > 0 else st.builds(hint)
    simple = {str: st.text(max_size=8), int: st.integers(0, 2**53), bool: st.booleans(), type(None): st.none()}
    simple[float] = st.floats(allow_nan=False, allow_infinity=False)
    return st.sampled_from(hint) if issubclass(hint, OpenEnum) else simple[hint]


def instances(cls: type[Model], depth: int = 2) -> st.SearchStrategy[Model]:
    """Models of a class with any of their fields set."""
    hints = typing.get_type_hints(cls)
    fields = {name: values(hints[name], depth) for name in cls.__struct_fields__}
    return st.fixed_dictionaries({}, optional=fields).map(lambda chosen: cls(**chosen))


@pytest.mark.parametrize("cls", MODELS, ids=lambda cls: cls.__name__)
def test_every_model_reads_an_empty_object_and_a_newer_servers_fields(cls: type[Model]) -> None:
    """Every field is optional, and what this version does not know is ignored."""
    assert msgspec.json.decode(b"{}", type=cls) == cls()
    assert msgspec.json.decode(b'{"aFieldOfTomorrow": {"x": [1]}}', type=cls) == cls()


@given(st.sampled_from(MODELS).flatmap(instances))
def test_what_is_written_is_read_back(model: Model) -> None:
    """Encoding and decoding gives an equal model, as does going through JSON's own types."""
    assert msgspec.json.decode(msgspec.json.encode(model), type=type(model)) == model
    assert msgspec.convert(msgspec.to_builtins(model), type(model)) == model


def test_a_field_that_was_not_set_is_left_out_and_a_null_inside_a_map_is_kept() -> None:
    """The server tells apart a key that is null and a key that is not there."""
    result = models.TaskResult(task_id="t", output_data={"total": None})
    assert msgspec.json.encode(result) == b'{"taskId":"t","outputData":{"total":null}}'


def test_a_status_of_a_newer_server_is_kept_as_it_came() -> None:
    """An unknown enum value does not fail the answer, compares and prints as its text, and goes back unchanged."""
    result = msgspec.json.decode(b'{"status":"DELEGATED"}', type=models.TaskResult)
    assert isinstance(result.status, models.TaskResultStatus)
    assert (result.status == "DELEGATED", str(result.status), f"{result.status}") == (True, "DELEGATED", "DELEGATED")
    assert msgspec.json.encode(result) == b'{"status":"DELEGATED"}'
    assert "DELEGATED" not in models.TaskResultStatus.__members__


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_cannot_say_goes_out_as_null(number: float) -> None:
    """NaN and the infinities never make invalid JSON."""
    assert msgspec.json.encode(models.TaskResult(output_data={"x": number})) == b'{"outputData":{"x":null}}'


def test_models_of_definitions_that_hold_each_other_are_read_whole() -> None:
    """A workflow task holds a sub-workflow's definition, which holds workflow tasks."""
    text = b'{"subWorkflowParam":{"workflowDefinition":{"tasks":[{"name":"inner"}]}}}'
    task = msgspec.json.decode(text, type=models.WorkflowTask)
    assert task.sub_workflow_param is not None
    definition = task.sub_workflow_param.workflow_definition
    assert isinstance(definition, models.WorkflowDef)
    assert definition.tasks == [models.WorkflowTask(name="inner")]
    text = b'{"workflowDefinition":"${workflow.input.definition}"}'
    params = msgspec.json.decode(text, type=models.SubWorkflowParams)
    assert params.workflow_definition == "${workflow.input.definition}"


def test_events_of_state_changes_are_read_as_the_server_writes_them() -> None:
    """`onStateChange` maps a change to a list of events."""
    text = b'{"onStateChange":{"onStart":[{"type":"audit","payload":{"a":1}}]}}'
    task = msgspec.json.decode(text, type=models.WorkflowTask)
    assert task.on_state_change == {"onStart": [models.StateChangeEvent(type="audit", payload={"a": 1})]}


def test_event_actions_use_the_names_of_the_wire() -> None:
    """The fields of an event handler's action are the few that are not in camel case."""
    action = models.Action(
        action="terminate_workflow", terminate_workflow=models.TerminateWorkflow("w", "why"), expand_inline_json=True
    )
    assert msgspec.to_builtins(action) == {
        "action": "terminate_workflow",
        "terminate_workflow": {"workflowId": "w", "terminationReason": "why"},
        "expandInlineJSON": True,
    }
    handler = msgspec.convert({"actions": [msgspec.to_builtins(action)]}, models.EventHandler)
    assert handler.actions == [action]


def test_models_travel_to_other_processes() -> None:
    """A model can be pickled and copied, an unknown enum value included."""
    task = models.Task(task_id="t", input_data={"x": [1]}, workflow_task=models.WorkflowTask(name="n"))
    result = models.TaskResult(status=models.TaskResultStatus("DELEGATED"))
    assert pickle.loads(pickle.dumps(task)) == task  # noqa: S301
    assert pickle.loads(pickle.dumps(result)) == result  # noqa: S301
    assert copy.deepcopy(task) == task
    assert copy.deepcopy(task) is not task


def test_a_misspelt_field_is_an_error() -> None:
    """Neither the constructor nor an assignment takes a name that the model does not have."""
    with pytest.raises(TypeError, match="taskid"):
        models.Task(taskid="t")  # type: ignore[call-arg]
    with pytest.raises(AttributeError, match="taskid"):
        models.Task().taskid = "t"  # type: ignore[attr-defined]
