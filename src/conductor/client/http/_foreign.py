"""The one border where errors of urllib3 and of the socket below become ours."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import BadStatusLine, HTTPException, IncompleteRead, RemoteDisconnected

from urllib3 import exceptions as foreign

from conductor.client.configuration.redact import redact_url
from conductor.client.http._port import Request
from conductor.client.http.rest import (
    AnswerError,
    ApiException,
    ConnectionLostError,
    RequestTimeoutError,
    SetupError,
    TransientError,
    UnreachableError,
)


@contextmanager
def translated(request: Request) -> Iterator[None]:
    """Raise errors of our tree, with the request's method and URL, in place of foreign ones."""
    try:
        yield
    except (foreign.HTTPError, OSError, HTTPException) as error:
        raise translate(error, request) from error


def translate(error: BaseException, request: Request) -> ApiException:
    """The error of ours for a foreign one; the most specific row wins."""
    cls, reason = _classify(error, request)
    return cls(None, reason, method=request.method, url=redact_url(request.url).partition("?")[0])


def _classify(error: BaseException, request: Request) -> tuple[type[ApiException], str]:
    connect, read = request.timeout
    match error:
        case foreign.MaxRetryError(reason=Exception() as reason):
            return _classify(reason, request)
        case foreign.EmptyPoolError():
            return TransientError, f"all connections were in use for {connect:g} s (Configuration.pool_size)"
        case foreign.ProxyError():
            return _classify_proxy(error)
        case foreign.NameResolutionError():
            return UnreachableError, "its name is not known"
        case foreign.NewConnectionError():
            return UnreachableError, _cause(error)
        case foreign.ConnectTimeoutError():
            return UnreachableError, f"no connection within {connect:g} s"
        case foreign.TimeoutError() | TimeoutError():
            return RequestTimeoutError, f"no whole answer within {read:g} s"
        case foreign.SSLError() | ssl.SSLError():
            return _classify_tls(error)
        case foreign.DecodeError():
            return AnswerError, "the answer's content encoding is broken"
        case foreign.LocationValueError() | foreign.InvalidHeader():
            return SetupError, str(error)
        case foreign.ProtocolError():
            return _classify_protocol(error)
        case ConnectionRefusedError():
            return UnreachableError, "connection refused"
        case _:
            return ConnectionLostError, f"connection lost ({_cause(error)})"


def _classify_proxy(error: foreign.ProxyError) -> tuple[type[ApiException], str]:
    original = error.original_error
    if isinstance(original, (foreign.NewConnectionError, foreign.TimeoutError)):
        return UnreachableError, f"the proxy does not answer: {_cause(original)}"
    return SetupError, f"the proxy refuses: {redact_url(str(original))}"


def _classify_tls(error: BaseException) -> tuple[type[ApiException], str]:
    inner = error.args[0] if error.args and isinstance(error.args[0], ssl.SSLError) else error
    text = str(inner)
    if isinstance(inner, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return ConnectionLostError, "the TLS connection was cut"
    if isinstance(inner, ssl.SSLCertVerificationError):
        why = inner.verify_message or text
        return SetupError, f"the server's certificate is not trusted: {why} (Configuration.ssl_ca_cert)"
    if "WRONG_VERSION_NUMBER" in text or "HTTP_REQUEST" in text:
        return SetupError, "the server does not speak TLS: is it http:// and not https://?"
    return SetupError, f"TLS: {getattr(inner, 'reason', None) or text}"


def _classify_protocol(error: foreign.ProtocolError) -> tuple[type[ApiException], str]:
    inner = error.args[1] if len(error.args) > 1 else None
    match inner:
        case IncompleteRead():
            return ConnectionLostError, f"the answer was cut off after {_length(inner)} bytes"
        case RemoteDisconnected():
            return ConnectionLostError, "the server closed the connection without an answer"
        case BadStatusLine():
            return AnswerError, "the answer is not HTTP"
        case TimeoutError():
            return RequestTimeoutError, "the request could not be sent in time"
        case ssl.SSLError():
            return _classify_tls(inner)
        case HTTPException():
            return AnswerError, f"the answer is not HTTP ({type(inner).__name__})"
        case OSError():
            return ConnectionLostError, f"connection lost ({_cause(inner)})"
        case _:
            return ConnectionLostError, f"connection lost ({error})"


def _length(error: IncompleteRead) -> int:
    partial: object = error.partial  # http.client gives the bytes, urllib3 their number
    return partial if isinstance(partial, int) else len(error.partial)


def _cause(error: BaseException) -> str:
    """The operating system's words for what happened, without addresses of objects."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.strerror:
            return seen.strerror.lower()
        seen = seen.__cause__ or seen.__context__
    return str(error).rpartition(": ")[2] or type(error).__name__
