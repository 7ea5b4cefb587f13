"""`ApiClient` for `asyncio`: the same calls, awaited."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from conductor.client.configuration.configuration import Configuration
from conductor.client.http._older import Serialization
from conductor.client.http._port import Response, Transport
from conductor.client.http._retry import RetryPolicy
from conductor.client.http.api_client import ApiClient, CallObserver
from conductor.client.http.async_rest import AsyncRESTClientObject

T = TypeVar("T")


class AsyncApiClient(Serialization):
    """Calls one Conductor server from coroutines: each call runs in a thread of this client's.

    Parameters are those of `ApiClient`; `Configuration.pool_size` bounds the calls at one time.
    """

    def __init__(
        self,
        configuration: Configuration | None = None,
        header_name: str | None = None,
        header_value: str | None = None,
        cookie: str | None = None,
        metrics_collector: CallObserver | None = None,
        *,
        transport: Transport | None = None,
        retry: RetryPolicy | None = None,
    ) -> None:
        self._client = ApiClient(
            configuration, header_name, header_value, cookie, metrics_collector, transport=transport, retry=retry
        )
        self.configuration = self._client.configuration
        self.default_headers = self._client.default_headers
        self._threads: tuple[int, ThreadPoolExecutor] | None = None

    async def call(self, method: str, path: str, *, response_type: Any = None, **call: Any) -> Any:
        """See `ApiClient.call`."""
        return await self._in_thread(self._client.call, method, path, response_type=response_type, **call)

    async def exchange(self, method: str, path: str, **call: Any) -> Response:
        """See `ApiClient.exchange`."""
        return await self._in_thread(self._client.exchange, method, path, **call)

    async def call_api(self, resource_path: str, method: str, *args: Any, **options: Any) -> Any:
        """See `ApiClient.call_api`."""
        return await self._in_thread(self._client.call_api, resource_path, method, *args, **options)

    async def request(self, method: str, url: str, *args: Any, **options: Any) -> Any:
        """See `ApiClient.request`."""
        return await self._in_thread(self._client.request, method, url, *args, **options)

    async def get_authentication_headers(self) -> dict[str, str]:
        """See `ApiClient.get_authentication_headers`."""
        return await self._in_thread(self._client.get_authentication_headers)

    async def force_refresh_auth_token(self) -> bool:
        """See `ApiClient.force_refresh_auth_token`."""
        return await self._in_thread(self._client.force_refresh_auth_token)

    @functools.cached_property
    def async_rest_client(self) -> AsyncRESTClientObject:
        """Sends requests below this client."""
        return AsyncRESTClientObject(self.configuration.http_connection)

    async def close(self) -> None:
        """Let the threads go; calls that are running end by themselves."""
        if self._threads is not None:
            self._threads[1].shutdown(wait=False)
            self._threads = None

    async def __aenter__(self) -> AsyncApiClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _in_thread(self, call: Callable[..., T], *args: Any, **options: Any) -> T:
        # Threads of its own: a few long polls would take all of the event loop's default ones.
        if self._threads is None or self._threads[0] != os.getpid():
            self._threads = os.getpid(), ThreadPoolExecutor(self.configuration.pool_size, "conductor-async")
        work = functools.partial(contextvars.copy_context().run, call, *args, **options)
        return await asyncio.get_running_loop().run_in_executor(self._threads[1], work)
