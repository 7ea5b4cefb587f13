"""Decorators that turn `ApiException` into `APIError`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, TypeVar

from conductor.client.exceptions.api_error import APIError
from conductor.client.http.rest import ApiException

C = TypeVar("C", bound=type)

BAD_REQUEST_STATUS = int(HTTPStatus.BAD_REQUEST)
FORBIDDEN_STATUS = int(HTTPStatus.FORBIDDEN)
NOT_FOUND_STATUS = int(HTTPStatus.NOT_FOUND)
REQUEST_TIMEOUT_STATUS = int(HTTPStatus.REQUEST_TIMEOUT)
CONFLICT_STATUS = int(HTTPStatus.CONFLICT)
STATUS_TO_MESSAGE_DEFAULT_MAPPING = {
    BAD_REQUEST_STATUS: "the request is not valid",
    FORBIDDEN_STATUS: "this is not allowed",
    NOT_FOUND_STATUS: "there is no such thing",
    REQUEST_TIMEOUT_STATUS: "the request took too long",
    CONFLICT_STATUS: "it is there already",
}


def api_exception_handler(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, raising `APIError` where it raised `ApiException`."""

    @functools.wraps(function)
    def handled(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except APIError:
            raise
        except ApiException as error:
            raise APIError(status=error.status, reason=error.reason, body=error.body) from error

    return handled


def for_all_methods(decorator: Callable[..., Any], exclude: Iterable[str] | None = None) -> Callable[[C], C]:
    """A class decorator that puts `decorator` around each public method that `exclude` does not name."""
    left_out = set(exclude or ())

    def decorate(cls: C) -> C:
        for name, value in list(vars(cls).items()):
            if inspect.isfunction(value) and not name.startswith("_") and name not in left_out:
                setattr(cls, name, decorator(value))
        return cls

    return decorate
