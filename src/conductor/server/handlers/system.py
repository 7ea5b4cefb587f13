"""Health, version, metrics, tokens, the API document, and what this server leaves out."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import msgspec

from conductor.engine.errors import NotYet
from conductor.engine.service import Engine
from conductor.server.errors import ApiError
from conductor.server.messages import JSON, Request, Response
from conductor.server.metrics import Metrics
from conductor.server.router import Routes
from conductor.server.security import Tokens
from conductor.server.settings import Settings

DOCUMENT = "openapi.json"
METRICS_MEDIA = b"text/plain; version=0.0.4; charset=utf-8"
LEFT_OUT = (
    "Agents and AI are not part of the embedded server. Everything else of Conductor's API is; "
    "for agents use a Conductor server."
)
#: Operations of the API document that are agents' and AI's alone. A template's parameters stand for any value.
_LEFT_OUT_PREFIXES = ("/api/agent", "/api/a2a", "/api/providers", "/context.js")


class TokenRequest(msgspec.Struct, rename="camel"):
    """The body of `POST /api/token`."""

    key_id: str
    key_secret: str


def document() -> bytes:
    """The OpenAPI document of the server whose API this is."""
    return files("conductor.server").joinpath(DOCUMENT).read_bytes()


def system_routes(settings: Settings, metrics: Metrics, tokens: Tokens | None) -> Routes:
    """The routes of these operations."""
    routes = Routes()

    @routes.get("/health", "/api/health")
    def health(engine: Engine, request: Request) -> dict[str, Any]:
        try:
            return engine.health()
        except NotYet:  # it answers, so it is well; the engine has nothing to add so far
            return {"healthResults": [], "suppressedHealthResults": [], "healthy": True}

    @routes.get("/api/version")
    def version(engine: Engine, request: Request) -> str:
        return settings.server_version

    @routes.get("/api-docs")
    def api_docs(engine: Engine, request: Request) -> Response:
        return Response(200, document(), JSON)

    @routes.get("/metrics", "/actuator/prometheus")
    def prometheus(engine: Engine, request: Request) -> Response:
        return Response(200, metrics.text(engine).encode(), METRICS_MEDIA)

    if tokens is not None:

        @routes.post("/api/token")
        def token(engine: Engine, request: Request) -> dict[str, str]:
            asked = request.decode(TokenRequest)
            return {"token": tokens.issue(asked.key_id, asked.key_secret)}

    return routes


def left_out(engine: Engine, request: Request) -> Response:
    raise ApiError(501, LEFT_OUT)


def left_out_routes() -> Routes:
    """Every operation of the document that this server leaves out, so that asking for it says why."""
    routes = Routes()
    paths: dict[str, dict[str, Any]] = msgspec.json.decode(document(), type=_Document).paths
    for path, operations in paths.items():
        if path.startswith(_LEFT_OUT_PREFIXES):
            for method in operations:
                routes.on(method.upper(), path)(left_out)
    return routes


class _Document(msgspec.Struct):
    paths: dict[str, dict[str, Any]]
