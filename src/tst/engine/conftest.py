"""An engine under a virtual clock for each test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tst.engine_bench import Bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.engine.close()
