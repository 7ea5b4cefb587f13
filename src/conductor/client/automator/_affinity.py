"""One processor for a runner whose tasks are so short that the interpreter's lock is all they wait for.

Threads that take turns with one lock run no faster on several processors: each turn moves the lock, and what it guards,
from one processor's cache to another's. Measured with tasks that do nothing, ten threads on two processors: 1.9 times
the tasks a second, at half the processor time a task, once they stay on one.

So while tasks come by the hundred and take next to no processor time, the threads of the process are kept on the
processor where most of them ran last. They are let go as soon as tasks take longer or stop coming, and every few
seconds for a moment, so that the kernel may find them a better place. Only Linux offers this;
CONDUCTOR_WORKER_AFFINITY=off leaves it alone.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

T = TypeVar("T")
R = TypeVar("R")

#: Processor time of a task, ours included, up to which its threads are better off together.
_SHORT_SECONDS: Final = 0.00025
#: Tasks a second from which it is worth the trouble.
_MANY_A_SECOND: Final = 500
_LOOK_SECONDS: Final = 0.1
_RETHINK_SECONDS: Final = 10.0
#: Place of the processor that a thread ran on last in /proc/self/task/ID/stat, counted behind the thread's name.
_PROCESSOR_FIELD: Final = 36


class OneProcessor:
    """Watches the tasks of a runner and keeps its threads together while that pays."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tasks = 0
        self._seconds = 0.0
        self._since = self._fed = clock()
        self._rethink_at = 0.0
        self._all: set[int] | None = None  # the processors to go back to, while the threads are kept on one

    @property
    def is_kept(self) -> bool:
        """Whether the threads are kept on one processor."""
        return self._all is not None

    def watch(self, work: Callable[[T], R]) -> Callable[[T], R]:
        """`work`, with an eye on what it takes; as it is where there is nothing to gain."""
        if not _is_possible():
            return work
        thread_time = time.thread_time

        def watched(task: T) -> R:
            began = thread_time()
            following = work(task)
            self._took(thread_time() - began)
            return following

        return watched

    def rest(self) -> None:
        """Called now and then by the loop that polls: no tasks for a while let the threads go."""
        if self.is_kept and self._clock() - self._fed > 2 * _LOOK_SECONDS:
            with self._lock:
                self._let_go()

    def _took(self, seconds: float) -> None:
        # Threads may overwrite each other's sums: the mean hardly changes, and a lock would cost what this saves.
        self._tasks += 1
        self._seconds += seconds
        now = self._fed = self._clock()
        if now - self._since >= _LOOK_SECONDS and self._lock.acquire(blocking=False):
            try:
                self._look(now)
            finally:
                self._lock.release()

    def _look(self, now: float) -> None:
        elapsed, tasks, seconds = now - self._since, self._tasks, self._seconds
        self._since, self._tasks, self._seconds = now, 0, 0.0
        pays = tasks >= _MANY_A_SECOND * elapsed and seconds <= tasks * _SHORT_SECONDS
        if self.is_kept and (not pays or now >= self._rethink_at):
            self._let_go()
        elif pays and not self.is_kept:
            self._keep(now)

    def _keep(self, now: float) -> None:
        processors = os.sched_getaffinity(0)
        if len(processors) > 1 and (chosen := _favourite()) in processors:
            self._all = processors
            self._rethink_at = now + _RETHINK_SECONDS
            _put_threads_on({chosen})

    def _let_go(self) -> None:
        if self._all is not None:
            _put_threads_on(self._all)
            self._all = None


def _is_possible() -> bool:
    if not hasattr(os, "sched_setaffinity") or not Path("/proc/self/task").is_dir():
        return False
    return os.environ.get("CONDUCTOR_WORKER_AFFINITY", "").lower() != "off" and len(os.sched_getaffinity(0)) > 1


def _threads() -> list[int]:
    return [int(name) for name in os.listdir("/proc/self/task")]


def _favourite() -> int:
    """The processor on which most threads of this process ran last; -1 for none."""
    ran: Counter[int] = Counter()
    for thread in _threads():
        with suppress(OSError, ValueError, IndexError):  # it has ended
            stat = Path(f"/proc/self/task/{thread}/stat").read_text()
            ran[int(stat.rpartition(")")[2].split()[_PROCESSOR_FIELD])] += 1
    return ran.most_common(1)[0][0] if ran else -1


def _put_threads_on(processors: set[int]) -> None:
    for thread in _threads():
        with suppress(OSError):  # it has ended, or the processors have been taken from us
            os.sched_setaffinity(thread, processors)
