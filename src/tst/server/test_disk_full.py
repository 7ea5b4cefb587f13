"""A disk that is full: nothing is promised that is not kept, the server lives, and goes on when there is room again."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from conductor.testing.embedded import embedded

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limit on the size of files is set from outside")
WORKFLOW = {"name": "w", "version": 1, "tasks": [{"name": "t", "taskReferenceName": "a", "type": "SIMPLE"}]}
ROOM = 400_000


def test_a_full_disk_is_a_503_and_nothing_acknowledged_is_lost(tmp_path: Path, client_of: Callable[[str], Any]) -> None:
    """Reads and health answer meanwhile; it recovers by itself within seconds."""
    with embedded(process=True, database=tmp_path / "c.db") as server:
        client = client_of(server.base_url)
        process = psutil.Process(server.pid)
        assert client("POST", "/api/metadata/workflow", WORKFLOW).status == 200
        process.rlimit(psutil.RLIMIT_FSIZE, (ROOM, -1))

        acknowledged = []
        refused = None
        while refused is None and len(acknowledged) < 2000:
            answer = client("POST", "/api/workflow/w", {"text": "x" * 2000})
            if answer.status == 200:
                acknowledged.append(answer.body.decode())
            else:
                refused = answer

        assert refused is not None
        assert (refused.status, refused.json["retryable"]) == (503, True)
        assert refused.headers["retry-after"] == "1"
        assert client("GET", "/health").status == 200
        assert client("GET", f"/api/workflow/{acknowledged[0]}").status == 200

        process.rlimit(psutil.RLIMIT_FSIZE, (-1, -1))
        deadline = time.monotonic() + 5
        while client("POST", "/api/workflow/w", {}).status != 200 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert client("POST", "/api/workflow/w", {}).status == 200

    with embedded(process=True, database=tmp_path / "c.db") as server:
        client = client_of(server.base_url)
        lost = [found for found in acknowledged if client("GET", f"/api/workflow/{found}").status != 200]
    assert acknowledged
    assert not lost
