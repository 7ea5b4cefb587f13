"""Fixtures for users' tests; loaded by pytest through the package's entry point, so it imports next to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conductor.testing.embedded import ThreadServer
    from conductor.testing.environment import WorkflowEnvironment


@pytest.fixture
def workflow_environment() -> Iterator[WorkflowEnvironment]:
    """A WorkflowEnvironment of the test's own: no server, and time that skips.

    The variable CONDUCTOR_TEST_SERVER_URL points the test at a real server.
    """
    from conductor.testing.environment import WorkflowEnvironment

    with WorkflowEnvironment.from_environment() as environment:
        yield environment


@pytest.fixture(scope="session")
def conductor_server() -> Iterator[ThreadServer]:
    """An embedded server for all tests of the session, in memory, on a free port: `conductor_server.url`."""
    from conductor.testing.embedded import embedded

    with embedded() as server:
        yield server
