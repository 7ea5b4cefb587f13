"""A runner process: one TaskRunner for each worker in it, from its start to its last log record."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import FrameType
from typing import Final

from conductor.client.automator._logs import LogLevels, redirect_logging
from conductor.client.automator._plan import Member, RunnerSettings
from conductor.client.automator._slots import SlotTable
from conductor.client.automator.task_runner import TaskRunner
from conductor.client.configuration.errors import ConfigurationError
from conductor.client.event.task_runner_events import WorkerRestarted
from conductor.client.worker.exception import WorkerDefinitionError

logger = logging.getLogger(__name__)

# Exit codes of our processes; those beside 0 are the customary ones of sysexits(3).
EXIT_OK: Final = 0
#: A runner's loop raised: a defect.
EXIT_FAILED: Final = 70
#: A worker could not be started.
EXIT_NOT_STARTED: Final = 78

# What the program says to the supervisor and the supervisor to a runner, and what they answer.
DRAIN: Final = b"drain"
KILL: Final = b"kill"
READY: Final = b"ready"
FAILED: Final = b"failed "

_PULSE_SECONDS: Final = 1.0


@dataclass(frozen=True)
class Ends:
    """A child's ends of pipes, and the ends of other processes' pipes that a fork gave it, too."""

    channel: Connection
    logs: Connection
    parent: int
    strangers: tuple[Connection, ...] = ()

    def close_strangers(self) -> None:
        """Let go of pipes whose reader is to notice when their true owner ends."""
        for stranger in self.strangers:
            stranger.close()

    @property
    def is_orphan(self) -> bool:
        """Whether the process that started this one is gone."""
        return os.getppid() != self.parent


@contextmanager
def signals_held() -> Iterator[None]:
    """Hold SIGTERM and SIGINT back from a child until it has its own handlers."""
    if os.name == "nt":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def take_signals(on_terminate: Callable[[], None]) -> None:
    """SIGTERM means to drain; SIGINT comes from a terminal to all processes at once, and is left to the program."""

    def terminate(_signal: int, _frame: FrameType | None) -> None:
        on_terminate()

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, terminate)
    signal.set_wakeup_fd(-1)  # the program's event loop does not want to hear of our signals
    if os.name != "nt":
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGINT))


class RunnerProcess:
    """What happens in a runner process.

    Args:
        member: the workers.
        settings: for their runners.
        ends: pipes.
        slots: table of tasks being executed.
        restarts: how many processes came before this one.
    """

    def __init__(self, member: Member, settings: RunnerSettings, ends: Ends, slots: SlotTable, restarts: int) -> None:
        self._member = member
        self._settings = settings
        self._ends = ends
        self._slots = slots
        self._restarts = restarts
        self._runners: list[TaskRunner] = []
        self._stops = 0

    def run(self) -> int:
        """Start the workers, run them until they are stopped; returns the exit code."""
        try:
            for worker in self._member.workers:
                worker.on_start()
            self._runners = self._make_runners()
        except Exception as error:
            self._say(FAILED + f"worker {self._member.name!r}: {_one_line(error)}".encode("utf-8", "replace"))
            logger.debug("worker %s: not started", self._member.name, exc_info=True)
            return EXIT_NOT_STARTED
        threading.Thread(target=self._live, name="conductor-lifeline", daemon=True).start()
        self._say(READY)
        if self._restarts:
            for runner in self._runners:
                runner.event_dispatcher.publish(WorkerRestarted(runner.worker.task_definition_names[0]))
        return self._run_all()

    def stop(self) -> None:
        """Drain; the second time: end now. May be called from a signal handler."""
        self._stops += 1
        for runner in self._runners:
            runner.stop() if self._stops == 1 else runner.kill()

    def kill(self) -> None:
        """End now."""
        self._stops += 1
        for runner in self._runners:
            runner.kill()

    def _make_runners(self) -> list[TaskRunner]:
        settings = self._settings
        return [
            TaskRunner(
                worker,
                settings.configuration,
                settings.metrics_settings,
                settings.event_listeners,
                slots=self._slots,
                outbox_directory=settings.outbox_directory,
                shutdown_grace_seconds=settings.shutdown_grace_seconds,
                on_shutdown=settings.on_shutdown,
            )
            for worker in self._member.workers
        ]

    def _run_all(self) -> int:
        """The first runner in this thread, each other one in its own."""
        failed: list[TaskRunner] = []

        def run(runner: TaskRunner) -> None:
            try:
                runner.run()
            except Exception:
                failed.append(runner)
                logger.exception("worker %s: the runner failed", runner.worker.task_definition_names[0])
                self.stop()

        threads = [threading.Thread(target=run, args=(runner,), daemon=True) for runner in self._runners[1:]]
        for thread in threads:
            thread.start()
        run(self._runners[0])
        for thread in threads:
            thread.join()
        return EXIT_FAILED if failed else EXIT_OK

    def _live(self) -> None:
        """Give a sign of life, and listen to the supervisor; drain when it is gone."""
        channel = self._ends.channel
        while True:
            self._slots.pulse()
            try:
                word = channel.recv_bytes() if channel.poll(_PULSE_SECONDS) else b""
            except (EOFError, OSError):
                word = None
            if word is None or self._ends.is_orphan:
                logger.warning("worker %s: the supervisor is gone: draining", self._member.name)
                self.stop()
                return
            if word == DRAIN:
                self.stop()
            elif word == KILL:
                self.kill()

    def _say(self, word: bytes) -> None:
        with suppress(OSError):  # nobody listens: noticed elsewhere
            self._ends.channel.send_bytes(word)


def runner_main(
    member: Member, settings: RunnerSettings, ends: Ends, slots: SlotTable, *, restarts: int, levels: LogLevels
) -> None:
    """Entry of a runner process."""
    ends.close_strangers()
    process = RunnerProcess(member, settings, ends, slots, restarts)
    take_signals(process.stop)
    logs = redirect_logging(ends.logs, levels)
    code = process.run()
    logs.flush()
    leave(code)


def leave(code: int) -> None:
    """End this process with an exit code, also when a task that was given up still runs in a thread."""
    current = threading.current_thread()
    if any(not thread.daemon and thread is not current for thread in threading.enumerate()):
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):  # closed, or none at all
                stream.flush()
        os._exit(code)
    sys.exit(code)


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, (ConfigurationError, WorkerDefinitionError)) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
