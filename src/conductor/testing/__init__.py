"""For tests of workers and workflows: a server in a `with`, an environment that skips time, pytest fixtures.

from conductor.testing import WorkflowEnvironment, embedded

with embedded() as server:
    configuration = Configuration(server_api_url=server.url)

with WorkflowEnvironment() as env:
    env.register("workflows/order.json").mock("charge", {"paid": True})
    env.run("order", {"id": 1}).assert_completed()
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

# Not on demand: the module would take the function's place.
from conductor.testing.embedded import EmbeddedServer, embedded

if TYPE_CHECKING:
    from conductor.testing.answers import completed, failed, in_progress, lost
    from conductor.testing.environment import WorkflowEnvironment
    from conductor.testing.run import Run, Stuck

__all__ = [
    "EmbeddedServer",
    "Run",
    "Stuck",
    "WorkflowEnvironment",
    "completed",
    "embedded",
    "failed",
    "in_progress",
    "lost",
]
_HOMES = {
    "Run": "run",
    "Stuck": "run",
    "WorkflowEnvironment": "environment",
    "completed": "answers",
    "failed": "answers",
    "in_progress": "answers",
    "lost": "answers",
}


def __getattr__(name: str) -> Any:
    # pytest loads this package at its start, through the fixtures' entry point: what they need waits until it is used.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
