"""A worker program in a process of its own, for tests that send it signals, kill parts of it, and count the rest."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil


def eventually(condition: Callable[[], object], seconds: float = 30.0, every: float = 0.01) -> bool:
    """Wait until a condition holds; False when it did not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(every)
    return True


def is_running(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    import psutil

    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class WorkerProgram:
    """A Python script that runs, with all processes that it starts; nothing of it survives the `with`.

    Args:
        script: the program.
        arguments: of its command line.
        environment: added to this process's own.
    """

    def __init__(
        self,
        script: str | os.PathLike[str],
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._seen: set[int] = set()
        with tempfile.NamedTemporaryFile(prefix="program-", suffix=".log", delete=False) as file:
            self._log = Path(file.name)
            path = os.pathsep.join(entry for entry in sys.path if entry)
            self._process = subprocess.Popen(
                [sys.executable, os.fspath(script), *arguments],
                env={**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Process id of the program."""
        return self._process.pid

    @property
    def output(self) -> str:
        """What it and its processes have printed."""
        return self._log.read_text(errors="replace")

    def send(self, number: int) -> None:
        """Send the program, and nobody else, a signal."""
        self._process.send_signal(number)

    def interrupt(self) -> None:
        """Ctrl-C: the terminal sends SIGINT to the program and to all processes that it started."""
        os.killpg(self._process.pid, signal.SIGINT)

    def wait(self, seconds: float = 30.0) -> int:
        """Its exit code, once it has ended.

        Raises:
            subprocess.TimeoutExpired: it has not ended in time.
        """
        return self._process.wait(seconds)

    def descendants(self) -> list[psutil.Process]:
        """The processes that the program has started, and those that they have."""
        import psutil

        try:
            found = psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            found = []
        self._seen.update(process.pid for process in found)
        return found

    def survivors(self) -> list[int]:
        """The processes that `descendants` has ever shown and that still run."""
        return [pid for pid in self._seen if is_running(pid)]

    def kill_all(self, pids: Iterable[int] = ()) -> None:
        """SIGKILL to the program and to everything that it started."""
        self.descendants()
        for pid in (self.pid, *self._seen, *pids):
            if is_running(pid):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def __enter__(self) -> WorkerProgram:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill_all()
        self._log.unlink(missing_ok=True)
