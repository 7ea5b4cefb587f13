"""All operations of the server, in one visible list."""

from __future__ import annotations

from collections.abc import Iterable

from conductor.server.handlers import admin, bulk, events, metadata, schedules, tasks, workflows
from conductor.server.handlers.system import left_out_routes
from conductor.server.router import Route

#: Operations that need nothing but the engine. Those that wait, and those about the server itself, are added to them.
ENGINE_ROUTES: tuple[Iterable[Route], ...] = (
    metadata.routes,
    tasks.routes,
    workflows.routes,
    bulk.routes,
    events.routes,
    schedules.routes,
    admin.routes,
)


def all_routes(*more: Iterable[Route]) -> list[Route]:
    """The engine's operations, `more`, and those that are left out and answer 501."""
    return [route for routes in (*ENGINE_ROUTES, *more, left_out_routes()) for route in routes]
