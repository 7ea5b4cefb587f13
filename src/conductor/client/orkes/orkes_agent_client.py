"""Agents: start them, look at them, answer them, follow what they do (`/agent`)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import msgspec

from conductor.client.ai.agent_errors import AgentAPIError, AgentNotFoundError
from conductor.client.http.async_api_client import AsyncApiClient
from conductor.client.http.rest import ApiException
from conductor.client.orkes.orkes_base_client import OrkesBaseClient

if TYPE_CHECKING:
    from conductor.client.orkes.orkes_scheduler_client import OrkesSchedulerClient

Json = dict[str, Any]

#: A stream that has told nothing but that it lives for so long will tell nothing more.
_SILENCE_SECONDS: Final = 15.0
_CONNECT_SECONDS: Final = 5.0
_READ_SECONDS: Final = 30.0


class SSEUnavailableError(Exception):
    """The server gives no stream of events for this execution."""


class OrkesAgentClient(OrkesBaseClient):
    """Everything about agents. Each call has a twin to be awaited, `..._async`. Answers are JSON objects.

    Errors are `AgentAPIError`, for what is not there `AgentNotFoundError`.
    """

    def start_agent(self, payload: Json) -> Json:
        """Start an agent."""
        return self._post("/agent/start", payload)

    async def start_agent_async(self, payload: Json) -> Json:
        """See `start_agent`."""
        return await self._post_async("/agent/start", payload)

    def deploy_agent(self, payload: Json) -> Json:
        """Register an agent without running it."""
        return self._post("/agent/deploy", payload)

    async def deploy_agent_async(self, payload: Json) -> Json:
        """See `deploy_agent`."""
        return await self._post_async("/agent/deploy", payload)

    def compile_agent(self, payload: Json) -> Json:
        """The workflow definition that an agent becomes."""
        return self._post("/agent/compile", payload)

    async def compile_agent_async(self, payload: Json) -> Json:
        """See `compile_agent`."""
        return await self._post_async("/agent/compile", payload)

    def get_status(self, execution_id: str) -> Json:
        """How far an execution is."""
        return self._get(f"/agent/{_ID}/status", execution_id)

    async def get_status_async(self, execution_id: str) -> Json:
        """See `get_status`."""
        return await self._get_async(f"/agent/{_ID}/status", execution_id)

    def get_execution(self, execution_id: str) -> Json:
        """An execution with all that belongs to it."""
        return self._get(f"/agent/execution/{_ID}", execution_id)

    async def get_execution_async(self, execution_id: str) -> Json:
        """See `get_execution`."""
        return await self._get_async(f"/agent/execution/{_ID}", execution_id)

    def list_executions(self, params: Json | None = None) -> Json:
        """Executions, by the query that `params` is."""
        return self._get("/agent/executions", query=params)

    async def list_executions_async(self, params: Json | None = None) -> Json:
        """See `list_executions`."""
        return await self._get_async("/agent/executions", query=params)

    def respond(self, execution_id: str, body: Json) -> None:
        """Answer the question that an execution waits with."""
        self._post(f"/agent/{_ID}/respond", body, execution_id)

    async def respond_async(self, execution_id: str, body: Json) -> None:
        """See `respond`."""
        await self._post_async(f"/agent/{_ID}/respond", body, execution_id)

    def stop(self, execution_id: str) -> None:
        """Let an execution end at its next turn."""
        self._post(f"/agent/{_ID}/stop", None, execution_id)

    async def stop_async(self, execution_id: str) -> None:
        """See `stop`."""
        await self._post_async(f"/agent/{_ID}/stop", None, execution_id)

    def signal(self, execution_id: str, message: str) -> None:
        """Tell an execution something that it should know from now on."""
        self._post(f"/agent/{_ID}/signal", {"message": message}, execution_id)

    async def signal_async(self, execution_id: str, message: str) -> None:
        """See `signal`."""
        await self._post_async(f"/agent/{_ID}/signal", {"message": message}, execution_id)

    def stream_sse(self, execution_id: str, last_event_id: str | None = None) -> Iterator[Json]:
        """What happens to an execution, as it happens: `{"event", "id", "data"}`. A lost connection is made again,
        from the last event that has an id.

        Raises:
            SSEUnavailableError: the server gives no events.
        """
        connected = False
        while True:
            try:
                for event in self._events(execution_id, last_event_id):
                    connected = True
                    last_event_id = event["id"] or last_event_id
                    yield event
                return
            except OSError as error:  # errors of `requests` are OSErrors
                if not connected:
                    raise SSEUnavailableError(str(error)) from error
            time.sleep(1)

    async def stream_sse_async(self, execution_id: str, last_event_id: str | None = None) -> AsyncIterator[Json]:
        """See `stream_sse`; waits in a thread."""
        events = self.stream_sse(execution_id, last_event_id)
        while (event := await asyncio.to_thread(next, events, None)) is not None:
            yield event

    @property
    def schedules(self) -> OrkesSchedulerClient:
        """Schedules of agents, on the same server."""
        from conductor.client.orkes.orkes_scheduler_client import OrkesSchedulerClient

        return OrkesSchedulerClient(self.configuration)

    def close(self) -> None:
        """Nothing to close: connections belong to the process's shared pool."""

    async def close_async(self) -> None:
        """The same as `close`."""
        await self._async_client().close()

    def _events(self, execution_id: str, last_event_id: str | None) -> Iterator[Json]:
        import requests  # streams are for a few users; the rest need not load it

        headers = {"Accept": "text/event-stream", **self.api_client.get_authentication_headers()}
        if last_event_id is not None:
            headers["Last-Event-ID"] = last_event_id
        url = f"{self.configuration.host}/agent/stream/{execution_id}"
        with requests.get(url, headers=headers, stream=True, timeout=(_CONNECT_SECONDS, _READ_SECONDS)) as answer:
            if answer.status_code != 200:
                raise SSEUnavailableError(f"the server answered {answer.status_code}")
            yield from parse_events(answer.iter_lines())

    def _get(self, path: str, execution_id: str | None = None, query: Json | None = None) -> Json:
        with _agent_errors():
            return self.api_client.call("GET", path, **_call(execution_id), query=query) or {}

    def _post(self, path: str, body: Json | None, execution_id: str | None = None) -> Json:
        with _agent_errors():
            return self.api_client.call("POST", path, **_call(execution_id), body=body) or {}

    async def _get_async(self, path: str, execution_id: str | None = None, query: Json | None = None) -> Json:
        with _agent_errors():
            return await self._async_client().call("GET", path, **_call(execution_id), query=query) or {}

    async def _post_async(self, path: str, body: Json | None, execution_id: str | None = None) -> Json:
        with _agent_errors():
            return await self._async_client().call("POST", path, **_call(execution_id), body=body) or {}

    def _async_client(self) -> AsyncApiClient:
        client: AsyncApiClient | None = self.__dict__.get("_async")
        if client is None:
            client = self.__dict__["_async"] = AsyncApiClient(self.configuration)
        return client


_ID: Final = "{executionId}"


def _call(execution_id: str | None) -> dict[str, Any]:
    # The answers' shape is the agent's business: objects as they come.
    return {"path_params": {"executionId": execution_id} if execution_id is not None else None, "response_type": Any}


@contextmanager
def _agent_errors() -> Iterator[None]:
    try:
        yield
    except ApiException as error:
        kind = AgentNotFoundError if error.is_not_found() else AgentAPIError
        raise kind(error.status or 0, error.body or error.message or str(error), error.url or "") from error


def parse_events(lines: Iterable[bytes]) -> Iterator[Json]:
    """Server-sent events as objects; data that is no JSON stands under `content`.

    Raises:
        SSEUnavailableError: nothing but heartbeats for a while.
    """
    event: Json = {"event": None, "id": None}
    data: list[str] = []
    quiet_since: float | None = time.monotonic()
    for raw in lines:
        name, _, value = raw.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        if not name and not value and data:
            yield {**event, "data": _data("\n".join(data))}
            event, data, quiet_since = {"event": None, "id": None}, [], None
        elif name == "data":
            data.append(value)
        elif name in event:
            event[name] = value
        if quiet_since is not None and time.monotonic() - quiet_since > _SILENCE_SECONDS:
            raise SSEUnavailableError(f"connected, but no event within {_SILENCE_SECONDS:.0f} seconds")


def _data(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return {"content": text}
