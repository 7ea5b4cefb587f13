"""An embedded Conductor server for tests and demos: one `with`, a free port, gone at the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from conductor.engine.service import Engine
    from conductor.engine.settings import EngineSettings
    from conductor.server.run import ServerThread
    from conductor.server.settings import Settings

T = TypeVar("T")

START_SECONDS = 30
STOP_SECONDS = 15


class EmbeddedServer:
    """A server that runs. `url` is its API's address (`http://127.0.0.1:PORT/api`), as `Configuration` takes it."""

    def __init__(self, base_url: str):
        self.base_url = base_url
        self.url = f"{base_url}/api"

    @property
    def port(self) -> int:
        return int(self.base_url.rpartition(":")[2])


class ThreadServer(EmbeddedServer):
    """A server in a thread of this process; its engine can be looked at."""

    def __init__(self, base_url: str, thread: ServerThread):
        super().__init__(base_url)
        self._thread = thread

    @property
    def engine(self) -> Engine:
        """The engine. It belongs to the server's thread: use `call` while requests may come in."""
        return self._thread.engine

    def call(self, function: Callable[[Engine], T]) -> T:
        """What ``function(engine)`` gives, called on the engine's own thread."""
        return self._thread.call(function)


class ProcessServer(EmbeddedServer):
    """A server in a process of its own, which can be killed."""

    def __init__(self, base_url: str, process: subprocess.Popen[str]):
        super().__init__(base_url)
        self.process = process

    @property
    def pid(self) -> int:
        return self.process.pid

    def kill(self) -> None:
        """SIGKILL: nothing is written, nothing is said."""
        self.process.kill()
        self.process.wait()


@contextmanager
def embedded(
    *,
    process: bool = False,
    database: str | os.PathLike[str] = ":memory:",
    durability: str = "full",
    port: int = 0,
    settings: Settings | None = None,
    engine_settings: EngineSettings | None = None,
) -> Iterator[Any]:
    """A Conductor server while inside, stopped at the end.

    with embedded() as server:
        configuration = Configuration(server_api_url=server.url)

    process: in a process of its own (a ProcessServer, which can be killed) and not in a thread (a ThreadServer).
    database: path of the SQLite file; by default everything is in memory.
    durability: "full" or "normal", for a database in a file.
    port: 0 takes a free one.
    settings, engine_settings: everything else; only for a server in a thread, where they win over the others.

    Raises conductor.server.http_server.StartError when it cannot start.
    """
    if process:
        yield from _in_process(os.fspath(database), durability, port)
    else:
        yield from _in_thread(os.fspath(database), durability, port, settings, engine_settings)


def _in_thread(
    database: str, durability: Any, port: int, settings: Settings | None, engine_settings: EngineSettings | None
) -> Iterator[ThreadServer]:
    from conductor.engine.service import Engine  # imported here: a test run that asks for no server pays for none
    from conductor.engine.settings import EngineSettings
    from conductor.server.http_server import bind, url_of
    from conductor.server.run import ServerThread
    from conductor.server.settings import Settings

    settings = settings or Settings(port=port)
    engine_settings = engine_settings or EngineSettings(database=database, durability=durability)
    listeners = bind(settings.host, settings.port)
    url = url_of(listeners[0])
    thread = ServerThread(lambda: Engine(engine_settings), settings, listeners)
    try:
        thread.start()
        yield ThreadServer(url, thread)
    finally:
        thread.stop()
        for listener in listeners:
            listener.close()


def _in_process(database: str, durability: str, port: int) -> Iterator[ProcessServer]:
    from conductor.server.http_server import StartError

    command = [
        sys.executable, "-m", "conductor.cli.commands.server", "start", "--port", str(port), "--db", database,
        "--durability", durability, "--until-eof", "--log-level", "warning",
    ]  # fmt: skip
    source = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([source, os.environ.get("PYTHONPATH", "")])}
    running = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )
    assert running.stdin is not None
    assert running.stdout is not None
    try:
        # The first line is the ready line, `... at http://127.0.0.1:PORT/api ...`; one that cannot start says nothing.
        line = running.stdout.readline()
        words = [word for word in line.split() if word.startswith("http://")]
        if not words:
            raise StartError(f"the server process ended with exit code {running.wait(STOP_SECONDS)}")
        yield ProcessServer(words[0].removesuffix("/api"), running)
    finally:
        running.stdin.close()  # the end of its input asks it to stop
        _wait(running)
        running.stdout.close()


def _wait(running: subprocess.Popen[str]) -> None:
    try:
        running.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.kill(running.pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        running.wait()
