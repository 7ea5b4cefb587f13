"""Lists that the server gives page by page, as iterators: a page is fetched when it is needed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

#: Elements of a page where the caller does not say how many.
PAGE = 100


def each(fetch: Callable[[int], Any], page_size: int) -> Iterator[Any]:
    """All results of a search.

    Args:
        fetch: gives the page (an object with `results`) that begins at an offset.
        page_size: how many results `fetch` asks for.
    """
    start = 0
    while results := fetch(start).results:
        yield from results
        start += len(results)
        if len(results) < page_size:
            return


async def each_async(fetch: Callable[[int], Awaitable[Any]], page_size: int) -> AsyncIterator[Any]:
    """As `each`, where a page has to be awaited."""
    start = 0
    while results := (await fetch(start)).results:
        for result in results:
            yield result
        start += len(results)
        if len(results) < page_size:
            return
