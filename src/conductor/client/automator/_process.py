"""A runner process: one TaskRunner for each worker in it, from its start to its last log record."""

from __future__ import annotations

import logging
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from types import FrameType
from typing import Final

from conductor.client.automator._logs import LogLevels, redirect_logging
from conductor.client.automator._plan import Member, RunnerSettings
from conductor.client.automator._services import Services
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
#: For the results that wait when all else has ended: after draining, and when told to end now.
_FLUSH_SECONDS: Final = 1.0
_KILL_FLUSH_SECONDS: Final = 0.3
#: What the standard library imports in the middle of a first request.
_USED_LATER: Final = ("encodings.idna", "stringprep", "urllib.request", "http.client", "email.parser")


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


class _Terminate:
    """The handler of SIGTERM. A fork inherits it, and says only what it is to do from then on."""

    action: Callable[[], None] | None = None

    def __call__(self, _signal: int, _frame: FrameType | None) -> None:
        if self.action is not None:
            self.action()


_terminate = _Terminate()


def take_signals(action: Callable[[], None]) -> None:
    """SIGTERM calls `action`, which drains and nothing more, for it may have been sent to all our processes at once.

    SIGINT comes from a terminal to all of them, too, and is left to the program.
    """
    inherited, _terminate.action = _terminate.action is not None, action
    if not inherited:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, _terminate)
        signal.set_wakeup_fd(-1)  # the program's event loop does not want to hear of our signals
        if hasattr(signal, "SIGCHLD"):
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
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
        self._services: Services | None = None
        self._stopped_at = 0.0
        self._is_killed = False

    def run(self) -> int:
        """Start the workers, run them until they are stopped; returns the exit code."""
        try:
            for worker in self._member.workers:
                worker.on_start()
            self._runners = self._make_runners()
            if self._stopped_at:  # meanwhile
                self.stop()
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
        """Drain; said twice it means no more. May be called from a signal handler."""
        self._stopped_at = self._stopped_at or time.monotonic()
        for runner in self._runners:
            runner.stop()

    def kill(self) -> None:
        """End now."""
        self._stopped_at = self._stopped_at or time.monotonic()
        self._is_killed = True
        for runner in self._runners:
            runner.kill()

    def _make_runners(self) -> list[TaskRunner]:
        """One for each worker; they share connections, leases and the outbox."""
        settings = self._settings
        self._services = Services(
            settings.configuration,
            settings.metrics_settings,
            settings.event_listeners,
            slots=self._slots,
            rows=self._slots.capacity,
            outbox_directory=settings.outbox_directory,
        )
        return [
            TaskRunner(
                worker,
                shutdown_grace_seconds=settings.shutdown_grace_seconds,
                on_shutdown=settings.on_shutdown,
                services=self._services,
            )
            for worker in self._member.workers
        ]

    def _run_all(self) -> int:
        """The first runner in this thread, each other one in its own; then what waits for the server."""
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
        assert self._services is not None
        self._services.close(_KILL_FLUSH_SECONDS if self._is_killed else self._grace_left())
        return EXIT_FAILED if failed else EXIT_OK

    def _grace_left(self) -> float:
        """At least a moment: results may have waited for the tasks."""
        left = self._settings.shutdown_grace_seconds - (time.monotonic() - self._stopped_at)
        return max(left, _FLUSH_SECONDS)

    def _live(self) -> None:
        """Give a sign of life, and listen to the supervisor; drain when it is gone."""
        channel = self._ends.channel
        is_readable = _poller(channel)
        while True:
            self._slots.pulse()
            try:
                word = channel.recv_bytes() if is_readable(_PULSE_SECONDS) else b""
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


def _poller(channel: Connection) -> Callable[[float], object]:
    """As `Connection.poll`, which makes a selector each time; this is called every second."""
    if not hasattr(select, "poll"):
        return channel.poll
    poll = select.poll()
    poll.register(channel.fileno(), select.POLLIN)
    return lambda seconds: poll.poll(seconds * 1000)


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


def warm_up(settings: RunnerSettings) -> None:
    """Make in the forking process, once, what each runner would make for itself: modules, tables, caches.

    Nothing is opened and no thread is started. Each runner saves megabytes.
    """
    for module in _USED_LATER:
        import_module(module)
    Services(settings.configuration, outbox_directory=settings.outbox_directory)


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
