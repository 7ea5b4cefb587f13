"""What every generated API class inherits: one call, with the options that users of conductor-python know."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypedDict, TypeVar, overload

import msgspec

from conductor.client.http._codec import decode_body
from conductor.client.http.api_client import ApiClient
from conductor.client.http.models._nulls import decode_without_nulls
from conductor.client.http.rest import AnswerError, RequestError, RESTResponse
from conductor.client.http.thread import PendingCall

if TYPE_CHECKING:
    from typing_extensions import ParamSpec

    from conductor.client.http._port import Response

    P = ParamSpec("P")

T = TypeVar("T")
HttpInfo = tuple[T, int, Mapping[str, str]]
_OPTIONS = {"_request_timeout", "_return_http_data_only", "_preload_content", "async_req"}


class CallOptions(TypedDict, total=False):
    """What every method takes besides its own parameters."""

    #: Seconds for the whole answer, or (seconds to connect, seconds for the whole answer).
    _request_timeout: float | tuple[float, float] | None
    #: False: the method returns (data, status, headers); `..._with_http_info` is the typed way.
    _return_http_data_only: bool
    #: False: the method returns the answer as it came, a `RESTResponse`.
    _preload_content: bool
    #: True: the call runs in a thread, and the method returns a `PendingCall`. The async classes do not take it.
    async_req: bool


class OrkesOnlyError(RequestError):
    """The server has no such endpoint: it is a feature of Orkes servers, not of open-source Conductor."""

    def is_not_found(self) -> bool:
        """Not an object is missing but the feature."""
        return False


class Api:
    """A resource of the Conductor API: each method is one call to one endpoint.

    :param api_client: what makes the calls; by default one made from the environment
    """

    def __init__(self, api_client: ApiClient | None = None) -> None:
        self.api_client = api_client or ApiClient()

    @overload
    def _call(self, method: str, path: str, /, *, returns: None = ..., **call: Any) -> None: ...
    @overload
    def _call(self, method: str, path: str, /, *, returns: type[T], **call: Any) -> T: ...
    def _call(self, method: str, path: str, /, *, returns: Any = None, **call: Any) -> Any:
        options = _take_options(method, path, call)
        if options.get("async_req"):
            return PendingCall(lambda: self._make(method, path, returns, call, options))
        return self._make(method, path, returns, call, options)

    def _make(self, method: str, path: str, returns: Any, call: dict[str, Any], options: CallOptions) -> Any:
        orkes_feature = call.pop("orkes_feature", None)
        try:
            response = self.api_client.exchange(method, path, **call)
        except RequestError as error:
            raise _explained(error, orkes_feature) from error.__cause__
        return _unpacked(response, method, path, returns, options)


class AsyncClient(Protocol):
    """What the async classes need of their client: `ApiClient.exchange`, to be awaited."""

    async def exchange(self, method: str, path: str, **call: Any) -> Response:
        """See `ApiClient.exchange`."""
        ...


class AsyncApi:
    """A resource of the Conductor API whose methods are awaited.

    :param api_client: what makes the calls; by default one made from the environment
    """

    def __init__(self, api_client: AsyncClient | None = None) -> None:
        self.api_client = api_client or _default_async_client()

    @overload
    async def _call(self, method: str, path: str, /, *, returns: None = ..., **call: Any) -> None: ...
    @overload
    async def _call(self, method: str, path: str, /, *, returns: type[T], **call: Any) -> T: ...
    async def _call(self, method: str, path: str, /, *, returns: Any = None, **call: Any) -> Any:
        options = _take_options(method, path, call)
        if options.get("async_req"):
            raise TypeError(f"{method} {path}: async_req is for the blocking classes; await this one instead")
        orkes_feature = call.pop("orkes_feature", None)
        try:
            response = await self.api_client.exchange(method, path, **call)
        except RequestError as error:
            raise _explained(error, orkes_feature) from error.__cause__
        return _unpacked(response, method, path, returns, options)


def _default_async_client() -> AsyncClient:
    from conductor.client.http.async_api_client import AsyncApiClient  # asyncio is not for everybody

    return AsyncApiClient()


def with_http_info(method: Callable[P, T]) -> Callable[P, HttpInfo[T]]:
    """The twin of a method that returns (data, status, headers)."""

    @functools.wraps(method)
    def twin(*args: Any, **options: Any) -> Any:
        return method(*args, **{**options, "_return_http_data_only": False})

    twin.__name__ = f"{method.__name__}_with_http_info"
    return twin


def async_with_http_info(method: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[HttpInfo[T]]]:
    """The twin of a coroutine method that returns (data, status, headers)."""
    return with_http_info(method)  # type: ignore[return-value]  # awaiting it gives the three


def exploded(name: str, value: object) -> dict[str, object]:
    """A structured query parameter as the server binds it, `taskInput[key]=value`; text by the parameter's own name."""
    if value is None or isinstance(value, str):
        return {name: value}
    fields = msgspec.to_builtins(value)
    return {f"{field}[{key}]": item for field, items in fields.items() for key, item in items.items()}


def _take_options(method: str, path: str, call: dict[str, Any]) -> CallOptions:
    options: CallOptions = {}
    for name in [name for name in call if name not in _CALL]:
        if name not in _OPTIONS:
            raise TypeError(f"{method} {path}: unexpected keyword argument {name!r}")
        options[name] = call.pop(name)  # type: ignore[literal-required]
    if (timeout := options.get("_request_timeout")) is not None:
        call["timeout"] = timeout
    return options


#: What the generated methods pass on.
_CALL = {"path_params", "query", "headers", "body", "orkes_feature"}
#: How a server says that it has no such route, rather than no such object.
_NO_SUCH_ROUTE = ("No static resource", "Request method")


def _explained(error: RequestError, orkes_feature: str | None) -> RequestError:
    """The error, or, where the server lacks an endpoint that only Orkes servers have, one that says so."""
    if orkes_feature is None or not (error.server_message or "").startswith(_NO_SUCH_ROUTE):
        return error
    return OrkesOnlyError(
        error.status,
        error.reason,
        body=error.body,
        headers=error.headers,
        method=error.method,
        url=error.url,
        message=f"this server cannot {orkes_feature}: only Orkes servers can, and this is open-source Conductor",
    )


def _unpacked(response: Response, method: str, path: str, returns: Any, options: CallOptions) -> Any:
    if not options.get("_preload_content", True):
        text = response.body.decode("utf-8", "replace")
        return RESTResponse(response.status, response.reason, text, response.headers)
    data = _decoded(response, method, path, Any if returns is object else returns)
    return data if options.get("_return_http_data_only", True) else (data, response.status, response.headers)


def _decoded(response: Response, method: str, path: str, returns: Any) -> Any:
    try:
        return decode_body(response, returns, method, path)
    except AnswerError as error:
        if not isinstance(error.__cause__, msgspec.ValidationError):
            raise
        try:
            return decode_without_nulls(response.body, returns)
        except msgspec.ValidationError:
            raise error from error.__cause__
