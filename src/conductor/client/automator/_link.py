"""The program's end of the supervisor: starts it, hears its log records, asks it to end, starts it again if it dies."""

from __future__ import annotations

import contextlib
import gc
import logging
import multiprocessing
import threading
import time
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Final

from conductor.client.automator._child import Backoff
from conductor.client.automator._crash import describe_exit
from conductor.client.automator._group import warm_up
from conductor.client.automator._logs import RecordReader
from conductor.client.automator._plan import Plan, WorkerStartError
from conductor.client.automator._process import DRAIN, FAILED, KILL, READY, Ends, signals_held
from conductor.client.automator._status import StatusTable
from conductor.client.automator._supervisor import supervisor_main

#: How long log records are waited for that a process wrote before it ended.
_LAST_RECORDS_SECONDS: Final = 1.0
#: The first of a doubling number of seconds before a supervisor that died is replaced.
_REVIVAL_SECONDS: Final = 0.5

logger = logging.getLogger(__name__)


class Link:
    """Starts the supervisor's process, and keeps a thread that listens to it.

    Args:
        plan: what to run.
        method: start method of the supervisor.
        status: where it says what becomes of the runners.
    """

    def __init__(self, plan: Plan, method: str, status: StatusTable) -> None:
        self._plan = plan
        self._context: Any = multiprocessing.get_context(method)
        self.status = status
        self._ended = threading.Event()
        self._answered = threading.Event()
        self._failure: str | None = None
        self._is_ready = False
        self._is_ending = False
        self._backoff = Backoff(_REVIVAL_SECONDS, 30.0)
        self._process: BaseProcess | None = None
        self._start()
        threading.Thread(target=self._listen, name="conductor-supervision", daemon=True).start()

    @property
    def pid(self) -> int | None:
        """Process id of the supervisor; None once it has ended."""
        process = self._process
        return process.pid if process is not None else None

    def wait_for_start(self, seconds: float) -> bool:
        """Wait until every worker has started; False when that takes longer.

        Raises:
            WorkerStartError: a worker could not be started; all have ended.
        """
        answered = self._answered.wait(seconds)
        if self._failure is not None:
            self._ended.wait()
            raise WorkerStartError(self._failure)
        return answered

    def drain(self) -> None:
        """Ask for the end of all; returns at once. May be called from a signal handler."""
        self._is_ending = True
        self._say(DRAIN)

    def kill(self) -> None:
        """Ask for the end of all now; returns at once. May be called from a signal handler."""
        self._is_ending = True
        self._say(KILL)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until all has ended; False when that takes longer."""
        return self._ended.wait(seconds)

    @property
    def has_ended(self) -> bool:
        """Whether all has ended."""
        return self._ended.is_set()

    def _start(self) -> None:
        self._channel, control = Pipe()
        self._records, writer = Pipe(duplex=False)
        strangers: tuple[Connection, ...] = ()
        if self._context.get_start_method() == "fork":
            strangers = (self._channel, self._records)
            warm_up(self._plan.runner)
            gc.collect()  # here rather than in the copy, where it would touch, and so duplicate, all pages
        ends = Ends(control, writer, strangers)
        with signals_held():
            self._process = self._context.Process(
                target=supervisor_main, args=(self._plan, ends, self.status), name="conductor-supervisor"
            )
            self._process.start()
        self._started = time.monotonic()
        control.close()
        writer.close()

    def _say(self, word: bytes) -> None:
        with contextlib.suppress(OSError):  # it has ended
            self._channel.send_bytes(word)

    # The listening thread.

    def _listen(self) -> None:
        try:
            while True:
                self._listen_to_one()
                if self._is_ending or self._failure is not None or not self._revive():
                    return
        finally:
            self._answered.set()
            self._ended.set()

    def _listen_to_one(self) -> None:
        """Hear one supervisor until it ends."""
        process, reader = self._process, RecordReader()
        assert process is not None
        sources: list[Any] = [process.sentinel, self._channel, self._records]
        while process.sentinel in sources:
            for source in wait(sources):
                if source is self._records:
                    self._read(reader, sources)
                elif source is self._channel:
                    self._hear(sources)
                else:
                    sources.remove(source)
        deadline = time.monotonic() + _LAST_RECORDS_SECONDS
        while len(sources) > 0 and (ready := wait(sources, max(deadline - time.monotonic(), 0.0))):
            for source in ready:
                self._read(reader, sources) if source is self._records else self._hear(sources)
        process.join()
        self._exitcode = process.exitcode or 0
        process.close()
        self._process = None
        self._channel.close()
        self._records.close()

    def _read(self, reader: RecordReader, sources: list[Any]) -> None:
        try:
            reader.take(self._records.recv_bytes())
        except (EOFError, OSError):
            sources.remove(self._records)

    def _hear(self, sources: list[Any]) -> None:
        try:
            word = self._channel.recv_bytes()
        except (EOFError, OSError):
            sources.remove(self._channel)
            return
        if word == READY:
            self._is_ready = True
            self._answered.set()
        elif word.startswith(FAILED):
            self._failure = word.removeprefix(FAILED).decode("utf-8", "replace")
            self._answered.set()

    def _revive(self) -> bool:
        """Start another supervisor in place of one that died; False where all had ended, or none can be started."""
        if self._exitcode == 0:
            return False
        why = describe_exit(self._exitcode)
        if not self._is_ready:
            self._failure = f"the supervisor {why} before the workers had started" + _GUARD_HINT
            return False
        seconds = self._backoff.after(time.monotonic() - self._started)
        logger.error("the supervisor of the workers %s; it is started again in %.1f seconds", why, seconds)
        time.sleep(seconds)
        if self._is_ending:
            return False
        self._start()
        self._say_again()
        return True

    def _say_again(self) -> None:
        if self._is_ending:  # said while there was nobody to hear it
            self._say(DRAIN)


_GUARD_HINT: Final = (
    "; where processes are not forked, the program's main module is imported again in each of them:"
    " start workers under `if __name__ == '__main__':`"
)
