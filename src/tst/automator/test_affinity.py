"""A runner of very short tasks stays on one processor, and lets go of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2]

PROGRAM = """
import os, time
from conductor.client.automator._affinity import OneProcessor

def spin(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass

affinity, before = OneProcessor(), os.sched_getaffinity(0)
short, long = affinity.watch(lambda _: None), affinity.watch(lambda _: spin(0.002))
end = time.monotonic() + 5
while not affinity.is_kept and time.monotonic() < end:
    short(None)
kept = os.sched_getaffinity(0)
while affinity.is_kept and time.monotonic() < end:
    long(None)
after_long = os.sched_getaffinity(0)
while not affinity.is_kept and time.monotonic() < end:
    short(None)
again = os.sched_getaffinity(0)
while affinity.is_kept and time.monotonic() < end:
    time.sleep(0.01)
    affinity.rest()
print(len(kept), after_long == before, len(again), os.sched_getaffinity(0) == before)
"""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux offers it")
@pytest.mark.parametrize(("setting", "expected"), [("", "1 True 1 True"), ("off", "{n} True {n} True")])
def test_short_tasks_keep_the_threads_together_and_others_let_them_go(setting: str, expected: str) -> None:
    """Short tasks put the process on one processor; longer ones, none at all, and the setting `off` leave it free."""
    processors = len(os.sched_getaffinity(0))
    if processors < 2:
        pytest.skip("there is one processor only")
    environment = {**os.environ, "PYTHONPATH": str(SRC), "CONDUCTOR_WORKER_AFFINITY": setting}
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout.split() == expected.format(n=processors).split()
