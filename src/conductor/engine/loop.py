"""Drives an engine: its timers, and the threads that run system tasks which wait for others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from conductor.engine.service import Engine

log = logging.getLogger(__name__)

#: system tasks that wait for others (HTTP, Kafka, those of packages) at one time
JOB_THREADS = 16
#: timers are looked at this often even if nothing is due: a clock that was set is noticed
_LONGEST_SLEEP_SECONDS = 60.0


class EngineLoop:
    """Runs an engine on the running asyncio loop until stopped.

    async with EngineLoop(engine):
        ...
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._threads: ThreadPoolExecutor | None = None

    async def start(self) -> None:
        """Arm the timers and start the threads."""
        self._loop = asyncio.get_running_loop()
        self._threads = ThreadPoolExecutor(JOB_THREADS, thread_name_prefix="conductor-job")
        self.engine.jobs = self
        self._arm()

    async def stop(self) -> None:
        """Stop the threads and close the engine."""
        self._loop, timer = None, self._timer
        if timer is not None:
            timer.cancel()
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
        self.engine.close()

    async def __aenter__(self) -> EngineLoop:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    def submit(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Run `work` in a thread, then call `done` with its result on the loop."""
        if self._threads is None:
            raise RuntimeError("the engine's loop has not been started")
        self._threads.submit(self._run_job, work, done)

    def _run_job(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        result = work()
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._job_done, done, result)

    def _job_done(self, done: Callable[[Any], None], result: Any) -> None:
        if self._loop is not None:
            done(result)
            self.engine.drain()
            self.engine.journal.flush_soon()

    def _arm(self) -> None:
        """Have `_tick` called when the next timer is due, or earlier when an earlier one is set."""
        if self._loop is None:
            return
        if self._timer is not None:
            self._timer.cancel()
        due = self.engine.timers.watch(self._rearm_soon)
        seconds = _LONGEST_SLEEP_SECONDS if due is None else (due - self.engine.clock()) / 1000
        self._timer = self._loop.call_later(min(max(seconds, 0.0), _LONGEST_SLEEP_SECONDS), self._tick)

    def _rearm_soon(self) -> None:
        if self._loop is not None:
            self._loop.call_soon(self._arm)

    def _tick(self) -> None:
        try:
            self.engine.tick(self.engine.clock())
            self.engine.journal.flush_soon()
        except Exception:
            log.exception("a tick of the engine failed")
        self._arm()
