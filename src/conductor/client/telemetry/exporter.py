"""Shows the numbers of all processes: as a text file, and over HTTP. Runs in a process or thread beside the workers.

Order of use: `prepare_metrics` before the workers start, `serve_metrics` while they run, `mark_process_dead` when one
has ended.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol, cast

from conductor.client.configuration.errors import ConfigurationError
from conductor.client.telemetry._files import Reader, forget_live_values, forget_the_dead, stamp

if TYPE_CHECKING:
    from prometheus_client.registry import Collector

    from conductor.client.configuration.settings.metrics_settings import MetricsSettings

logger = logging.getLogger(__name__)

#: Seconds between two looks for processes that ended without a word.
_LOOK_FOR_DEAD_SECONDS = 1.0
#: Writing the file may take a part of the time of at most one to this.
_DUTY = 20
#: At most this many seconds between two looks while nothing happens.
_LONGEST_PAUSE_SECONDS = 1.0


class StopEvent(Protocol):
    """A `threading.Event` or a `multiprocessing.Event`."""

    def wait(self, timeout: float | None = None, /) -> bool: ...
    def is_set(self) -> bool: ...


def prepare_metrics(settings: MetricsSettings) -> None:
    """Make the folder, see that it can be written to and the port be listened on, and forget earlier runs.

    Raises:
        ConfigurationError: the folder or the port cannot be used.
    """
    directory = settings.prepare_directory()
    if settings.clean_directory:
        settings.clean_metrics_directory()
    forget_the_dead(directory)
    if settings.http_port:
        listen(settings).close()


def mark_process_dead(settings: MetricsSettings, pid: int) -> None:
    """Stop showing what only a live process has, such as tasks being executed; what it counted counts on."""
    forget_live_values(settings.metrics_directory, pid)


def serve_metrics(
    settings: MetricsSettings,
    stop_event: StopEvent,
    *,
    is_healthy: Callable[[], bool] | None = None,
    is_ready: Callable[[], bool] | None = None,
    on_listening: Callable[[int], None] | None = None,
) -> None:
    """Write the file every `update_interval` while numbers change, and serve the port, until told to stop.

    Args:
        settings: where the file and the port are.
        stop_event: set to stop; the file is then written a last time.
        is_healthy, is_ready: what ``/health`` and ``/ready`` answer; yes by default.
        on_listening: told the port that is served.

    Raises:
        ConfigurationError: the folder or the port cannot be used.
    """
    settings.prepare_directory()
    exporter = Exporter(settings)
    server = None
    if settings.http_port is not None:
        from conductor.client.telemetry._http import MetricsServer

        server = MetricsServer(listen(settings), exporter.render, is_healthy, is_ready)
        server.start()
        if on_listening is not None:
            on_listening(server.port)
    try:
        exporter.run(stop_event)
    finally:
        if server is not None:
            server.stop()
        exporter.close()


def listen(settings: MetricsSettings) -> socket.socket:
    """A socket that listens on the port of the settings.

    Raises:
        ConfigurationError: the port is taken, or the address is not one of this machine.
    """
    address = (settings.http_host, settings.http_port or 0)
    family = socket.AF_INET6 if ":" in settings.http_host else socket.AF_INET
    try:
        return socket.create_server(address, family=family)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError(
            f"MetricsSettings.http_port: cannot listen on {address[0]}:{address[1]}: {reason.lower()}"
        ) from None


class Exporter:
    """Renders the numbers of all processes, and keeps the text file up to date."""

    def __init__(self, settings: MetricsSettings) -> None:
        self._settings = settings
        self._reader = Reader(settings.metrics_directory)
        self._lock = threading.Lock()
        self._seen: object = None
        self._swept_at = 0.0
        self._complained = False

    def render(self) -> bytes:
        """The numbers of now in Prometheus' text format."""
        from prometheus_client import CollectorRegistry, generate_latest

        with self._lock:
            self._reader.sweep()
            self._swept_at = time.monotonic()
            registry = CollectorRegistry()
            registry.register(cast("Collector", _Collected(self._reader.families())))
            return generate_latest(registry)

    def run(self, stop_event: StopEvent) -> None:
        """Keep the file up to date until told to stop."""
        shortest = pause = self._settings.update_interval
        while not stop_event.wait(pause) and not _parent_is_gone():
            started = time.monotonic()
            if self._has_changed():
                self._update_file()
                pause = max(shortest, (time.monotonic() - started) * _DUTY)
            else:
                pause = max(shortest, min(pause * 1.5, _LONGEST_PAUSE_SECONDS))
        self._update_file()

    def close(self) -> None:
        """Forget what was added up: the next run counts from nothing."""
        with self._lock:
            self._reader.close()

    def _has_changed(self) -> bool:
        try:
            if time.monotonic() - self._swept_at > _LOOK_FOR_DEAD_SECONDS:
                with self._lock:
                    self._reader.sweep()
                self._swept_at = time.monotonic()
            now = stamp(self._settings.metrics_directory)
        except OSError as error:
            self._complain(error)
            return False
        changed, self._seen = now != self._seen, now
        return changed

    def _update_file(self) -> None:
        path = self._settings.file_path
        draft = os.path.join(self._settings.directory, f".{self._settings.file_name}.{os.getpid()}")
        try:
            content = self.render()
            with open(draft, "wb") as file:
                file.write(content)
            os.replace(draft, path)
            self._complained = False
        except OSError as error:
            self._complain(error)

    def _complain(self, error: OSError) -> None:
        if not self._complained:
            logger.error("metrics file %s cannot be written: %s", self._settings.file_path, error.strerror or error)
        self._complained = True


class _Collected:
    def __init__(self, families: Iterable[object]) -> None:
        self._families = families

    def collect(self) -> Iterable[object]:
        return self._families


def _parent_is_gone() -> bool:
    from multiprocessing import parent_process

    parent = parent_process()
    return parent is not None and not parent.is_alive()
