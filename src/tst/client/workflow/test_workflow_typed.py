"""Definitions as typed functions: references, control flow, checks, pictures, differences and the way back to
source.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass

import msgspec
import pytest

from conductor.client.http.models.workflow_def import WorkflowDef
from conductor.client.http.models.workflow_task import WorkflowTask
from conductor.client.workflow.definition import Workflow, add, call, for_each, fork, named, repeat, switch, workflow
from conductor.client.workflow.diff import diff
from conductor.client.workflow.references import UnknownReference
from conductor.client.workflow.source import from_workflow_def
from conductor.client.workflow.task.wait_task import WaitForDurationTask
from conductor.client.workflow.validate import InvalidDefinition, validate
from conductor.client.workflow.visualize import to_mermaid, to_svg


@dataclass
class Line:
    sku: str
    quantity: int


@dataclass
class Order:
    id: str
    country: str
    lines: list[Line]


class Price(msgspec.Struct, rename="camel"):
    total_cents: int
    currency: str


def price_order(lines: list[Line]) -> Price: ...  # type: ignore[empty-body]
def print_label(order_id: str) -> dict[str, str]: ...  # type: ignore[empty-body]
def declare_customs(order_id: str, value: int) -> str: ...  # type: ignore[empty-body]
def pick(line: Line) -> bool: ...  # type: ignore[empty-body]


@workflow(version=2, owner_email="shop@example.com")
def fulfil(order: Order, gift: bool = False) -> dict[str, object]:
    """Price, pick and ship an order."""
    price = call(price_order, lines=order.lines)
    with switch(order.country) as country:
        with country.case("DE"):
            call(print_label, order_id=order.id)
        with country.otherwise():
            call(declare_customs, order_id=order.id, value=price.total_cents)
    with fork("pick_and_check") as side_by_side:
        with side_by_side.branch(), for_each(order.lines, "each_line") as line:
            call(pick, line=line)
        with side_by_side.branch():
            named("check_price", price_order)(lines=order.lines)
    with repeat(2):
        add(WaitForDurationTask("breathe", 1))
    return {"total": price.total_cents, "text": f"{order.id} costs {price.total_cents}"}


def built() -> WorkflowDef:
    return fulfil.to_workflow_def()


def by_ref(tasks: list[WorkflowTask] | None) -> dict[str | None, WorkflowTask]:
    return {task.task_reference_name: task for task in tasks or []}


def test_a_typed_function_becomes_the_definition_that_it_reads_like() -> None:
    """Calls are tasks in order, arguments are inputs, the returned dict is the output, defaults are the input
    template.
    """
    definition = built()
    refs = [task.task_reference_name for task in definition.tasks or []]
    assert refs == ["price_order", "switch", "pick_and_check", "join_pick_and_check", "repeat"]
    tasks = by_ref(definition.tasks)
    assert tasks["price_order"].input_parameters == {"lines": "${workflow.input.order.lines}"}
    assert definition.input_parameters == ["order", "gift"]
    assert definition.input_template == {"gift": False}
    assert definition.output_parameters == {
        "total": "${price_order.output.totalCents}",
        "text": "${workflow.input.order.id} costs ${price_order.output.totalCents}",
    }
    assert (definition.name, definition.version, definition.owner_email) == ("fulfil", 2, "shop@example.com")
    assert validate(definition) == []


def test_a_field_that_the_type_does_not_have_is_an_error_at_build_time() -> None:
    """An unknown reference names the type and the near miss."""

    @workflow()
    def wrong(order: Order) -> str:
        return order.contry  # type: ignore[attr-defined, no-any-return]

    with pytest.raises(UnknownReference, match=r"Order, which has no 'contry'; did you mean 'country'\?"):
        wrong.to_workflow_def()


def test_a_reference_has_no_value_while_the_workflow_is_built() -> None:
    """Testing, counting and calculating with a reference say what to do instead."""

    @workflow()
    def wrong(count: int) -> int:
        return count + 1 if count else 0

    with pytest.raises(TypeError, match=r"has no value while the workflow is built.*use switch\(\)"):
        wrong.to_workflow_def()


def test_a_wrong_argument_is_an_error_at_build_time() -> None:
    """A call with a parameter that the worker does not have is refused as Python refuses it."""

    @workflow()
    def wrong(order: Order) -> None:
        call(price_order, linez=order.lines)  # type: ignore[call-arg]

    with pytest.raises(TypeError, match="lines"):
        wrong.to_workflow_def()


def test_a_workflow_is_a_task_of_another() -> None:
    """Calling a workflow within another makes a sub-workflow task, typed as what it returns."""

    @workflow(name="outer_one")
    def outer(order: Order) -> dict[str, object]:
        inner = fulfil(order)
        return {"total": inner["total"]}

    definition = outer.to_workflow_def()
    (task,) = definition.tasks or []
    assert (task.type, task.sub_workflow_param and task.sub_workflow_param.version) == ("SUB_WORKFLOW", 2)
    assert definition.output_parameters == {"total": "${fulfil.output.total}"}


def test_two_calls_of_one_worker_have_names_of_their_own() -> None:
    """Reference names are the function's, numbered from the second call on."""

    @workflow()
    def twice() -> None:
        call(print_label, order_id="1")
        call(print_label, order_id="2")

    assert list(by_ref(twice.to_workflow_def().tasks)) == ["print_label", "print_label_2"]


def test_an_unknown_setting_is_refused() -> None:
    """workflow(timeout=...) names the settings that there are."""
    with pytest.raises(TypeError, match="timeout_seconds"):
        workflow(timeout=3)


def test_calls_outside_of_a_build_say_so() -> None:
    """call() in ordinary code is an error with the reason."""
    with pytest.raises(RuntimeError, match="being built"):
        call(print_label, order_id="1")


def test_validation_finds_what_the_server_would_not_look_at() -> None:
    """A reference inside a loop, a fork without a join and a doubled name are found, each with its place."""
    definition = msgspec.convert(
        {
            "name": "w",
            "tasks": [
                {"name": "a", "taskReferenceName": "price", "type": "SIMPLE"},
                {"name": "f", "taskReferenceName": "f", "type": "FORK_JOIN",
                 "forkTasks": [[{"name": "b", "taskReferenceName": "price", "type": "SIMPLE",
                                 "inputParameters": {"x": {"y": ["${prise.output.z}", "${workflow.inputs.q}"]}}}]]},
            ],
        },
        WorkflowDef,
    )  # fmt: skip
    found = [str(finding) for finding in validate(definition)]
    assert any("tasks[1].forkTasks[0][0].taskReferenceName: 'price' is taken" in line for line in found)
    assert any("inputParameters.x.y[0]" in line and "did you mean 'price'?" in line for line in found)
    assert any("a workflow has no 'inputs'; did you mean 'input'?" in line for line in found)
    assert any("must be followed by a JOIN" in line for line in found)


def test_a_workflow_that_is_not_valid_does_not_build() -> None:
    """to_workflow_def() of a typed workflow raises with every finding."""

    @workflow()
    def empty() -> None: ...

    with pytest.raises(InvalidDefinition, match="must have a task"):
        empty.to_workflow_def()


def test_source_made_from_a_definition_builds_the_same_definition() -> None:
    """from_workflow_def() gives Python that says all that the JSON says."""
    definition = built()
    namespace: dict[str, object] = {}
    exec(from_workflow_def(msgspec.json.encode(definition)), namespace)
    again = namespace["workflow"]
    assert not diff(again.to_workflow_def(), definition) or _same(again.to_workflow_def(), definition)  # type: ignore[attr-defined]


def _same(ours: WorkflowDef, theirs: WorkflowDef) -> bool:
    return all(change.ours in ({}, [], None, False) for change in diff(ours, theirs))


def test_a_difference_names_its_place() -> None:
    """diff() tells what registering would change, and is silent on what the server adds."""
    registered = msgspec.convert(
        {**msgspec.to_builtins(built()), "createTime": 5, "timeoutPolicy": "ALERT_ONLY", "variables": {}}, WorkflowDef
    )
    assert fulfil.diff(registered) == []
    changed = msgspec.convert({**msgspec.to_builtins(built()), "ownerEmail": "other@example.com"}, WorkflowDef)
    assert [str(change) for change in fulfil.diff(changed)] == ['ownerEmail: "other@example.com" -> "shop@example.com"']


def test_pictures_show_every_task() -> None:
    """The Mermaid text and the SVG hold each reference name; the SVG is well-formed and escapes names."""
    definition = built()
    definition.name = "<script>"
    svg, mermaid = to_svg(definition), to_mermaid(definition)
    ET.fromstring(svg)
    assert "<script>" not in svg
    for ref in ("price_order", "declare_customs", "each_line", "pick", "check_price", "breathe"):
        assert ref in svg
        assert ref in mermaid


def test_a_typed_workflow_stays_a_documented_function() -> None:
    """Name and docstring survive the decorator."""
    assert isinstance(fulfil, Workflow)
    assert fulfil.__doc__ == "Price, pick and ship an order."
