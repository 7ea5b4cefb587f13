"""The functions that were decorated as workers, for whoever starts them."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from conductor.client.worker.worker import Worker, plan_of

logger = logging.getLogger(__name__)


class Registered(NamedTuple):
    """A decorated function and the options it was decorated with."""

    name: str | Sequence[str]
    function: Callable[..., Any]
    options: dict[str, Any]

    @property
    def where(self) -> str:
        """Where the function is."""
        return f"{getattr(self.function, '__module__', '?')}.{getattr(self.function, '__qualname__', self.function)}"

    def worker(self) -> Worker:
        """A new worker for it."""
        return Worker(self.name, self.function, **self.options)


_registered: dict[tuple[str, str | None], Registered] = {}


def register_decorated_fn(
    name: str | Sequence[str],
    poll_interval: float | None = None,
    domain: str | None = None,
    worker_id: str | None = None,
    func: Callable[..., Any] | None = None,
    **options: Any,
) -> None:
    """Keep a function as a worker for a task definition in a domain; the last one registered counts.

    Args:
        name: task definition.
        poll_interval, domain, worker_id, options: see `Worker`.
        func: the function.

    Raises:
        WorkerDefinitionError: the function cannot be a worker.
    """
    if func is None:
        raise TypeError("register_decorated_fn: func is missing")
    plan_of(func)  # mistakes are told where the function is written, and local names are still known
    options = {"poll_interval": poll_interval, "domain": domain, "worker_id": worker_id, **options}
    inspect.signature(Worker).bind(name, func, **options)
    new = Registered(name, func, options)
    key = (name if isinstance(name, str) else ",".join(name), domain)
    old = _registered.get(key)
    if old is not None and _is_another(old, new):
        logger.warning("task %r: worker %s takes the place of %s", key[0], new.where, old.where)
    _registered[key] = new


def _is_another(old: Registered, new: Registered) -> bool:
    """Not the same function of a module that was loaded again (also as ``__main__`` in a child process)."""
    return old.function.__qualname__ != new.function.__qualname__ or (
        inspect.getsourcefile(old.function) != inspect.getsourcefile(new.function)
    )


def get_registered_workers() -> list[Worker]:
    """A new worker for each decorated function, in the order of their definition."""
    return [registered.worker() for registered in _registered.values()]


def get_registered_worker_names() -> list[str]:
    """Names of the task definitions that have a decorated function."""
    return [name for name, _ in _registered]


def clear_registered_workers() -> None:
    """Forget all decorated functions; for tests."""
    _registered.clear()
