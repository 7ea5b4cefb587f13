"""`APIError`: an `ApiException` under an older name, with its code as an enum."""

from __future__ import annotations

from enum import Enum

from conductor.client.http.rest import ApiException


class APIErrorCode(int, Enum):
    """HTTP statuses that have a meaning of their own."""

    NOT_FOUND = 404
    FORBIDDEN = 403
    CONFLICT = 409
    BAD_REQUEST = 400
    REQUEST_TIMEOUT = 408
    UNKNOWN = 0

    @classmethod
    def _missing_(cls, value: object) -> APIErrorCode:
        return cls.UNKNOWN


class APIError(ApiException):
    """A failed call; `str()` is one line, `APIErrorCode(error.status or 0)` its kind."""
