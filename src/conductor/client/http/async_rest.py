"""The errors and the low-level client for `asyncio`: the same errors as everywhere."""

from __future__ import annotations

import asyncio
from typing import Any

from conductor.client.http._rest_client import RESTClientObject
from conductor.client.http.rest import ApiException, AuthorizationException, RestException, RESTResponse

__all__ = ["ApiException", "AsyncRESTClientObject", "AuthorizationException", "RESTResponse", "RestException"]


class AsyncRESTClientObject:
    """`RESTClientObject` to be awaited: each request runs in a thread."""

    def __init__(self, connection: Any = None) -> None:
        self._client = RESTClientObject(connection)

    async def request(self, method: str, url: str, **options: Any) -> RESTResponse:
        """See `RESTClientObject.request`."""
        return await asyncio.to_thread(self._client.request, method, url, **options)

    async def GET(self, url: str, **options: Any) -> RESTResponse:
        """`request` with GET."""
        return await self.request("GET", url, **options)

    async def HEAD(self, url: str, **options: Any) -> RESTResponse:
        """`request` with HEAD."""
        return await self.request("HEAD", url, **options)

    async def OPTIONS(self, url: str, **options: Any) -> RESTResponse:
        """`request` with OPTIONS."""
        return await self.request("OPTIONS", url, **options)

    async def DELETE(self, url: str, **options: Any) -> RESTResponse:
        """`request` with DELETE."""
        return await self.request("DELETE", url, **options)

    async def POST(self, url: str, **options: Any) -> RESTResponse:
        """`request` with POST."""
        return await self.request("POST", url, **options)

    async def PUT(self, url: str, **options: Any) -> RESTResponse:
        """`request` with PUT."""
        return await self.request("PUT", url, **options)

    async def PATCH(self, url: str, **options: Any) -> RESTResponse:
        """`request` with PATCH."""
        return await self.request("PATCH", url, **options)

    async def close(self) -> None:
        """Nothing to close: connections belong to the process's shared pool."""
