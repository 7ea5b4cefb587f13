"""A runner process, from its start to its last log record."""

from __future__ import annotations

import logging
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import FrameType
from typing import Final

from conductor.client.automator._group import RunnerGroup, start_failure
from conductor.client.automator._logs import LogLevels, redirect_logging
from conductor.client.automator._plan import Member, RunnerSettings
from conductor.client.automator._slots import SlotTable

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
    strangers: tuple[Connection, ...] = ()

    def close_strangers(self) -> None:
        """Let go of pipes whose reader is to notice when their true owner ends."""
        for stranger in self.strangers:
            stranger.close()

    def say(self, word: bytes) -> None:
        """Tell whoever started this process something."""
        with suppress(OSError):  # nobody listens: noticed elsewhere
            self.channel.send_bytes(word)


class Parent:
    """The process that started this one, from now on. Where a fork server did, it ends with its own starter."""

    def __init__(self) -> None:
        self._pid = os.getppid()

    @property
    def is_gone(self) -> bool:
        """Whether it has ended: this process has another parent."""
        return os.getppid() != self._pid


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


class Lifeline:
    """Gives signs of life, and listens to the supervisor; drains when it is gone.

    Args:
        group: the workers.
        ends: pipes.
        slots: where signs of life are looked for.
    """

    def __init__(self, group: RunnerGroup, ends: Ends, slots: SlotTable) -> None:
        self._group = group
        self._ends = ends
        self._slots = slots
        self._parent = Parent()

    def start(self) -> None:
        """In a thread of its own."""
        threading.Thread(target=self._live, name="conductor-lifeline", daemon=True).start()

    def _live(self) -> None:
        channel = self._ends.channel
        is_readable = _poller(channel)
        while True:
            self._slots.pulse()
            try:
                word = channel.recv_bytes() if is_readable(_PULSE_SECONDS) else b""
            except (EOFError, OSError):
                word = None
            if word is None or self._parent.is_gone:
                logger.warning("the supervisor is gone: draining")
                self._group.stop()
                return
            if word == DRAIN:
                self._group.stop()
            elif word == KILL:
                self._group.kill()


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
    group = RunnerGroup(member, settings, slots)
    take_signals(group.stop)
    logs = redirect_logging(ends.logs, levels)
    code = _run(group, member, Lifeline(group, ends, slots), ends, restarts)
    logs.flush()
    leave(code)


def _run(group: RunnerGroup, member: Member, lifeline: Lifeline, ends: Ends, restarts: int) -> int:
    try:
        group.start(restarts)
    except Exception as error:
        logger.debug("worker %s: not started", member.name, exc_info=True)
        ends.say(FAILED + start_failure(member, error).encode("utf-8", "replace"))
        return EXIT_NOT_STARTED
    lifeline.start()
    ends.say(READY)
    return EXIT_OK if group.run() else EXIT_FAILED


def leave(code: int) -> None:
    """End this process with an exit code, also when a task that was given up still runs in a thread."""
    current = threading.current_thread()
    if any(not thread.daemon and thread is not current for thread in threading.enumerate()):
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):  # closed, or none at all
                stream.flush()
        os._exit(code)
    sys.exit(code)
