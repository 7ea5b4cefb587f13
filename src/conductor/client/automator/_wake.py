"""A bell that a signal handler may ring."""

from __future__ import annotations

import contextlib
import queue


class Bell:
    """Wakes the one thread that waits for it.

    Unlike an Event, it may be rung in a signal handler that interrupts that very thread in the middle of waiting:
    `SimpleQueue.put` takes no lock that the thread could hold.
    """

    def __init__(self) -> None:
        self._rings: queue.SimpleQueue[None] = queue.SimpleQueue()

    def ring(self) -> None:
        """Wake the waiting thread, or the next that waits."""
        self._rings.put(None)

    def wait(self, seconds: float) -> bool:
        """Wait for a ring; False when there was none in time. Rings before the wait count, all of them once."""
        rung = False
        with contextlib.suppress(queue.Empty):
            self._rings.get(timeout=max(seconds, 0.0))
            rung = True
            while True:
                self._rings.get_nowait()
        return rung
