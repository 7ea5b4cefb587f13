"""The README's main job: `conductor demo`, as a person runs it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

SRC = Path(__file__).resolve().parents[2]
LIBRARY = SRC / "conductor/client/example/worker/cpp/lib.so"
DEADLINE_SECONDS = 60


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(SRC), "COLUMNS": "120", "NO_COLOR": "1"}


def conductor(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "conductor.cli", *arguments]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=DEADLINE_SECONDS)


def started_by(process: psutil.Process) -> list[psutil.Process]:
    return process.children(recursive=True)


@pytest.mark.parametrize("place", ["embedded", pytest.param("real", marks=pytest.mark.oss)])
def test_the_demo_completes_and_shows_the_result(place: str, tmp_path: Path) -> None:
    """The workflow is COMPLETED with the C++ sum and the Python result, each task is timed, and the metrics are
    where it says.
    """
    server = ["--server", os.environ["CONDUCTOR_OSS_URL"]] if place == "real" else []
    ran = conductor("demo", "--metrics", str(tmp_path), *server)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "order_fulfilment COMPLETED" in ran.stdout
    assert '"sum_in_cents": 12710' in ran.stdout
    assert '"total": "127.10 EUR"' in ran.stdout
    assert re.search(r"price +cpp_task_example +COMPLETED .* C\+\+", ran.stdout)
    assert re.search(r"pick +python_task_example +COMPLETED .* Python", ran.stdout)
    metrics = tmp_path / "metrics.log"
    assert f"metrics {metrics}" in ran.stdout
    assert 'task_poll_total{taskType="cpp_task_example"}' in metrics.read_text()


def test_the_demo_takes_the_users_own_order() -> None:
    """--input takes JSON itself, and its numbers come out."""
    order = '{"order": {"id": "B-7", "lines": [{"item": "tea", "quantity": 3, "unit_cents": 450}]}}'
    ran = conductor("demo", "--input", order)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert '"sum_in_cents": 1350' in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--server", "http://127.0.0.1:1/api"], "cannot reach Conductor at http://127.0.0.1:1/api"),
        (["--input", "no/such/file.json"], "cannot read the input no/such/file.json: No such file"),
        (["--input", '{"order": '], "--input: not valid JSON"),
        (["--input", "[1]"], "must be a JSON object, this is a list"),
        (["--definitions", "no/such/folder"], "no/such/folder"),
        (["--metrics", "/dev/null/x"], "cannot write metrics into /dev/null/x"),
    ],
)
def test_a_mistake_is_met_by_one_line(arguments: list[str], said: str) -> None:
    """A user's mistake is an `Error:` line that names it, and no traceback."""
    ran = conductor("demo", *arguments)
    assert ran.returncode == 1
    assert said in ran.stderr
    assert ran.stderr.startswith("Error: ")
    assert "Traceback" not in ran.stderr + ran.stdout


def test_a_malformed_definition_is_named_with_file_and_field(tmp_path: Path) -> None:
    """A definition with an unknown field names the file, the field and the near miss."""
    (tmp_path / "task.json").write_text('{"name": "x", "retryCont": 3}')
    ran = conductor("demo", "--definitions", str(tmp_path))
    assert ran.returncode == 1
    assert re.search(r"task\.json:1: retryCont: unknown field; did you mean 'retryCount'\?", ran.stderr)


def test_a_workflow_that_fails_is_shown_with_its_reason() -> None:
    """A wrong order fails the workflow; the reason is printed and the exit code says so."""
    ran = conductor("demo", "--input", '{"order": 3}')
    assert ran.returncode == 1
    assert "order_fulfilment FAILED" in ran.stdout
    assert "$.order" in ran.stdout


@pytest.mark.parametrize("children", [1, 2, 4])
def test_ctrl_c_leaves_no_process_behind(children: int) -> None:
    """SIGINT while the server starts, while the workers start, and later, ends the demo, its workers and its server."""
    command = [sys.executable, "-m", "conductor.cli", "demo"]
    running = subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    seen: set[psutil.Process] = set()
    process, began, asked = psutil.Process(running.pid), time.monotonic(), False
    while running.poll() is None and time.monotonic() - began < DEADLINE_SECONDS:
        try:
            seen |= set(started_by(process))
        except psutil.NoSuchProcess:
            break
        if not asked and len(seen) >= children:
            asked = True
            os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to the whole group
        time.sleep(0.02)
    _, errors = running.communicate(timeout=DEADLINE_SECONDS)
    assert running.returncode in (0, 130), errors.decode()
    assert b"Traceback" not in errors, errors.decode()
    _, alive = psutil.wait_procs(seen, timeout=10)
    assert not alive


def test_the_help_teaches() -> None:
    """`conductor --help` and `conductor demo --help` show commands to try."""
    assert "conductor demo" in conductor("--help").stdout
    assert "--server URL" in conductor("demo", "--help").stdout
    assert conductor("dmo").returncode == 2


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        ("", ["no_such_module"], "cannot import 'no_such_module': there is no such module"),
        ("x = 1", ["shop"], "no worker is defined in shop"),
        (
            "from conductor.client.worker.worker_task import worker_task\n"
            "@worker_task(task_definition_name='t')\ndef t(a: int) -> int: return a\n",
            ["shop", "--metrics", "/dev/null/x"],
            "MetricsSettings.directory: cannot make '/dev/null/x'",
        ),
    ],
)
def test_a_worker_that_cannot_run_is_met_by_one_line(
    text: str, arguments: list[str], said: str, tmp_path: Path
) -> None:
    """`conductor worker` says in one line which module, worker or folder is wrong."""
    (tmp_path / "shop.py").write_text(text)
    command = [sys.executable, "-m", "conductor.cli", "worker", *arguments]
    ran = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=30)
    assert ran.returncode == 1
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
