"""Which handler answers a path: a tree of segments, where a literal one beats a parameter, as in Conductor (Spring)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from conductor.server.errors import Refused

#: A handler takes the services and the request and gives a Response or a value to be encoded, or an awaitable of one.
Handler = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: method, path template, handler; `text` marks bodies that are not JSON."""

    method: str
    template: str
    handler: Handler
    text: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(part[1:-1] for part in self.template.split("/") if part.startswith("{"))


class Routes(list[Route]):
    """A list of routes that is filled by decorators: ``@routes.get("/api/tasks/{taskId}")``."""

    def on(self, method: str, *templates: str, text: bool = False) -> Callable[[Handler], Handler]:
        def add(handler: Handler) -> Handler:
            self.extend(Route(method, template, handler, text) for template in templates)
            return handler

        return add

    def get(self, *templates: str) -> Callable[[Handler], Handler]:
        return self.on("GET", *templates)

    def post(self, *templates: str, text: bool = False) -> Callable[[Handler], Handler]:
        return self.on("POST", *templates, text=text)

    def put(self, *templates: str, text: bool = False) -> Callable[[Handler], Handler]:
        return self.on("PUT", *templates, text=text)

    def delete(self, *templates: str) -> Callable[[Handler], Handler]:
        return self.on("DELETE", *templates)


@dataclass(slots=True)
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None
    routes: dict[str, tuple[Route, tuple[str, ...]]] = field(default_factory=dict)


class Router:
    """Finds the route of a request by its method and raw path."""

    def __init__(self, routes: Iterable[Route]):
        self._root = _Node()
        self._plain: dict[tuple[str, str], Route] = {}
        for route in routes:
            self._add(route)

    def _add(self, route: Route) -> None:
        node = self._root
        for part in route.template.split("/")[1:]:
            if part.startswith("{"):
                node.parameter = node = node.parameter or _Node()
            else:
                node = node.literals.setdefault(part, _Node())
        if route.method in node.routes:
            raise ValueError(f"two routes for {route.method} {route.template}")
        node.routes[route.method] = (route, route.parameters)
        if not route.parameters:
            self._plain[route.method, route.template] = route

    def match(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """The route and its path parameters, decoded. Raises Refused with 404, or 405 where another method is known."""
        plain = self._plain.get((method, path))
        if plain is not None:
            return plain, {}
        parts = path.split("/")[1:]
        found = _find(self._root, parts, 0, method, [])
        if found is None:
            raise self._unknown(method, path)
        (route, names), values = found
        if "%" in path:
            values = [unquote(value) for value in values]
        return route, dict(zip(names, values, strict=True))

    def allowed(self, path: str) -> list[str]:
        """The methods that some route knows for a path."""
        methods = ("GET", "POST", "PUT", "DELETE")
        return [m for m in methods if _find(self._root, path.split("/")[1:], 0, m, [])]

    def _unknown(self, method: str, path: str) -> Refused:
        allowed = self.allowed(path)
        if not allowed:
            return Refused(404, f"No static resource {path[1:201]}.")
        headers = ((b"allow", ",".join([*allowed, "OPTIONS"]).encode()),)
        return Refused(405, f"Request method '{method}' is not supported", headers=headers)


_Found = tuple[tuple[Route, tuple[str, ...]], list[str]]


def _find(node: _Node, parts: list[str], at: int, method: str, values: list[str]) -> _Found | None:
    if at == len(parts):
        route = node.routes.get(method)
        return None if route is None else (route, values)
    part = parts[at]
    literal = node.literals.get(part)
    if literal is not None:
        found = _find(literal, parts, at + 1, method, values)
        if found is not None:
            return found
    if node.parameter is not None and part:
        return _find(node.parameter, parts, at + 1, method, [*values, part])
    return None
