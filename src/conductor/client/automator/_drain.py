"""The program's signals while its workers run: the first SIGTERM or SIGINT drains, the second ends all now."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Final, Protocol

#: What a shell says of a program that SIGTERM ended.
EXIT_TERMINATED: Final = 128 + signal.SIGTERM

logger = logging.getLogger(__name__)


class Drainable(Protocol):
    """What can be asked to end. Both return at once and may be called from a signal handler."""

    def drain(self) -> None:
        """Finish what runs."""

    def kill(self) -> None:
        """End now."""


class ShutdownSignals:
    """Handlers of SIGTERM and SIGINT, from `install` to `restore`; elsewhere than in the main thread none.

    While the program waits for its workers the signal makes them end, and so the waiting. While it does something else
    it is interrupted as it would have been without workers: by its own handler, KeyboardInterrupt, or SystemExit.
    """

    def __init__(self, target: Drainable) -> None:
        self._target = target
        self._before: dict[int, Any] = {}
        self._count = 0
        self.is_waited_for = False

    def install(self) -> None:
        """Take the signals."""
        if threading.current_thread() is not threading.main_thread():
            logger.debug("not the main thread: signals are left to the program")
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            if signal.getsignal(number) is not signal.SIG_IGN or number == signal.SIGTERM:
                self._before[number] = signal.signal(number, self._handle)

    def restore(self) -> None:
        """Give the signals back."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number, before in self._before.items():
            if signal.getsignal(number) == self._handle:  # else somebody has taken it after us
                signal.signal(number, before if before is not None else signal.SIG_DFL)
        self._before.clear()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._count += 1
        (self._target.drain if self._count == 1 else self._target.kill)()
        before: Callable[[int, FrameType | None], Any] | Any = self._before.get(number)
        if before is signal.default_int_handler or not callable(before):
            if self.is_waited_for:
                return
            if number == signal.SIGINT:
                raise KeyboardInterrupt
            raise SystemExit(EXIT_TERMINATED)
        before(number, frame)
