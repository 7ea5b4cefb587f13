"""What users of conductor-python rely on in its API classes, compared with the names recorded from that package."""

from __future__ import annotations

import importlib
import inspect
import json
from pathlib import Path
from typing import Any

import pytest

from conductor.client.http import api

FACTS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).resolve().parents[3] / "corpora/peer-apis.json").read_text()
)
METHODS = [(cls, method) for cls, methods in FACTS.items() for method in methods]
#: Where ours differs, and why.
DIFFERENT = {
    "update_workflow_and_task_state": "the first argument is misspelt there (update_requesst)",
    "save_message_template": "one keyword is in camel case there (autoIncrement)",
}


def find(cls: str) -> Any:
    module, name = cls.split(".")
    return getattr(importlib.import_module(f"{api.__name__}.{module}"), name)


@pytest.mark.parametrize(("cls", "name"), METHODS)
def test_every_method_takes_what_it_took(cls: str, name: str) -> None:
    """By position in the same order, by keyword at least the same names; and it has its `_with_http_info` twin."""
    method, facts = getattr(find(cls), name), FACTS[cls][name]
    parameters = inspect.signature(method).parameters.values()
    if name not in DIFFERENT:
        first = [p.name for p in parameters if p.kind == p.POSITIONAL_OR_KEYWORD][1:]
        assert first[: len(facts["positional"])] == facts["positional"]
        assert set(facts["keywords"]) <= {p.name for p in parameters}
    assert callable(getattr(find(cls), f"{name}_with_http_info"))


def test_the_package_exports_every_class() -> None:
    """A class is imported when it is asked for."""
    assert sorted(api.__all__) == api.__all__
    assert all(getattr(api, name).__name__ == name for name in api.__all__)
    with pytest.raises(AttributeError, match="NoSuchApi"):
        api.NoSuchApi  # noqa: B018
