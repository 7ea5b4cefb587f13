"""Ways to call the API that code written for older clients knows: `call_api` and the helpers around it."""

from __future__ import annotations

import datetime
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from conductor.client.http._codec import JSON, decode_body, to_encodable
from conductor.client.http._port import Response, Timeout
from conductor.client.http.rest import RESTResponse

if TYPE_CHECKING:
    from conductor.client.configuration.configuration import Configuration

_SEPARATORS = {"csv": ",", "ssv": " ", "tsv": "\t", "pipes": "|"}
_PLAIN = {
    "int": int, "long": int, "float": float, "str": str, "bool": bool, "bytes": bytes, "object": Any,
    "date": datetime.date, "datetime": datetime.datetime, "dict": dict, "list": list,
}  # fmt: skip

Pairs = Mapping[str, Any] | Iterable[tuple[str, Any]] | None


class Serialization:
    """What clients of either kind offer besides calls: values to and from plain data, and headers."""

    PRIMITIVE_TYPES = (float, bool, bytes, str, int)
    NATIVE_TYPES_MAPPING = _PLAIN

    configuration: Configuration

    def sanitize_for_serialization(self, obj: Any) -> Any:
        """The value as dictionaries, lists, text and numbers, as it stands in JSON."""
        return msgspec.to_builtins(obj, enc_hook=to_encodable, str_keys=True)

    def deserialize(self, response: Any, response_type: Any) -> Any:
        """What a `RESTResponse` holds, as a type or as the name of one: ``list[Task]``, ``dict(str, object)``."""
        if response_type == "file":
            return self._save(response)
        answer = Response(response.status, response.reason or "", response.getheaders(), _bytes_of(response))
        return decode_body(answer, type_named(response_type), "", "")

    def deserialize_class(self, data: Any, klass: Any) -> Any:
        """Plain data as a type or as the name of one."""
        return msgspec.convert(data, type_named(klass), strict=False)

    def parameters_to_tuples(
        self, params: Pairs, collection_formats: Mapping[str, str] | None = None
    ) -> list[tuple[str, Any]]:
        """Parameters as pairs, lists joined or repeated as their format says."""
        pairs: list[tuple[str, Any]] = []
        for name, value in params.items() if isinstance(params, Mapping) else params or ():
            style = (collection_formats or {}).get(name)
            if style == "multi":
                pairs += [(name, item) for item in value]
            elif style is not None:
                pairs.append((name, _SEPARATORS.get(style, ",").join(map(str, value))))
            else:
                pairs.append((name, value))
        return pairs

    def prepare_post_parameters(self, post_params: Pairs = None, files: Any = None) -> list[tuple[str, Any]]:
        """Form fields as pairs; a file is (its name, its bytes)."""
        fields = list(post_params.items() if isinstance(post_params, Mapping) else post_params or ())
        for name, paths in (files or {}).items():
            for path in [paths] if isinstance(paths, str) else paths:
                with open(path, "rb") as file:
                    fields.append((name, (os.path.basename(path), file.read())))
        return fields

    def select_header_accept(self, accepts: Sequence[str]) -> str | None:
        """The Accept header for what can be taken: JSON if possible."""
        lower = [accept.lower() for accept in accepts]
        return JSON if JSON in lower else ", ".join(lower) or None

    def select_header_content_type(self, content_types: Sequence[str]) -> str:
        """The Content-Type for what can be sent: JSON if possible."""
        lower = [content_type.lower() for content_type in content_types]
        return JSON if not lower or JSON in lower or "*/*" in lower else lower[0]

    def get_authentication_headers(self) -> Any:
        """The headers that carry the credentials."""
        raise NotImplementedError

    def update_params_for_auth(self, headers: dict[str, str], querys: Any, auth_settings: Any) -> None:
        """Add the credentials to the headers; calls do so by themselves."""
        if auth_settings:
            headers.update(self.get_authentication_headers() or {})

    def _save(self, response: RESTResponse) -> str:
        """Write the body into the folder for downloads, under the name that the server suggests; give its path."""
        suggested = re.search(r'filename="?([^";]+)', response.getheader("content-disposition") or "")
        name = os.path.basename(suggested[1].replace("\\", "/")) if suggested else ""
        folder = tempfile.mkdtemp(dir=self.configuration.temp_folder_path)
        path = os.path.join(folder, name if name not in ("", ".", "..") else "download")
        with open(path, "wb") as file:
            file.write(_bytes_of(response))
        return path


def _bytes_of(response: RESTResponse) -> bytes:
    content: bytes | None = getattr(response, "content", None)
    return response.data.encode() if content is None else content


class OlderCalls(Serialization):
    """`call_api` and `request`, on top of `exchange`."""

    exchange: Callable[..., Response]

    def call_api(
        self, resource_path: str, method: str, *args: Any, async_req: bool | None = None, **options: Any
    ) -> Any:
        """`ApiClient.call` under the name and with the options that older code uses.

        Args:
            resource_path, method, path_params, query_params, header_params, body, post_params, files, response_type,
                auth_settings: in this order; text in `body` is sent as it is.
            async_req: run the call in a thread and return something to `get()` its result from.

        Returns:
            (data, status, headers); the data alone with `_return_http_data_only=True`; the `RESTResponse` with
            `_preload_content=False`.
        """
        if async_req:
            from conductor.client.http.thread import PendingCall

            return PendingCall(lambda: self._call_now(resource_path, method, *args, **options))
        return self._call_now(resource_path, method, *args, **options)

    def _call_now(
        self,
        resource_path: str,
        method: str,
        path_params: Mapping[str, object] | None = None,
        query_params: Pairs = None,
        header_params: Mapping[str, str] | None = None,
        body: object = None,
        post_params: Pairs = None,
        files: Any = None,
        response_type: Any = None,
        auth_settings: object = None,
        *,
        collection_formats: Mapping[str, str] | None = None,
        metric_context: object = None,
        _return_http_data_only: bool | None = None,
        _preload_content: bool = True,
        _request_timeout: Timeout = None,
    ) -> Any:
        headers = dict(header_params or {})
        if fields := self.prepare_post_parameters(post_params, files):
            body, headers["Content-Type"] = form_body(fields, multipart=bool(files))
        elif isinstance(body, str):
            body = body.encode()
            headers.setdefault("Content-Type", JSON)
        query = self.parameters_to_tuples(query_params, collection_formats)
        answer = self.exchange(
            method, resource_path, path_params=path_params, query=query, headers=headers, body=body,
            timeout=_request_timeout,
        )  # fmt: skip
        response = RESTResponse(answer)
        if not _preload_content:
            return response
        data = self.deserialize(response, response_type) if response_type else None
        return data if _return_http_data_only else (data, answer.status, answer.headers)

    def request(self, method: str, url: str, *args: Any, **options: Any) -> RESTResponse:
        """One request to a whole URL, without credentials of ours; see `RESTClientObject.request`."""
        known = {name: value for name, value in options.items() if name not in ("metric_uri", "metric_context")}
        answer: RESTResponse = self.rest_client.request(method, url, *args, **known)
        return answer

    @property
    def rest_client(self) -> Any:
        """Sends requests below this client."""
        from conductor.client.http._rest_client import RESTClientObject

        return RESTClientObject(configuration=self.configuration)


def type_named(name: Any) -> Any:
    """The type that a name such as ``list[Task]`` or ``dict(str, list[Task])`` means; anything but text is a type.

    Raises:
        ValueError: there is no such model.
    """
    if not isinstance(name, str):
        return name
    text = name.strip()
    if match := re.fullmatch(r"list\[(.+)\]", text):
        return list[type_named(match[1])]  # type: ignore[misc]
    if match := re.fullmatch(r"dict[(\[]\s*(\w+)\s*,\s*(.+)[)\]]", text):
        return dict[type_named(match[1]), type_named(match[2])]  # type: ignore[misc]
    if text in _PLAIN:
        return _PLAIN[text]
    if text in ("None", ""):
        return None
    from conductor.client.http import models

    try:
        return getattr(models, text)
    except AttributeError:
        raise ValueError(f"response_type {name!r}: there is no model of this name") from None


def form_body(fields: list[tuple[str, Any]], *, multipart: bool) -> tuple[bytes, str]:
    """A form's bytes and their content type."""
    if multipart:
        from urllib3 import encode_multipart_formdata

        return encode_multipart_formdata(fields)
    from urllib.parse import urlencode

    return urlencode(fields).encode(), "application/x-www-form-urlencoded"
