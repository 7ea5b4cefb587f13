"""A request as handlers read it, and a response as they give it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

from conductor.server.codec import decode
from conductor.server.errors import BadRequest
from conductor.server.settings import Limits

T = TypeVar("T")
Receive = Callable[[], Awaitable[dict[str, Any]]]

JSON = b"application/json"
TEXT = b"text/plain;charset=UTF-8"

#: What Conductor (Spring) takes for a boolean; an empty value means the default.
_BOOLEANS = {"true": True, "on": True, "yes": True, "1": True, "false": False, "off": False, "no": False, "0": False}
_BOXED = {32: "java.lang.Integer", 64: "java.lang.Long"}
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")


@dataclass(slots=True)
class Response:
    """Status, body and its media type; ``headers`` come on top of those that every answer carries."""

    status: int = 200
    body: bytes = b""
    media: bytes | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()


NO_CONTENT = Response(204)


def json_response(value: Any, status: int = 200) -> Response:
    return Response(status, msgspec.json.encode(value), JSON)


def text_response(text: str, status: int = 200) -> Response:
    return Response(status, text.encode(), TEXT)


class Request:
    """One request: what the router found in its path, its parameters, its body.

    Parameters that cannot be read raise BadRequest with the message that Conductor gives.
    """

    __slots__ = ("_query", "body", "headers", "limits", "method", "params", "query_string", "receive")

    def __init__(
        self, method: str, headers: Mapping[bytes, bytes], query_string: bytes, receive: Receive, limits: Limits
    ):
        self.method = method
        self.headers = headers
        self.query_string = query_string
        self.receive = receive
        self.limits = limits
        self.params: Mapping[str, str] = {}
        self.body = b""
        self._query: dict[str, list[str]] | None = None

    @property
    def query(self) -> dict[str, list[str]]:
        """The query parameters; a repeated one has several values."""
        if self._query is None:
            self._query = {}
            if self.query_string:
                text = self.query_string.decode("utf-8", "replace")
                try:
                    pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=1000)
                except ValueError:
                    raise BadRequest("More than 1000 query parameters") from None
                for name, value in pairs:
                    self._query.setdefault(name, []).append(value)
        return self._query

    def text(self, name: str, default: str | None = None) -> str | None:
        values = self.query.get(name)
        return values[0] if values else default

    def texts(self, name: str) -> list[str]:
        """All values of a parameter, given repeatedly or separated by commas."""
        return [part for value in self.query.get(name, ()) for part in value.split(",")]

    def required(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise BadRequest(
                f"Required request parameter '{name}' for method parameter type String is not present",
            )
        return value

    def integer(self, name: str, default: int, *, bits: int = 32) -> int:
        value = self.text(name)
        return _integer(name, value, bits, "int" if bits == 32 else "long") if value else default

    def optional_integer(self, name: str, *, bits: int = 32) -> int | None:
        """A whole number of a query parameter; None where it is absent or empty."""
        value = self.text(name)
        return _integer(name, value, bits, _BOXED[bits]) if value else None

    def path_integer(self, name: str, *, bits: int = 32) -> int:
        return _integer(name, self.params[name], bits, _BOXED[bits])

    def boolean(self, name: str, default: bool) -> bool:
        value = self.text(name)
        if not value:
            return default
        found = _BOOLEANS.get(value.lower())
        if found is None:
            raise BadRequest(
                f"Method parameter '{name}': Failed to convert value of type 'java.lang.String' "
                f"to required type 'boolean'; Invalid boolean value [{value[:100]}]",
            )
        return found

    def path_choice(self, name: str, choices: frozenset[str]) -> str:
        return _choice(name, self.params[name], choices)

    def choice(self, name: str, choices: frozenset[str], default: str) -> str:
        return _choice(name, self.text(name) or default, choices)

    def decode(self, kind: type[T]) -> T:
        """The body as a value of the type; BadRequest where there is none or it does not fit."""
        value = self.decode_optional(kind)
        if value is None:
            raise BadRequest("Required request body is missing")
        return value

    def decode_optional(self, kind: type[T]) -> T | None:
        return decode(self.body, kind, self.limits.json_depth) if self.body else None

    def text_body(self) -> str:
        """The body as the text that it is, "" where there is none."""
        try:
            return self.body.decode()
        except UnicodeDecodeError:
            raise BadRequest("The request body is not UTF-8") from None

    def required_text_body(self) -> str:
        if not self.body:
            raise BadRequest("Required request body is missing")
        return self.text_body()


def _integer(name: str, value: str, bits: int, java_type: str) -> int:
    if _INTEGER.fullmatch(value.strip()):
        number = int(value)
        if -(1 << (bits - 1)) <= number < 1 << (bits - 1):
            return number
    raise BadRequest(
        f"Method parameter '{name}': Failed to convert value of type 'java.lang.String' "
        f"to required type '{java_type}'; For input string: \"{value[:100]}\"",
    )


def _choice(name: str, value: str, choices: frozenset[str]) -> str:
    value = value.strip()
    if value not in choices:
        raise BadRequest(
            f"Method parameter '{name}': Failed to convert value of type 'java.lang.String'; "
            f"'{value[:100]}' is none of {', '.join(sorted(choices))}",
        )
    return value
