"""Settings of the server: addresses, limits, access. Values only; nothing here opens a file or a socket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

#: Conductor's hard maximum of a payload (10,240 kB) and room for the envelope around it: the engine's own rule decides.
MAX_BODY_BYTES = 10 * 1024 * 1024 + 256 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request and its connection may cost. Bytes, seconds and counts as the names say."""

    body_bytes: int = MAX_BODY_BYTES
    header_bytes: int = 16 * 1024
    header_count: int = 100
    url_bytes: int = 8 * 1024
    json_depth: int = 200
    connections: int = 1500
    header_seconds: float = 10.0
    body_seconds: float = 60.0
    idle_seconds: float = 30.0
    long_poll_millis: int = 5000
    search_rows: int = 5000


@dataclass(frozen=True, slots=True)
class Access:
    """Who may talk to the server.

    ``keys`` maps key ids to secrets; empty means that no token is asked for. ``host_names`` are names a Host header may
    carry besides those of the address that the server is bound to.
    """

    keys: Mapping[str, str] = field(default_factory=dict)
    host_names: frozenset[str] = frozenset()
    token_seconds: float = 3600.0
    token_attempts_per_second: float = 5.0


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """Where the requests of workflows may go.

    allow: host names, addresses and networks (`10.0.0.0/8`) that are let through whatever they are.
    only: where not empty, host names and addresses that requests are limited to.
    local: whether loopback and private networks may be asked; None: where the server serves this machine alone.
    own_port: the server's own port, which its workflows may not ask on this machine; the server fills it in.
    """

    allow: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    local: bool | None = None
    own_port: int | None = None
    most_redirects: int = 5
    most_bytes: int = 10 * 1024 * 1024
    most_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Settings:
    """All that the HTTP face needs to know.

    ``malformed_status`` answers requests that cannot be read (malformed JSON, a missing parameter, a wrong type).
    Conductor says 500, which clients take for a fault of the server and try again; 400 says what is true and ends the
    retries, so it is the default. 500 gives Conductor's own answer.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    access: Access = field(default_factory=Access)
    limits: Limits = field(default_factory=Limits)
    fetch: FetchPolicy = field(default_factory=FetchPolicy)
    malformed_status: int = 400
    server_version: str = "3.32.3"
