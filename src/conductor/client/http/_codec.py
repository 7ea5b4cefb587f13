"""Bodies: what a call is given to bytes, and an answer's bytes to what the call promises."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from conductor.client.http._port import Response
from conductor.client.http.rest import AnswerError, ApiException, error_class

JSON = "application/json"


def encode_body(body: object, content_type: str | None) -> tuple[bytes | None, str | None]:
    """The bytes to send and their content type; text goes raw where the call says that it is not JSON."""
    if body is None:
        return None, None
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(body), content_type or "application/octet-stream"
    if isinstance(body, str) and content_type and not _is_json(content_type):
        return body.encode(), content_type
    return encode_json(body), content_type or JSON


def encode_json(value: object) -> bytes:
    """JSON of anything that a user may put in a request.

    Raises:
        TypeError, ValueError: something in it has no JSON; the message names its type.
    """
    try:
        return msgspec.json.encode(value, enc_hook=to_encodable, order=None)
    except RecursionError:
        raise ValueError("the body cannot be written as JSON: it contains itself, or is nested too deeply") from None


def to_encodable(value: Any) -> Any:
    """What msgspec does not know: models of other packages, numbers of numpy, objects with `to_dict`."""
    if hasattr(value, "attribute_map") and isinstance(value.attribute_map, Mapping):
        pairs = ((wire, getattr(value, name, None)) for name, wire in value.attribute_map.items())
        return {wire: item for wire, item in pairs if item is not None}
    for convert in ("model_dump", "to_dict", "tolist", "_asdict"):
        if callable(method := getattr(value, convert, None)):
            return method()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} cannot be written as JSON")


def decode_body(response: Response, response_type: Any, method: str, url: str) -> Any:
    """The answer as the call promises it: None, text, or a type decoded from JSON.

    Raises:
        AnswerError: the body is not that.
    """
    body = response.body
    if response_type is None or response.status == 204 or not body:
        return "" if response_type is str and response.status != 204 else None
    if response_type is bytes:
        return body
    if response_type is str:
        return _text(response)
    try:
        return _decoder(response_type).decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise AnswerError(
            response.status,
            response.reason,
            body=body[:10_000].decode("utf-8", "replace"),
            headers=response.headers,
            method=method,
            url=url,
            message=f"the answer is not what was expected: {_why(response, error)}",
        ) from error


def error_of(response: Response, method: str, url: str, text: str) -> ApiException:
    """The error that an answer outside 2xx is; `text` is its body with secrets masked."""
    message = None
    if 300 <= response.status < 400:
        message = "the server redirects, and credentials are sent to nobody else: set its final address"
    cls = error_class(response.status)
    headers = {name: value for name, value in response.headers.items() if name != "set-cookie"}
    return cls(response.status, response.reason, body=text, headers=headers, method=method, url=url, message=message)


@lru_cache(maxsize=512)
def _decoder(response_type: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(response_type, strict=False, dec_hook=_decode_foreign)


def _decode_foreign(expected: type, value: Any) -> Any:
    if isinstance(value, expected):
        return value
    if expected is datetime.datetime and isinstance(value, int):
        return datetime.datetime.fromtimestamp(value / 1000, datetime.timezone.utc)
    if expected is bytes and isinstance(value, str):
        return base64.b64decode(value)
    raise ValueError(f"no way to make a {expected.__name__}")


def _text(response: Response) -> str:
    # Some servers and proxies answer a text endpoint with a JSON string.
    if response.body.startswith(b'"') and _is_json(response.headers.get("content-type", "")):
        try:
            return str(msgspec.json.decode(response.body, type=str))
        except msgspec.DecodeError:
            pass
    return response.body.decode("utf-8", "replace")


def _is_json(content_type: str) -> bool:
    return "json" in content_type.lower()


def _why(response: Response, error: BaseException) -> str:
    if response.body.lstrip()[:1] == b"<":
        return "it is a web page; is this the address of a Conductor API?"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(error)
