"""The process that writes the metrics file and serves the metrics port, from before the first runner to after the last.

It is a process of its own since the program may be busy with anything, and it starts before the program has threads.
"""

from __future__ import annotations

import multiprocessing
import time
from importlib import import_module
from typing import Any, Final

from conductor.client.automator._process import Parent, signals_held, take_signals
from conductor.client.automator._status import State, StatusTable
from conductor.client.configuration.settings.metrics_settings import MetricsSettings

#: The file is written a last time in far less.
_LAST_WRITE_SECONDS: Final = 5.0
#: How often it is looked whether the program is still there.
_LOOK_SECONDS: Final = 1.0


class MetricsExporter:
    """Starts the exporter's process and ends it.

    Args:
        settings: where the file and the port are.
        method: start method of the process.
        status: where each runner process is, for ``/health`` and ``/ready``.

    Raises:
        ConfigurationError: the folder or the port cannot be used.
    """

    def __init__(self, settings: MetricsSettings, method: str, status: StatusTable) -> None:
        # Telemetry knows events, and the automator knows no telemetry: it is looked up by name, where it is wanted.
        import_module("conductor.client.telemetry.exporter").prepare_metrics(settings)
        context: Any = multiprocessing.get_context(method)
        self._stop = context.Event()
        self._process = context.Process(
            target=_export, args=(settings, self._stop, status), name="conductor-metrics", daemon=True
        )
        with signals_held():
            self._process.start()

    def stop(self) -> None:
        """Have the file written a last time, and wait for it."""
        self._stop.set()
        self._process.join(_LAST_WRITE_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


class _Stop:
    """Set by the program or its death; by a SIGTERM only once the runners have ended, for the drain's numbers."""

    def __init__(self, event: Any, status: StatusTable) -> None:
        self._event, self._status, self._program = event, status, Parent()
        self._is_asked = False

    def ask(self) -> None:
        """In the handler of SIGTERM."""
        self._is_asked = True

    def is_set(self) -> bool:
        if self._event.is_set() or self._program.is_gone:
            return True
        # Runners that never started, since the program was ended before, are not waited for either.
        return self._is_asked and all(state in (State.WAITING, State.ENDED) for state in self._status.states())

    def wait(self, timeout: float | None = None, /) -> bool:
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.is_set():
            left = _LOOK_SECONDS if deadline is None else deadline - time.monotonic()
            if left <= 0:
                return False
            self._event.wait(min(left, _LOOK_SECONDS))
        return True


def _export(settings: MetricsSettings, event: Any, status: StatusTable) -> None:
    stop = _Stop(event, status)
    take_signals(stop.ask)
    import_module("conductor.client.telemetry.exporter").serve_metrics(
        settings,
        stop,
        is_healthy=lambda: all(state is State.RUNNING for state in status.states()),
        is_ready=lambda: all(state in (State.RUNNING, State.STUCK) for state in status.states()),
    )
