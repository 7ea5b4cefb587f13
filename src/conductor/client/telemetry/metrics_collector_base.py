"""The collector: listens, puts down what it hears, and hands the numbers over now and then."""

from __future__ import annotations

from typing import Any

from conductor.client.configuration.settings.metrics_settings import MetricsSettings
from conductor.client.telemetry._families import LEGACY, Shape
from conductor.client.telemetry._meters import FAILURE, SUCCESS, Meters, label_of
from conductor.client.telemetry._store import SeriesStore

__all__ = ["FAILURE", "SUCCESS", "MetricsCollectorBase", "label_of"]


class MetricsCollectorBase(Meters):
    """Counts what happens in this process. Register it as a listener; `close` it when the process ends.

    Args:
        settings: where the numbers go.
        background: write from a thread; otherwise at once, for a process that counts rarely and forks.
    """

    shape: Shape = LEGACY

    def __init__(self, settings: MetricsSettings | None = None, *, background: bool = True) -> None:
        self.settings = settings or MetricsSettings()
        self._background = background
        self._store = SeriesStore(self.settings, background=background)
        super().__init__(self.shape, self._store.record)
        self._later, self._put_down = Meters(self.shape, self._store.sort), self._store.put_down

    def __reduce__(self) -> tuple[Any, ...]:
        return _make, (type(self), self.settings, self._background)  # numbers stay with their process

    @classmethod
    def collector_name(cls) -> str:
        """Which of the collectors this is."""
        return cls.__name__

    @staticmethod
    def provide_metrics(settings: MetricsSettings) -> None:
        """Write the file, and serve the port, for ever."""
        import threading

        from conductor.client.telemetry.exporter import serve_metrics

        serve_metrics(settings, threading.Event())

    def flush(self) -> None:
        """Hand over what was counted up to now."""
        self._store.flush()

    def close(self) -> None:
        """Hand over the last numbers."""
        self._store.close()

    # Told for every task, and so put down as they are: what they mean is worked out when the numbers are written, by
    # a thread that nobody waits for. The task itself is not kept.

    def heard_task_execution_started(self, task_type: str, *_: object) -> None:
        self._put_down(self._later.execution_started, (task_type,))

    def heard_task_execution_completed(
        self, task_type: str, _id: str, _worker: str, _workflow: str, duration_ms: float, size: int | None = None
    ) -> None:
        self._put_down(self._later.execution_completed, (task_type, duration_ms, size))

    def heard_task_update_completed(
        self, task_type: str, _id: str, _worker: str, _workflow: str, duration_ms: float
    ) -> None:
        self._put_down(self._later.update_completed, (task_type, duration_ms))


def _make(cls: type[MetricsCollectorBase], settings: MetricsSettings, background: bool) -> MetricsCollectorBase:
    return cls(settings, background=background)
