"""Errors that help: a call that names what the server does not know says so, and suggests the known name next to it."""

from __future__ import annotations

import difflib
import functools
import inspect
import operator
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, ParamSpec, TypeVar

from conductor.client.http.rest import ApiException, NotFoundError, ServerError

P = ParamSpec("P")
R = TypeVar("R")

#: The names that there are; where they have versions, with those.
Names = Iterable[str] | Mapping[str, Iterable[int]]

#: How the server begins to say, with status 500, that it does not know a name.
_UNKNOWN: Final = ("No such ", "EventHandler with name ")


def suggesting(kind: str, parameter: str, known: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorates a method of a client.

    Args:
        kind: what `parameter` names, for the message.
        parameter: the method's parameter, or an attribute of it: `start_workflow_request.name`.
        known: the method of the client that gives the names that there are; called at most once, after an error.
    """

    def decorate(method: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(method)
        def asked(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return method(*args, **kwargs)
            except (NotFoundError, ServerError) as error:
                failed = error
            name = _name(failed, method, parameter, args, kwargs)
            if name is not None:
                try:
                    names: Names = getattr(args[0], known)()
                except ApiException:
                    names = ()
                failed = _explained(failed, kind, name, names)
            raise failed

        return asked

    return decorate


def suggesting_async(
    kind: str, parameter: str, known: str
) -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Awaitable[R]]]:
    """As `suggesting`, for a coroutine function."""

    def decorate(method: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
        @functools.wraps(method)
        async def asked(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return await method(*args, **kwargs)
            except (NotFoundError, ServerError) as error:
                failed = error
            name = _name(failed, method, parameter, args, kwargs)
            if name is not None:
                try:
                    names: Names = await getattr(args[0], known)()
                except ApiException:
                    names = ()
                failed = _explained(failed, kind, name, names)
            raise failed

        return asked

    return decorate


def near(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` where a known name is close, else nothing."""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _name(error: ApiException, method: Callable[..., Any], parameter: str, args: Any, kwargs: Any) -> str | None:
    """The name that the server does not know; None where the error is another one."""
    says_unknown = error.status == 500 and (error.server_message or "").startswith(_UNKNOWN)
    if not (says_unknown or error.is_not_found()):
        return None
    first, _, attribute = parameter.partition(".")
    value = inspect.signature(method).bind(*args, **kwargs).arguments[first]
    name = operator.attrgetter(attribute)(value) if attribute else value
    return name if isinstance(name, str) else None


def _explained(error: ApiException, kind: str, name: str, known: Names) -> NotFoundError:
    if name in known:
        versions = sorted(known[name]) if isinstance(known, Mapping) else []
        message = f"there is a {kind} {name!r}"
        message += f", in version {', '.join(map(str, versions))}" if versions else ""
    else:
        message = f"no {kind} {name!r}{near(name, known)}"
    if error.server_message:
        message += f" (the server: {error.server_message})"
    explained = NotFoundError(
        error.status, error.reason, body=error.body, transient=False, headers=error.headers, method=error.method,
        url=error.url, message=message,
    )  # fmt: skip
    return explained.with_traceback(error.__traceback__)
