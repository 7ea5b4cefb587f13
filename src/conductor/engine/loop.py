"""Drives an engine: its timers, and the threads that run system tasks which wait for others."""

from __future__ import annotations

from conductor.engine.errors import NotYet
from conductor.engine.service import Engine


class EngineLoop:
    """Runs an engine on the running asyncio loop until stopped.

    async with EngineLoop(engine):
        ...
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def start(self) -> None:
        """Arm the timers and start the threads."""
        raise NotYet

    async def stop(self) -> None:
        """Stop the threads and close the engine."""
        raise NotYet

    async def __aenter__(self) -> EngineLoop:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()
