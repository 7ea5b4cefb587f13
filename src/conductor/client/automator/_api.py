"""The few calls that a runner makes, prepared so that each costs little more than its exchange of bytes."""

from __future__ import annotations

import base64
import contextlib
import logging
import time
from collections.abc import Callable
from enum import Enum, auto
from http import HTTPStatus
from typing import Final, Protocol, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from conductor._version import __version__
from conductor.client.configuration.configuration import Configuration
from conductor.client.configuration.redact import redact_secrets
from conductor.client.http._auth import token_source
from conductor.client.http._codec import error_of
from conductor.client.http._fast_transport import fast_transport
from conductor.client.http._port import Request, Response, Transport
from conductor.client.http.models.task import Task
from conductor.client.http.rest import (
    AnswerError,
    ApiException,
    AuthorizationException,
    RequestError,
)

T = TypeVar("T", Task, "TaskState")

logger = logging.getLogger(__name__)

#: How long after its time a long poll may take before its connection counts as dead.
POLL_MARGIN_SECONDS: Final = 5.0
#: An update is repeated rather than waited for longer.
UPDATE_SECONDS: Final = 10.0
#: A server without update-v2 is asked again after this time: it may have been upgraded.
_REPROBE_SECONDS: Final = 300.0
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_NO_SUCH_ROUTE = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED)


class NotAsked(Enum):
    """The server took the result but did not say whether there is a next task."""

    NOT_ASKED = auto()


NOT_ASKED: Final = NotAsked.NOT_ASKED


class CallObserver(Protocol):
    """Is told of every request: its path's template, its status (0: no answer), and how long it took in seconds."""

    def record_api_request_time(self, method: str, uri: str, status: str, time_spent: float) -> None: ...


class TaskState(msgspec.Struct, rename="camel"):
    """What the server says of a task that is being executed."""

    status: str | None = None
    reason_for_incompletion: str | None = None


class TaskApi:
    """Calls of one server. Safe to use from many threads; each has its own connection.

    Args:
        configuration: the server, credentials, TLS and proxy.
        transport: what sends; default the fast one.
        observer: told of every request.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        configuration: Configuration,
        transport: Transport | None = None,
        observer: CallObserver | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._configuration = configuration
        self._transport = transport or fast_transport(configuration, _is_update)
        self._observer = observer
        self._clock = clock
        self._tokens = token_source(configuration)
        self._token: str | None = None
        self._headers = self._make_headers(None)
        self._no_v2_until = 0.0
        host = configuration.host
        self._update_url = f"{host}/tasks"
        self._update_v2_url = f"{host}/tasks/update-v2"
        self._update_timeout = (configuration.connect_timeout, min(configuration.read_timeout, UPDATE_SECONDS))
        self._task_decoder = msgspec.json.Decoder(Task, strict=False)
        self._batch_decoder = msgspec.json.Decoder(list[Task], strict=False)

    def poll(self, task_type: str, *, worker_id: str, domain: str | None, count: int, timeout_ms: int) -> list[Task]:
        """``GET /tasks/poll/batch/{tasktype}``: up to `count` tasks; the server waits until it has them all.

        Raises:
            ApiException: whatever happened, the request is not sent again: the server may have given out tasks.
        """
        query = {"workerid": worker_id, "count": count, "timeout": timeout_ms}
        if domain:
            query["domain"] = domain
        path = f"/tasks/poll/batch/{quote(task_type, safe='')}?{urlencode(query)}"
        seconds = timeout_ms / 1000 + POLL_MARGIN_SECONDS
        timeout = (min(self._configuration.connect_timeout, POLL_MARGIN_SECONDS), seconds)
        url = self._configuration.host + path
        return self._decode_batch(self._send("GET", url, None, timeout, "/tasks/poll/batch/{tasktype}"), url)

    def update_next(self, body: bytes) -> Task | NotAsked | None:
        """``POST /tasks/update-v2``: give a result, get the next task, None where there is none.

        A server without that route is given the result the old way, and NOT_ASKED returned.
        """
        if self._no_v2_until and self._clock() < self._no_v2_until:
            self.update(body)
            return NOT_ASKED
        try:
            response = self._send("POST", self._update_v2_url, body, self._update_timeout, "/tasks/update-v2")
        except RequestError as error:
            if error.status not in _NO_SUCH_ROUTE:
                raise
            # 404 is said of a task that is gone, too; in that case the old route says the same.
            self.update(body)
            logger.info("%s has no update-v2 (%s): using POST /tasks", self._configuration.host, error.status)
            self._no_v2_until = self._clock() + _REPROBE_SECONDS
            return NOT_ASKED
        if response.status == HTTPStatus.NO_CONTENT or not response.body:
            return None
        try:
            return self._task_decoder.decode(response.body)
        except _UNREADABLE as error:
            raise _unreadable(response, "POST", self._update_v2_url, error) from error

    def update(self, body: bytes) -> None:
        """``POST /tasks``: give a result, and nothing else. Giving it twice does no harm."""
        response = self._send("POST", self._update_url, body, self._update_timeout, "/tasks")
        if response.body.lstrip()[:1] == b"<":  # a web page is the answer of something between us and the server
            raise _unreadable(response, "POST", self._update_url, ValueError("a web page"))

    def get(self, task_id: str) -> TaskState:
        """``GET /tasks/{taskId}``: what the server says of a task."""
        return self._get(task_id, TaskState)

    def get_task(self, task_id: str) -> Task:
        """``GET /tasks/{taskId}``: all of a task."""
        return self._get(task_id, Task)

    def log(self, task_id: str, text: str) -> None:
        """``POST /tasks/{taskId}/log``: add to a task's log on the server."""
        url = f"{self._configuration.host}/tasks/{quote(task_id, safe='')}/log"
        body = text.encode("utf-8", "replace")
        self._send("POST", url, body, self._update_timeout, "/tasks/{taskId}/log")

    def close(self) -> None:
        """Close the connections."""
        if callable(close := getattr(self._transport, "close", None)):
            close()

    def _get(self, task_id: str, cls: type[T]) -> T:
        url = f"{self._configuration.host}/tasks/{quote(task_id, safe='')}"
        response = self._send("GET", url, None, self._update_timeout, "/tasks/{taskId}")
        try:
            return msgspec.json.decode(response.body, type=cls, strict=False)
        except _UNREADABLE as error:
            raise _unreadable(response, "GET", url, error) from error

    def _decode_batch(self, response: Response, url: str) -> list[Task]:
        if response.status == HTTPStatus.NO_CONTENT or not response.body:
            return []
        try:
            return self._batch_decoder.decode(response.body)
        except _UNREADABLE as error:
            tasks = self._decode_each(response.body)
            if not tasks:
                raise _unreadable(response, "GET", url, error) from error
            logger.warning("a poll gave tasks that cannot be read, left to their response timeout: %s", error)
            return tasks

    def _decode_each(self, body: bytes) -> list[Task]:
        """The tasks that can be read, of a batch of which one cannot."""
        try:
            parts = msgspec.json.decode(body, type=list[msgspec.Raw])
        except _UNREADABLE:
            return []
        tasks = []
        for part in parts:
            with contextlib.suppress(*_UNREADABLE):
                tasks.append(self._task_decoder.decode(part))
        return tasks

    def _send(self, method: str, url: str, body: bytes | None, timeout: tuple[float, float], path: str) -> Response:
        """Send with credentials, which are replaced once if the server no longer takes them."""
        if self._tokens is not None:
            self._use_token(self._tokens.token(self._configuration, self._transport))
        token = self._token
        response = self._exchange(Request(method, url, self._headers, body, timeout), path)
        if 200 <= response.status < 300:
            return response
        error = self._error(response, method, url)
        if not isinstance(error, AuthorizationException) or not self._renew(error, token):
            raise error
        response = self._exchange(Request(method, url, self._headers, body, timeout), path)
        if 200 <= response.status < 300:
            return response
        raise self._error(response, method, url)

    def _exchange(self, request: Request, path: str) -> Response:
        if self._observer is None:
            return self._transport.send(request)
        started, status = self._clock(), 0
        try:
            response = self._transport.send(request)
            status = response.status
            return response
        finally:
            self._observer.record_api_request_time(request.method, path, str(status), self._clock() - started)

    def _renew(self, error: AuthorizationException, token: str | None) -> bool:
        """Get another token, if that may help."""
        source = self._tokens
        if source is None:
            return False
        if not token and source.is_open and error.status == HTTPStatus.UNAUTHORIZED:
            source.reopen()
        elif not (token and (error.token_expired or error.invalid_token)):
            return False
        self._use_token(source.refresh(token, self._configuration, self._transport))
        return True

    def _use_token(self, token: str | None) -> None:
        # The transport takes the same mapping for the same headers, so it is replaced only with the token.
        if token != self._token:
            self._token = token
            self._headers = self._make_headers(token)

    def _make_headers(self, token: str | None) -> dict[str, str]:
        headers = {
            "User-Agent": f"conductor-python/{__version__}",
            "Accept": "application/json, text/plain, */*",
            "Accept-Encoding": "gzip",
            "Content-Type": "application/json",
        }
        if token := token or self._configuration.AUTH_TOKEN:
            headers["X-Authorization"] = token
        if basic := self._configuration.basic_credentials:
            headers["Authorization"] = f"Basic {base64.b64encode(basic.encode()).decode('ascii')}"
        return headers

    def _error(self, response: Response, method: str, url: str) -> ApiException:
        settings = self._configuration.authentication_settings
        secrets = (self._token, self._configuration.basic_credentials, settings.key_secret if settings else None)
        text = redact_secrets(response.body.decode("utf-8", "replace"), secrets)
        return error_of(response, method, url.partition("?")[0], text)


def _is_update(request: Request) -> bool:
    """Whether a request does no harm when sent twice: a result counts once however often the server is told."""
    return request.method == "POST" and request.url.endswith(("/tasks", "/tasks/update-v2"))


def _unreadable(response: Response, method: str, url: str, error: Exception) -> AnswerError:
    what = "a web page" if response.body.lstrip()[:1] == b"<" else str(error)
    return AnswerError(
        response.status,
        response.reason,
        body=response.body[:1000].decode("utf-8", "replace"),
        headers=response.headers,
        method=method,
        url=url.partition("?")[0],
        message=f"the answer is not what was expected: {what}",
    )
