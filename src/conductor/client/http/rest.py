"""Errors of calls to Conductor, sorted by what the caller can do about them.

::

    ApiException                   status, reason, body, headers, method, url, message, validation_errors, transient
    ├── TransientError             nothing is wrong with the request: send it again later
    │   ├── UnreachableError       no connection: nothing was sent
    │   ├── ConnectionLostError    sent, but no whole answer came: the server may have done it
    │   │   └── RequestTimeoutError
    │   ├── ThrottledError         429: slow down (retry_after)
    │   ├── ServerError            5xx, 408
    │   └── AnswerError            the answer is not one of Conductor's: garbage, truncated, too large
    ├── RequestError               the server refuses this request: mend it
    │   ├── NotFoundError          404
    │   ├── ConflictError          409
    │   └── PayloadTooLargeError   413
    ├── AuthorizationException     401, 403, no token: mend the credentials
    └── SetupError                 certificate, proxy or address: mend the configuration

`str(error)` is one line. A missing status is a missing answer. Only a `RequestError` says that the same request can
never succeed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import msgspec

#: Longest part of a server's message shown in one line; the whole stays in `body`.
_SHOWN = 500


@dataclass(frozen=True)
class ValidationError:
    """One thing that the server found wrong in a request."""

    path: str
    message: str
    invalid_value: str | None = None

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" + (f" (got {self.invalid_value!r})" if self.invalid_value else "")


class ApiException(Exception):
    """A call to Conductor did not give an answer that can be used.

    Attributes:
        status: HTTP status, or None where there is no answer (`code` is another name for it).
        reason: the status line's words, or what happened in their place.
        body: the answer's text.
        headers: the answer's headers, names in lower case.
        method, url: of the request, the URL without query and credentials.
        message: the server's own message where it gave one.
        validation_errors: what the server found wrong in the request, one by one.
        transient: whether the same request may succeed later.
    """

    transient_by_nature = False

    def __init__(
        self,
        status: int | None = None,
        reason: str | None = None,
        http_resp: Any = None,
        body: str | None = None,
        transient: bool | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        method: str | None = None,
        url: str | None = None,
        message: str | None = None,
    ) -> None:
        if http_resp is not None:
            status = http_resp.status if status is None else status
            reason = reason or http_resp.reason
            body = body if body is not None else http_resp.data
            headers = headers or http_resp.getheaders()
        self.status = self.code = status
        self.reason = reason or phrase_of(status)
        self.body = body
        self.headers: dict[str, str] = dict(headers or {})
        self.method = method
        self.url = url
        self.server_message, self.error_code, self.validation_errors = read_error_body(body)
        self.message = message or self.server_message or self.reason
        self.transient = (self.transient_by_nature or is_transient(status)) if transient is None else transient
        super().__init__(status, self.reason)

    def is_not_found(self) -> bool:
        """Whether the server answered 404."""
        return self.status == HTTPStatus.NOT_FOUND

    def __str__(self) -> str:
        where = f"{self.method} {self.url}: " if self.method else ""
        what = " ".join(str(part) for part in (self.status, self.reason) if part)
        if self.message and self.message != self.reason:
            what += f": {one_line(self.message)}" if what else one_line(self.message)
        if self.validation_errors:
            what += " " + "; ".join(one_line(str(error)) for error in self.validation_errors)
        return where + (what or "no answer")

    def __reduce__(self) -> tuple[Any, ...]:
        return _revive, (type(self), dict(self.__dict__))


class TransientError(ApiException):
    """Nothing is wrong with the request: it may be sent again later."""

    transient_by_nature = True


class UnreachableError(TransientError):
    """No connection to the server: nothing was sent. `server` is the address that was tried."""

    server: str | None = None

    def __str__(self) -> str:
        server = self.server or (self.url and "{0.scheme}://{0.netloc}".format(urlsplit(self.url)))
        return (
            f"cannot reach Conductor at {server} ({self.reason}); is the server running?"
            " Its address is set by CONDUCTOR_SERVER_URL or Configuration(server_api_url=...)"
        )


class ConnectionLostError(TransientError):
    """The request was sent, or part of it, but no whole answer came: the server may have done what it asks."""


class RequestTimeoutError(ConnectionLostError):
    """No whole answer within the time given."""


class ThrottledError(TransientError):
    """The server asks to slow down; `retry_after` is in seconds where it says for how long."""

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server asks to wait."""
        return retry_after_seconds(self.headers)


class ServerError(TransientError):
    """The server failed; what was asked may have been done in part."""


class AnswerError(TransientError):
    """The answer is not one that Conductor gives: unreadable, truncated or too large."""


class RequestError(ApiException):
    """The server refuses this request; sent again it would be refused again."""


class NotFoundError(RequestError):
    """There is no such thing, or no such route."""


class ConflictError(RequestError):
    """It is there already, or not in a state for this."""


class PayloadTooLargeError(RequestError):
    """The request is larger than the server takes."""


class SetupError(ApiException):
    """The connection is set up wrongly: a certificate, a proxy, or an address that redirects."""


class AuthorizationException(ApiException):
    """The credentials are missing, wrong, or not enough for this."""

    @property
    def status_code(self) -> int | None:
        """Another name for `status`."""
        return self.status

    @property
    def token_expired(self) -> bool:
        """Whether the server said that the token is too old."""
        return self.error_code == "EXPIRED_TOKEN"

    @property
    def invalid_token(self) -> bool:
        """Whether the server said that it does not know the token."""
        return self.error_code == "INVALID_TOKEN"


RestException = ApiException


class RESTResponse:
    """An answer as older code knows it: status, reason, headers, and the body as text in `data`."""

    def __init__(
        self, status: Any, reason: str | None = None, data: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        self.content: bytes | None = None
        if not isinstance(status, int):  # an answer as a whole: ours, or one of urllib3, requests or httpx
            answer = status
            status = getattr(answer, "status", None) or getattr(answer, "status_code", 0)
            reason = getattr(answer, "reason", None) or getattr(answer, "reason_phrase", None)
            for name in ("body", "content", "data"):
                if isinstance(content := getattr(answer, name, None), bytes):
                    self.content, data = content, content.decode("utf-8", "replace")
                    break
            headers = {name.lower(): value for name, value in dict(answer.headers).items()}
        self.status: int = status
        self.reason = reason
        self.data = data or ""
        self.headers: Mapping[str, str] = headers or {}

    def json(self) -> Any:
        """The body decoded from JSON."""
        return msgspec.json.decode(self.data)

    def getheaders(self) -> Mapping[str, str]:
        """All headers, names in lower case."""
        return self.headers

    def getheader(self, name: str, default: str | None = None) -> str | None:
        """One header, in whatever case it is asked for."""
        return self.headers.get(name.lower(), default)


_BY_STATUS: dict[int, type[ApiException]] = {
    401: AuthorizationException,
    403: AuthorizationException,
    404: NotFoundError,
    408: ServerError,
    409: ConflictError,
    413: PayloadTooLargeError,
    425: ServerError,
    429: ThrottledError,
}


def phrase_of(status: int | None) -> str | None:
    """The usual words for a status, which servers leave out more and more."""
    try:
        return HTTPStatus(status).phrase if status else None
    except ValueError:
        return None


def error_class(status: int) -> type[ApiException]:
    """The class of error that an answer with this status is."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status < 200:
        return AnswerError
    if 300 <= status < 400:
        return SetupError
    if 400 <= status < 500 or not is_transient(status):
        return RequestError
    return ServerError


def is_transient(status: int | None) -> bool:
    """Whether a request answered so may succeed later; 501 and 505 say never."""
    return status is not None and (status in (408, 425, 429) or (status >= 500 and status not in (501, 505)))


def one_line(text: str) -> str:
    """The text on one line, cut where it gets long."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """The wait that an answer asks for, in seconds, written either as a number or as a date."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdecimal():
        return float(value)
    if not value:
        return None
    import time
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def read_error_body(body: str | None) -> tuple[str | None, str | None, tuple[ValidationError, ...]]:
    """The message, the error code and the validation errors in an error's body; each may be missing."""
    try:
        data = msgspec.json.decode(body or "")
    except (msgspec.DecodeError, RecursionError):
        text = (body or "").strip()
        return (text if text and not text.startswith("<") else None), None, ()
    if not isinstance(data, dict):
        return (data if isinstance(data, str) else None), None, ()
    message, code, errors = data.get("message"), data.get("error"), data.get("validationErrors")
    found = tuple(
        ValidationError(str(e.get("path", "")), str(e.get("message", "")), _text(e.get("invalidValue")))
        for e in (errors if isinstance(errors, list) else ())
        if isinstance(e, dict)
    )
    return _text(message) or _text(code), _text(code), found


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _revive(cls: type[ApiException], state: dict[str, Any]) -> ApiException:
    error = cls.__new__(cls, state["status"], state["reason"])
    error.__dict__.update(state)
    return error


def __getattr__(name: str) -> Any:
    if name == "RESTClientObject":
        # It sends through the transport, whose errors are those above: imported only by those who ask for it.
        from conductor.client.http._rest_client import RESTClientObject

        return RESTClientObject
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
