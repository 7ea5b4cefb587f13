"""A server with workflows and a worker's task: the embedded one, and the real one where CONDUCTOR_OSS_URL names it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import pytest

from conductor.client.configuration.configuration import Configuration
from conductor.client.orkes_clients import OrkesClients
from conductor.testing.embedded import embedded


@pytest.fixture(scope="session", params=["embedded", pytest.param("oss", marks=pytest.mark.oss)])
def configuration(request: pytest.FixtureRequest) -> Iterator[Configuration]:
    """How to reach the server."""
    if request.param == "embedded":
        with embedded() as server:
            yield Configuration(server_api_url=server.url)
    elif url := os.environ.get("CONDUCTOR_OSS_URL"):
        yield Configuration(server_api_url=url)
    else:
        pytest.skip("CONDUCTOR_OSS_URL is not set")


@pytest.fixture
def clients(configuration: Configuration) -> OrkesClients:
    """All clients of it."""
    return OrkesClients(configuration)


@pytest.fixture
def unique() -> str:
    """A name that nobody else uses."""
    return f"clients_{uuid.uuid4().hex[:10]}"
