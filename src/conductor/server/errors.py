"""Errors of the HTTP face and their one shape on the wire.

ApiError              an answer with a status and a message for the caller
├── BadRequest        the request cannot be read (the status is a setting, see Settings.malformed_status)
└── Refused           turned away before any handler ran: access, limits, unknown path
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from functools import cache
from typing import Any


class ApiError(Exception):
    """An answer other than success: status, message, and the list of what is wrong where a definition is wrong."""

    def __init__(
        self,
        status: int,
        message: str | None,
        *,
        retryable: bool = False,
        validation_errors: Sequence[Any] | None = None,
        headers: Sequence[tuple[bytes, bytes]] = (),
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retryable = retryable
        self.validation_errors = validation_errors
        self.headers = tuple(headers)
        self.code = code


class BadRequest(ApiError):
    """The request cannot be read: malformed JSON, a parameter missing or of the wrong type."""

    def __init__(self, message: str) -> None:
        super().__init__(400, message)


class Refused(ApiError):
    """The request was turned away before a handler saw it."""


@cache
def host_name() -> str:
    """The name of this machine, as error bodies give it."""
    return socket.gethostname()


def error_body(error: ApiError) -> dict[str, Any]:
    """The JSON of an error as Conductor writes it; ``error`` is added where clients look for a code (tokens)."""
    body: dict[str, Any] = {"status": error.status}
    if error.code is not None:
        body["error"] = error.code
    if error.message is not None:
        body["message"] = error.message
    if error.validation_errors is None:
        body["instance"] = host_name()
    body["retryable"] = error.retryable
    if error.validation_errors is not None:
        body["validationErrors"] = list(error.validation_errors)
    return body
