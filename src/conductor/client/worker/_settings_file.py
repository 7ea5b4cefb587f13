"""The settings of workers in a TOML file: `conductor.toml`, or `[tool.conductor]` in `pyproject.toml`.

[worker.all]            # every worker
thread_count = 4

[worker.greet]          # the worker of task `greet`
domain = "eu"
paused = true           # may be changed while the worker runs
"""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path
from typing import Any, Final

from conductor.client.configuration.errors import ConfigurationError
from conductor.client.worker._properties import PROPERTIES, did_you_mean

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

logger = logging.getLogger(__name__)

#: Names the file; without it the current directory is looked at.
FILE_VARIABLE: Final = "CONDUCTOR_CONFIG_FILE"
ALL_WORKERS: Final = "all"
_CHECK_INTERVAL_SECONDS: Final = 1.0


class SettingsFile:
    """The settings of one file, read again when it has changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._where = "tool.conductor.worker" if path.name == "pyproject.toml" else "worker"
        self._stamp: tuple[int, int] | None = None
        self._workers: dict[str, dict[str, Any]] = {}

    def workers(self) -> dict[str, dict[str, Any]]:
        """The tables below `worker`, all names and values checked.

        Raises:
            ConfigurationError: the file cannot be read, is no TOML, or has a setting that does not exist or is wrong.
        """
        stamp = self._stamp_now()
        if stamp != self._stamp:
            self._workers = self._read()
            self._stamp = stamp
        return self._workers

    def lookup(self, worker: str, name: str) -> tuple[Any, str] | None:
        """A setting of a worker, its own or that of all, and where it stands; None where the file has none."""
        workers = self.workers()
        for table in (worker, ALL_WORKERS):
            for key in (name, *PROPERTIES[name].aliases):
                if key in workers.get(table, ()):
                    return workers[table][key], f"{self.path}: {self._where}.{table}.{key}"
        return None

    def _stamp_now(self) -> tuple[int, int]:
        try:
            status = self.path.stat()
        except OSError as error:
            raise ConfigurationError(f"{self.path}: cannot be read: {error.strerror}") from None
        return status.st_mtime_ns, status.st_size

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            content = tomllib.loads(self.path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigurationError(f"{self.path}: cannot be read: {error.strerror}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{self.path}: not valid TOML: {error}") from None
        is_project = self.path.name == "pyproject.toml"
        settings = content.get("tool", {}).get("conductor", {}) if is_project else content
        for key in settings:
            if key != "worker":
                where = self._where.removesuffix("worker") + key
                raise ConfigurationError(f"{self.path}: {where}: unknown table{did_you_mean(key, ['worker'])}")
        return self._checked(settings.get("worker", {}))

    def _checked(self, workers: Any) -> dict[str, dict[str, Any]]:
        where = self._where
        if not isinstance(workers, dict):
            raise ConfigurationError(f"{self.path}: {where}: expected a table for each worker, or for `all`")
        names = {name: prop for prop in PROPERTIES.values() for name in (prop.name, *prop.aliases)}
        checked: dict[str, dict[str, Any]] = {}
        for worker, table in workers.items():
            if not isinstance(table, dict):
                raise ConfigurationError(f"{self.path}: {where}.{worker}: expected a table of settings, got {table!r}")
            for key in table:
                if key not in names:
                    hint = did_you_mean(key, names)
                    raise ConfigurationError(f"{self.path}: {where}.{worker}.{key}: unknown setting{hint}")
            sources = {key: f"{self.path}: {where}.{worker}.{key}" for key in table}
            checked[worker] = {key: names[key].parse(value, sources[key]) for key, value in table.items()}
        return checked


_files: dict[Path, SettingsFile] = {}


def settings_file() -> SettingsFile | None:
    """The file that counts here: the one that CONDUCTOR_CONFIG_FILE names, conductor.toml, or pyproject.toml.

    Raises:
        ConfigurationError: the file that CONDUCTOR_CONFIG_FILE names does not exist.
    """
    named = os.environ.get(FILE_VARIABLE)
    if named and not Path(named).is_file():
        raise ConfigurationError(f"{FILE_VARIABLE}: {named}: no such file")
    candidates = [named] if named else ["conductor.toml", "pyproject.toml"]
    found = next((Path(name).absolute() for name in candidates if Path(name).is_file()), None)
    return _files.setdefault(found, SettingsFile(found)) if found else None


class FilePauseSwitch:
    """Whether the settings file says `paused` for a worker; looked up again while the worker runs."""

    def __init__(self, path: Path, worker: str) -> None:
        self._file = SettingsFile(path)
        self._worker = worker
        self._paused = False
        self._next_check = 0.0

    def is_paused(self) -> bool:
        """The file's word; while the file is missing or wrong, its last one."""
        now = time.monotonic()
        if now >= self._next_check:
            self._next_check = now + _CHECK_INTERVAL_SECONDS
            try:
                found = self._file.lookup(self._worker, "paused")
                self._paused = bool(found and found[0])
            except ConfigurationError as error:
                state = "stays paused" if self._paused else "goes on"
                logger.error("worker %r %s: %s", self._worker, state, error)
                self._next_check = now + 30 * _CHECK_INTERVAL_SECONDS
        return self._paused
