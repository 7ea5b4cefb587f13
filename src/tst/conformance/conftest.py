"""Each test of this room runs on the embedded server and, marked `oss`, on the real one."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from conductor.testing.embedded import embedded
from tst.conformance.api import Api

OSS_URL = os.environ.get("CONDUCTOR_OSS_URL")


@pytest.fixture(
    scope="session",
    params=[
        "embedded",
        pytest.param(
            "oss",
            marks=[
                pytest.mark.oss,
                pytest.mark.skipif(
                    not OSS_URL, reason="CONDUCTOR_OSS_URL does not name a server (make conformance-oss)"
                ),
            ],
        ),
    ],
)
def api(request: pytest.FixtureRequest) -> Iterator[Api]:
    """A server to speak to; tests share it and use names of their own."""
    if request.param == "oss":
        api = Api(str(OSS_URL), real=True)
        yield api
    else:
        with embedded() as server:
            api = Api(server.url, real=False)
            yield api
    api.close()
