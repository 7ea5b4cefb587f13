"""Finds workers by importing the modules in which functions are decorated as such."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

from conductor.client.worker._registry import get_registered_worker_names, get_registered_workers
from conductor.client.worker.exception import WorkerDefinitionError
from conductor.client.worker.worker_interface import WorkerInterface


class WorkerLoader:
    """Imports modules, so that their decorated functions are known to `TaskHandler`.

    `TaskHandler` finds decorated functions by itself: pass `get_workers()` to it only with
    ``scan_for_annotated_workers=False``.
    """

    def __init__(self) -> None:
        self._modules: dict[str, ModuleType] = {}

    def scan_packages(self, package_names: Iterable[str], recursive: bool = True) -> None:
        """Import packages with the modules in them, and in packages below them where `recursive`.

        Raises:
            WorkerDefinitionError: one does not exist or raises; the message names it.
        """
        for name in [package_names] if isinstance(package_names, str) else package_names:
            self.scan_module(name)
            for module in _modules_below(self._modules[name], recursive):
                self.scan_module(module)

    def scan_module(self, module_name: str) -> None:
        """Import a module.

        Raises:
            WorkerDefinitionError: it does not exist or raises; the message names it.
        """
        self._modules[module_name] = import_worker_module(module_name)

    def scan_path(self, path: str, package_prefix: str = "") -> None:
        """Import all modules of a folder.

        Args:
            path: the folder; it is put on `sys.path` unless a prefix says where it is found.
            package_prefix: the package that the folder is.

        Raises:
            WorkerDefinitionError: there is no such folder, or a module raises.
        """
        folder = Path(path).resolve()
        if not folder.is_dir():
            raise WorkerDefinitionError(f"{path}: no such folder of workers")
        if not package_prefix and str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
        prefix = f"{package_prefix}." if package_prefix else ""
        for found in pkgutil.walk_packages([str(folder)], prefix):
            self.scan_module(found.name)

    def get_workers(self) -> list[WorkerInterface]:
        """A worker for each decorated function."""
        return list(get_registered_workers())

    def get_worker_count(self) -> int:
        """How many functions are decorated."""
        return len(get_registered_worker_names())

    def get_worker_names(self) -> list[str]:
        """The tasks that they are for."""
        return get_registered_worker_names()

    def print_summary(self) -> None:
        """Write to standard output which modules were imported and which workers are known."""
        lines = [f"{len(self._modules)} modules scanned: {', '.join(sorted(self._modules))}"]
        lines += [f"{self.get_worker_count()} workers:"] + [f"  {name}" for name in sorted(self.get_worker_names())]
        sys.stdout.write("\n".join(lines) + "\n")


def import_worker_module(name: str) -> ModuleType:
    """Import a module of a user's.

    Raises:
        WorkerDefinitionError: it does not exist or raises; the message names it and the cause.
    """
    try:
        return importlib.import_module(name)
    except WorkerDefinitionError:
        raise
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if name == missing or name.startswith(f"{missing}."):
            raise WorkerDefinitionError(f"worker module {name!r} does not exist (looked in sys.path)") from None
        raise WorkerDefinitionError(f"worker module {name!r} imports {missing!r}, which is not installed") from error
    except Exception as error:  # the module is the user's code
        raise WorkerDefinitionError(f"worker module {name!r}: {type(error).__name__}: {error}") from error


def _modules_below(package: ModuleType, recursive: bool) -> Iterator[str]:
    paths = getattr(package, "__path__", None)
    for found in pkgutil.iter_modules(paths, f"{package.__name__}.") if paths else ():
        yield found.name
        if found.ispkg and recursive:
            yield from _modules_below(import_worker_module(found.name), recursive)


def scan_for_workers(*package_names: str, recursive: bool = True) -> WorkerLoader:
    """A loader that has imported the packages."""
    loader = WorkerLoader()
    loader.scan_packages(package_names, recursive)
    return loader


def auto_discover_workers(
    packages: list[str] | None = None, paths: list[str] | None = None, print_summary: bool = True
) -> WorkerLoader:
    """A loader that has imported packages and folders."""
    loader = WorkerLoader()
    loader.scan_packages(packages or [])
    for path in paths or []:
        loader.scan_path(path)
    if print_summary:
        loader.print_summary()
    return loader
