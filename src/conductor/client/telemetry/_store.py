"""The numbers of a process: taken in by any thread, written to the process's files by one thread now and then."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from conductor.client.telemetry._cells import Cell, Family, Series
from conductor.client.telemetry._files import ProcessFiles

if TYPE_CHECKING:
    from conductor.client.configuration.settings.metrics_settings import MetricsSettings

logger = logging.getLogger(__name__)

#: Label value under which everything is counted that would be one time series too many.
OVERFLOW = "overflow"
#: Part of the series kept free for the overflow of each metric.
_RESERVED = 0.3
#: Values that wait to be added up, before whoever counts adds them up itself.
_MOST_PUT_DOWN = 50_000

#: Series, and values for them, in a number of events.
ReadEvents = Callable[[type, str, Sequence[Any]], Iterable[tuple[Family, tuple[str, ...], Sequence[float]]]]


def _no_events(kind: type, *_: object) -> Iterable[tuple[Family, tuple[str, ...], Sequence[float]]]:
    raise TypeError(f"nobody said what {kind.__name__} means")


class SeriesStore:
    """Counts in memory; `flush` copies the numbers to files that another process reads.

    Who counts only puts a value down: an append, which needs no lock and so never makes a task wait for another. What
    was put down is added up when the numbers are written, or by whom finds too much of it.

    Args:
        settings: where the files are, how often to write, how many series at most.
        read_events: what events of one type and task type say, where events are put down.
        background: write from a thread of its own; otherwise at once, for processes that count rarely and may fork.
    """

    def __init__(
        self, settings: MetricsSettings, *, background: bool = True, read_events: ReadEvents = _no_events
    ) -> None:
        self._settings = settings
        self._read_events = read_events
        self._background = background
        self._begin()
        if hasattr(os, "register_at_fork"):
            reset = weakref.WeakMethod(self._begin)
            os.register_at_fork(after_in_child=lambda: (method := reset()) and method())

    def _begin(self) -> None:
        """Start from nothing, as a process does that was forked from one which had counted."""
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._put_down: deque[Any] = deque()
        self._cells: dict[tuple[Family, tuple[str, ...]], Cell] = {}
        self._rows: list[tuple[Cell, list[Series]]] = []
        self._series = 0
        self._dirty = False
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._files: ProcessFiles | None = None
        self._broken = self._closed = False

    def record(self, family: Family, labels: tuple[str, ...], value: float = 1.0) -> None:
        """Take a value in."""
        self.put_down((family, labels, value))

    def put_down(self, fact: Any) -> None:
        """Take an event in, or (family, labels, value)."""
        self._put_down.append(fact)
        if not self._dirty:
            self._dirty = True
            self._changed()
        elif len(self._put_down) > _MOST_PUT_DOWN:
            with self._lock:
                self._add_up()

    def _add_up(self) -> None:
        """Add what was put down to the cells, all values of one series at once."""
        gathered: dict[tuple[Family, tuple[str, ...]], list[float]] = {}
        events: dict[tuple[type, str], list[Any]] = {}
        take = self._put_down.popleft
        for _ in range(len(self._put_down)):
            fact = take()
            if type(fact) is tuple:
                gathered.setdefault(fact[:2], []).append(fact[2])
            else:
                events.setdefault((type(fact), fact.task_type), []).append(fact)
        for (kind, task_type), same in events.items():
            for family, labels, values in self._read_events(kind, task_type, same):
                gathered.setdefault((family, labels), []).extend(values)
        for (family, labels), values in gathered.items():
            (self._cells.get((family, labels)) or self._new_cell(family, labels)).add_all(values)

    def _new_cell(self, family: Family, labels: tuple[str, ...]) -> Cell:
        cell = family.cell(family)
        series = cell.series(labels)
        if self._series + len(series) > self._settings.max_series * (1 - _RESERVED):
            overflow = (OVERFLOW,) * len(labels)
            if labels != overflow:
                # Not kept under its own labels: the table must not grow either.
                return self._cells.get((family, overflow)) or self._new_cell(family, overflow)
        self._series += len(series)
        self._cells[family, labels] = cell
        self._rows.append((cell, series))
        return cell

    def _changed(self) -> None:
        if not self._background:
            self.flush()
        elif self._thread is None:
            with self._lock:
                if self._thread is None and not self._closed:
                    self._thread = threading.Thread(target=self._keep_writing, name="conductor-metrics", daemon=True)
                    self._thread.start()
                    atexit.register(self.close)
        self._wake.set()

    def _keep_writing(self) -> None:
        while not self._closed:
            self._wake.wait()
            time.sleep(self._settings.update_interval)
            self._wake.clear()
            self.flush()

    def flush(self) -> None:
        """Write the numbers of now; where that fails it is logged once, and counting goes on in memory."""
        with self._flushing:
            if self._closed:
                return
            self._dirty = False
            with self._lock:
                self._add_up()
                rows = [(series, cell.values()) for cell, series in self._rows]
            try:
                if self._files is None:
                    self._files = ProcessFiles(self._settings.metrics_directory, self._settings.max_series)
                self._files.write(rows)
            except OSError as error:
                if not self._broken:
                    logger.error("metrics cannot be written to %s: %s", self._settings.metrics_directory, error)
                self._broken = True

    def close(self) -> None:
        """Write the last numbers and give up the files; what live processes alone show is gone with this one."""
        if not self._closed:
            self.flush()
            with self._flushing:
                self._closed = True
                if self._files is not None:
                    self._files.close()
            self._wake.set()
