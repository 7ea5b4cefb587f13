"""What users of conductor-python rely on in its models, compared with the names recorded from that package."""

from __future__ import annotations

import importlib
import inspect
import json
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from conductor.client.http import models

FACTS = json.loads((Path(__file__).resolve().parents[3] / "corpora/peer-models.json").read_text())
CLASSES: dict[str, dict[str, Any]] = FACTS["classes"]
PACKAGE = "conductor.client.http.models"
#: Where ours differs, and why.
DIFFERENT = {
    "response.Response": "no fields, so no attribute_map",
    "state_change_event.StateChangeConfig": "its first argument, event_type, is read back as `type`",
    "auditable.Auditable": "a kind of model, not a model: it has no fields of its own",
}


def find(name: str) -> Any:
    module, cls = name.split(".")
    return getattr(importlib.import_module(f"{PACKAGE}.{module}"), cls)


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_is_where_it_was(name: str) -> None:
    """All 98 names import from the modules that conductor-python has them in."""
    assert inspect.isclass(find(name))


def test_the_package_exports_every_name() -> None:
    """What the package exported it still exports, and `__all__` is sorted and complete."""
    assert set(FACTS["exported"]) <= set(models.__all__)
    assert sorted(models.__all__) == models.__all__
    assert all(hasattr(models, name) for name in models.__all__)
    assert set(models.__all__) <= set(dir(models))
    assert models.RateLimitConfig is models.RateLimit


@pytest.mark.parametrize("name", [name for name, facts in CLASSES.items() if "members" in facts])
def test_enums_have_every_member(name: str) -> None:
    """A member keeps its name and value, and is a string as well."""
    cls = find(name)
    assert issubclass(cls, (str, Enum))
    assert CLASSES[name]["members"].items() <= {member.name: member.value for member in cls}.items()


@pytest.mark.parametrize("name", [name for name, facts in CLASSES.items() if "arguments" in facts])
def test_models_take_the_same_arguments_and_map_them_to_the_same_names(name: str) -> None:
    """The constructor takes its arguments in the same order, and `attribute_map` and the methods are there."""
    cls, facts = find(name), CLASSES[name]
    if name not in DIFFERENT:
        assert list(cls.attribute_map)[: len(facts["arguments"])] == facts["arguments"]
        assert facts["attribute_map"].items() <= cls.attribute_map.items()
        assert list(cls.swagger_types) == list(cls.attribute_map)
    missing = [method for method in facts["methods"] if not hasattr(cls, method)]
    assert not missing or (missing == ["to_dict"] and name in DIFFERENT)


def test_swagger_types_are_written_as_swagger_writes_them() -> None:
    """Code that reads `swagger_types` sees the notation that it knows."""
    assert models.Task.swagger_types["input_data"] == "dict(str, object)"
    assert models.Task.swagger_types["workflow_task"] == "WorkflowTask"
    assert models.Workflow.swagger_types["tasks"] == "list[Task]"
    assert models.WorkflowTask.swagger_types["decision_cases"] == "dict(str, list[WorkflowTask])"
    assert models.WorkflowTask.swagger_types["fork_tasks"] == "list[list[WorkflowTask]]"
    assert models.SubWorkflowParams.swagger_types["priority"] == "object"


def test_to_dict_has_every_field_by_its_python_name_nested_models_too() -> None:
    """`to_dict()` goes into lists and maps, and says None for what was not set."""
    task = models.WorkflowTask(
        name="a", decision_cases={"x": [models.WorkflowTask(name="b")]}, fork_tasks=[[models.WorkflowTask(name="c")]]
    )
    as_dict = task.to_dict()
    assert as_dict["name"] == "a"
    assert as_dict["task_reference_name"] is None
    assert as_dict["decision_cases"]["x"][0]["name"] == "b"
    assert as_dict["fork_tasks"][0][0]["name"] == "c"
    assert "'name': 'a'" in task.to_str()
    assert str(task) == task.to_str()


def test_repr_shows_what_was_set() -> None:
    """A model prints as the call that makes it."""
    assert repr(models.TaskExecLog("hi")) == "TaskExecLog(log='hi')"


def test_models_with_equal_fields_are_equal() -> None:
    """`==` and `!=` compare the fields; models are not hashable, as they can change."""
    assert models.TaskExecLog(log="a") == models.TaskExecLog(log="a")
    assert models.TaskExecLog(log="a") != models.TaskExecLog(log="b")
    assert models.TaskExecLog(log="a") != models.Token("a")
    with pytest.raises(TypeError, match="unhashable"):
        hash(models.TaskExecLog(log="a"))


def test_validate_names_the_field_the_value_and_what_is_expected() -> None:
    """A misspelt value is found before the server sees it, deep inside a definition too."""
    task_def = models.TaskDef(name="t", timeout_policy="RETRYY")
    with pytest.raises(ValueError, match=r"TaskDef\.timeout_policy: 'RETRYY' is not one of RETRY, TIME_OUT_WF, ALERT"):
        task_def.validate()
    workflow = models.WorkflowDef(tasks=[models.WorkflowTask(task_definition=task_def)])
    with pytest.raises(ValueError, match=r"WorkflowDef.tasks\[0\].task_definition.timeout_policy: 'RETRYY'"):
        workflow.validate()
    assert models.TaskDef(timeout_policy="RETRY").validate().timeout_policy == "RETRY"
