"""The engine as its HTTP face and the tests see it: one plain method a use case.

All methods are called on one thread. A method changes memory and returns at once; `await engine.durable()` before
answering, so that what is answered is on disk.
"""

from __future__ import annotations

from conductor.engine.usecases.admin import Admin
from conductor.engine.usecases.bulk import Bulk
from conductor.engine.usecases.events import Events
from conductor.engine.usecases.metadata import Metadata
from conductor.engine.usecases.scheduler import Scheduler
from conductor.engine.usecases.search import Search
from conductor.engine.usecases.trial import Trial

__all__ = ["Engine"]


class Engine(Metadata, Trial, Bulk, Search, Events, Scheduler, Admin):
    """A Conductor engine in this process."""
