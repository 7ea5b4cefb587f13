"""`conductor server` as a process: start, ready line, signals, stop, status, backup, and what goes wrong."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).resolve().parents[2]
Conductor = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "CONDUCTOR_HOME": str(tmp_path / "home"), "PYTHONPATH": str(SOURCE)}


@pytest.fixture
def conductor(environment: dict[str, str]) -> Conductor:
    """Runs `conductor server ...` to its end."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "conductor.cli.commands.server", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    return run


class Running:
    """A server that was started, and its ready line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        self.line = process.stdout.readline()
        match = re.search(r"http://\S+/api", self.line)
        self.url = match[0] if match else ""
        self.port = int(self.url.split(":")[2].split("/")[0]) if match else 0

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(20)

    def ask(self, method: str, path: str, body: Any = None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"content-type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return bytes(answer.read())


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Callable[..., Running]]:
    """Starts servers, and ends those that a test leaves."""
    running: list[Running] = []

    def starter(*arguments: str) -> Running:
        command = [sys.executable, "-m", "conductor.cli.commands.server", "start", "--port", "0", *arguments]
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        running.append(Running(subprocess.Popen(command, env=environment, text=True, **streams)))
        return running[-1]

    yield starter
    for server in running:
        if server.process.poll() is None:
            server.process.kill()
        server.process.communicate()


WORKFLOW = {"name": "w", "version": 1, "tasks": [{"name": "t", "taskReferenceName": "a", "type": "SIMPLE"}]}


def test_the_ready_line_has_the_addresses_and_the_server_answers(start: Callable[..., Running]) -> None:
    """When the line is there, so is the server."""
    server = start("--db", ":memory:")

    assert "in memory" in server.line
    assert "/metrics" in server.line
    assert server.ask("GET", "/version") == b"3.32.3"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_and_what_was_answered_is_kept(
    start: Callable[..., Running], tmp_path: Path, number: int
) -> None:
    """Exit code 0; the next start goes on where it was."""
    first = start("--db", str(tmp_path / "c.db"))
    first.ask("POST", "/metadata/workflow", WORKFLOW)
    workflow_id = first.ask("POST", "/workflow/w", {"x": 1}).decode()

    assert first.end(number) == 0

    second = start("--db", str(tmp_path / "c.db"))
    assert json.loads(second.ask("GET", f"/workflow/{workflow_id}"))["status"] == "RUNNING"
    assert json.loads(second.ask("GET", "/tasks/poll/t"))["workflowInstanceId"] == workflow_id


def test_a_killed_server_keeps_what_was_answered(start: Callable[..., Running], tmp_path: Path) -> None:
    """SIGKILL, with either durability."""
    for durability in ("full", "normal"):
        arguments = ["--db", str(tmp_path / durability), "--durability", durability]
        first = start(*arguments)
        first.ask("POST", "/metadata/workflow", WORKFLOW)
        workflow_id = first.ask("POST", "/workflow/w", {}).decode()
        first.end(signal.SIGKILL)

        assert json.loads(start(*arguments).ask("GET", f"/workflow/{workflow_id}"))["status"] == "RUNNING"


def test_a_second_server_on_the_same_file_names_the_first_and_exits_with_3(
    start: Callable[..., Running], conductor: Conductor, tmp_path: Path
) -> None:
    """One file, one server."""
    first = start("--db", str(tmp_path / "c.db"))
    second = conductor("start", "--port", "0", "--db", str(tmp_path / "c.db"))

    assert second.returncode == 3
    assert str(first.process.pid) in second.stderr
    assert "--db" in second.stderr


def one_line(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode != 0
    lines = [line for line in result.stderr.splitlines() if not line.startswith(("Usage:", "Try ")) and line]
    assert len(lines) == 1, result.stderr
    return lines[0]


def test_a_port_that_is_taken_is_one_clear_line(conductor: Conductor) -> None:
    """With the way out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        line = one_line(conductor("start", "--db", ":memory:", "--port", str(taken.getsockname()[1])))
    assert "is in use" in line
    assert "--port" in line


def test_mistakes_are_one_clear_line_each(conductor: Conductor, tmp_path: Path) -> None:
    """What is wrong and what to do, no traceback."""
    folder, text = tmp_path / "folder", tmp_path / "text"
    folder.mkdir()
    text.write_text("this is not a database, and long enough to be looked at as one " * 20)
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("create table t(x)")

    assert "--insecure" in one_line(conductor("start", "--db", ":memory:", "--host", "0.0.0.0", "--port", "0"))
    assert "--host" in one_line(conductor("start", "--db", ":memory:", "--host", "203.0.113.1", "--insecure"))
    assert "--db" in one_line(conductor("start", "--port", "0", "--db", str(folder)))
    assert "--db" in one_line(conductor("start", "--port", "0", "--db", str(text)))
    assert "another program" in one_line(conductor("start", "--port", "0", "--db", str(other)))
    assert "--db" in one_line(conductor("start", "--port", "0", "--db", "/proc/none/c.db"))
    assert "30d" in one_line(conductor("start", "--port", "0", "--db", ":memory:", "--retention", "soon"))
    assert "no server runs" in one_line(conductor("stop"))
    assert "no database" in one_line(conductor("backup", str(tmp_path / "b"), "--db", str(tmp_path / "none")))


def test_a_detached_server_is_shown_backed_up_and_stopped(conductor: Conductor, tmp_path: Path) -> None:
    """The whole life of a server in the background."""
    started = conductor("start", "--detach", "--port", str(free_port()), "--db", str(tmp_path / "c.db"))
    assert started.returncode == 0, started.stderr
    try:
        assert "ready at" in started.stdout
        assert "healthy" in conductor("status").stdout
        assert conductor("backup", str(tmp_path / "copy.db")).returncode == 0
        again = conductor("backup", str(tmp_path / "copy.db"))
        assert "exists" in again.stderr
    finally:
        stopped = conductor("stop")
    assert stopped.returncode == 0, stopped.stderr
    assert conductor("status").returncode == 1
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("pragma integrity_check").fetchone() == ("ok",)


def test_a_detached_server_that_cannot_start_says_why(conductor: Conductor) -> None:
    """Its message and exit code are those of the command."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = conductor("start", "--detach", "--db", ":memory:", "--port", str(taken.getsockname()[1]))

    assert result.returncode == 1
    assert "is in use" in result.stderr


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_with_keys_clients_need_a_token_and_secrets_stay_secret(start: Callable[..., Running], tmp_path: Path) -> None:
    """The file is made, and its secret is in no argument, line or log."""
    keys = tmp_path / "keys.json"
    server = start("--db", ":memory:", "--keys-file", str(keys), "--log-level", "debug", "--log-format", "json")
    ((key, secret),) = json.loads(keys.read_text()).items()

    with pytest.raises(urllib.error.HTTPError, match="401"):
        server.ask("GET", "/workflow/x")
    token = json.loads(server.ask("POST", "/token", {"keyId": key, "keySecret": secret}))["token"]
    request = urllib.request.Request(f"{server.url}/metadata/workflow", headers={"X-Authorization": token})
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 200
    command_line = Path(f"/proc/{server.process.pid}/cmdline")
    arguments = command_line.read_text() if command_line.exists() else ""
    server.process.terminate()
    output, errors = server.process.communicate()

    for said in (server.line, output, errors, arguments):
        assert secret not in said
        assert token not in said
    assert all(json.loads(line)["message"] for line in errors.splitlines())


def test_it_is_ready_in_well_under_a_second(start: Callable[..., Running]) -> None:
    """0.3 s on an idle machine; the bound is for a busy one."""
    times = []
    for _ in range(3):
        started = time.monotonic()
        start("--db", ":memory:").end()
        times.append(time.monotonic() - started)

    assert min(times) < 2.5
