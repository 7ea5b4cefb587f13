"""What handlers give and what they raise, as answers on the wire."""

from __future__ import annotations

from typing import Any

import msgspec

from conductor.engine.errors import EngineError, Unavailable, ValidationFailed
from conductor.server.errors import ApiError, BadRequest, error_body
from conductor.server.messages import JSON, TEXT, Response

_encode = msgspec.json.Encoder().encode


def answer(result: Any) -> Response:
    """What a handler gave, encoded: a Response as it is, None as an empty 200, a string as text, the rest as JSON."""
    if isinstance(result, Response):
        return result
    if result is None:
        return Response()
    if isinstance(result, str):
        return Response(200, result.encode(), TEXT)
    return Response(200, _encode(result), JSON)


def answer_to_error(error: ApiError | EngineError, malformed_status: int = 400) -> Response:
    """The answer to a request that failed; `malformed_status` is that of requests which cannot be read."""
    if isinstance(error, EngineError):
        error = _api_error(error)
    elif isinstance(error, BadRequest) and malformed_status != error.status:
        error = ApiError(malformed_status, error.message)
    if error.status == 204:
        return Response(204, headers=error.headers)
    return Response(error.status, _encode(error_body(error)), JSON, error.headers)


def _api_error(error: EngineError) -> ApiError:
    broken = None
    if isinstance(error, ValidationFailed):
        broken = [
            {"path": e.path, "message": e.message}
            | ({} if e.invalid_value is None else {"invalidValue": e.invalid_value})
            for e in error.errors
        ]
    later = ((b"retry-after", b"1"),) if isinstance(error, Unavailable) else ()
    return ApiError(error.status, error.message, retryable=error.retryable, validation_errors=broken, headers=later)
