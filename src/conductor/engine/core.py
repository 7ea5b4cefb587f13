"""What all use cases share."""

from __future__ import annotations

import asyncio

from conductor.engine.errors import NotYet
from conductor.engine.settings import EngineSettings


class Core:
    """The engine's state and the parts it works with."""

    def __init__(self, settings: EngineSettings | None = None) -> None:
        self.settings = settings or EngineSettings()

    def durable_future(self) -> asyncio.Future[None]:
        """Done when all that was changed so far is on disk; fails with Unavailable where it could not be written."""
        raise NotYet

    async def durable(self) -> None:
        """Wait until all that was changed so far is on disk.

        Raises Unavailable where it could not be written; then nothing of it was kept.
        """
        await self.durable_future()

    def next_deadline(self) -> int | None:
        """When `tick` has something to do next, in epoch milliseconds; None: nothing waits for a time."""
        raise NotYet

    def tick(self, now: int) -> None:
        """Do all that is due at `now` (epoch milliseconds): timeouts, waits, retries, schedules."""
        raise NotYet

    def close(self) -> None:
        """Write what is to be written and let go of the file."""
