"""Which workers a handler runs: those it is given, and the decorated functions of the program."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from importlib import import_module

from conductor.client.configuration.errors import ConfigurationError
from conductor.client.worker._registry import get_registered_workers
from conductor.client.worker.worker_config import configure_worker
from conductor.client.worker.worker_interface import WorkerInterface

logger = logging.getLogger(__name__)


def gather(
    workers: Sequence[WorkerInterface] | WorkerInterface | None, modules: Iterable[str] | None, *, scan: bool
) -> list[WorkerInterface]:
    """The workers given, without repetitions, and the decorated functions that are not among them.

    All are given the settings that the environment and the configuration file have for them.

    Args:
        workers: what the program gave.
        modules: to import first.
        scan: whether to add decorated functions.

    Raises:
        ConfigurationError: something given is no worker, a module cannot be imported, or a setting is malformed.
    """
    import_all(modules)
    gathered: list[WorkerInterface] = []
    for worker in _given(workers):
        if any(worker is other for other in gathered):
            logger.warning("%r is given twice: it is run once; its option `processes` says how often to run it", worker)
        else:
            gathered.append(worker)
    if scan:
        functions = {_function_key(worker) for worker in gathered}
        gathered += [worker for worker in get_registered_workers() if _function_key(worker) not in functions]
    for worker in gathered:
        if sources := configure_worker(worker):
            said = ", ".join(f"{name}={getattr(worker, name)!r} from {source}" for name, source in sources.items())
            logger.info("worker %s: %s", worker.task_definition_names[0], said)
    return gathered


def import_all(modules: Iterable[str] | None) -> None:
    """Import modules, so that the functions decorated in them are known.

    Raises:
        ConfigurationError: one cannot be imported; says which and why.
    """
    names = [modules] if isinstance(modules, str) else modules or ()
    for name in names:
        try:
            import_module(name)
        except Exception as error:
            what = "there is no such module" if _is_missing(error, name) else f"{type(error).__name__}: {error}"
            raise ConfigurationError(f"import_modules: cannot import {name!r}: {what}") from error


def _is_missing(error: Exception, name: str) -> bool:
    return isinstance(error, ModuleNotFoundError) and (error.name == name or name.startswith(f"{error.name}."))


def _given(workers: object) -> list[WorkerInterface]:
    if workers is None:
        return []
    given = [workers] if isinstance(workers, WorkerInterface) else workers
    if not isinstance(given, Iterable) or isinstance(given, (str, bytes)):
        raise ConfigurationError(f"workers: expected a list of workers, got {type(workers).__name__}")
    checked: list[WorkerInterface] = []
    for number, worker in enumerate(given):
        if not isinstance(worker, WorkerInterface):
            hint = ": did you mean `@worker_task`, or an instance of the class?" if callable(worker) else ""
            raise ConfigurationError(f"workers[{number}]: {worker!r} is not a WorkerInterface{hint}")
        checked.append(worker)
    return checked


def _function_key(worker: WorkerInterface) -> object:
    """Equal for two workers made of one function for one task; its own for any other worker."""
    function = getattr(worker, "execute_function", None)
    if function is None:
        return id(worker)
    return (tuple(worker.task_definition_names), worker.get_domain(), function)
