"""Decorators that turn `ApiException` into `APIError`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from conductor.client.exceptions.api_error import APIError
from conductor.client.http.rest import ApiException

C = TypeVar("C", bound=type)


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
