"""What an engine is opened with, and what a search asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class EngineSettings:
    """How an engine stores and what it allows."""

    #: path of the SQLite file, or ":memory:"
    database: str = ":memory:"
    #: "full": an answered request survives power loss; "normal": it survives a killed process
    durability: Literal["full", "normal"] = "full"
    #: finished executions older than this are removed; None keeps them for ever
    retention_seconds: float | None = None
    #: folder that removed executions are appended to as JSON lines; None: they are gone
    archive: str | None = None
    #: how many open workflows are kept in memory between two uses
    cached_workflows: int = 10_000
    #: how deep sub-workflows may nest
    max_workflow_depth: int = 100
    #: how many iterations a DO_WHILE may make
    max_loop_iterations: int = 100_000
    #: PULL_WORKFLOW_MESSAGES and its endpoint
    message_queue: bool = False
    #: payloads above this many bytes fail the task or workflow
    max_payload_bytes: int = 10 * 1024 * 1024
    #: workflow variables above this many bytes are refused
    max_variables_bytes: int = 256 * 1024


@dataclass(frozen=True)
class SearchRequest:
    """The parameters of the search endpoints."""

    query: str | None = None
    free_text: str | None = "*"
    sort: str | None = None
    start: int = 0
    size: int = 100
    classifier: str | None = None
    top_level_only: bool = False
