"""The numbers of a process: taken in by any thread, written to the process's files by one thread now and then."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
import weakref
from collections import defaultdict, deque
from collections.abc import Callable
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


_Labelled = tuple[Family, tuple[str, ...]]


class SeriesStore:
    """Counts in memory; `flush` copies the numbers to files that another process reads.

    Who counts only puts a value down: an append, which needs no lock and so never makes a task wait for another. What
    was put down is added up when the numbers are written, or by whom finds too much of it.

    Args:
        settings: where the files are, how often to write, how many series at most.
        background: write from a thread of its own; otherwise at once, for processes that count rarely and may fork.
    """

    def __init__(self, settings: MetricsSettings, *, background: bool = True) -> None:
        self._settings = settings
        self._background = background
        self._begin()
        if hasattr(os, "register_at_fork"):
            reset = weakref.WeakMethod(self._begin)
            os.register_at_fork(after_in_child=lambda: (method := reset()) and method())

    def _begin(self) -> None:
        """Start from nothing, as a process does that was forked from one which had counted."""
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._put_down: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._sorted: defaultdict[_Labelled, list[float]] = defaultdict(list)
        self._cells: dict[_Labelled, Cell] = {}
        self._rows: list[tuple[Cell, list[Series]]] = []
        self._series = 0
        self._dirty = False
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._files: ProcessFiles | None = None
        self._broken = self._closed = False

    def record(self, family: Family, labels: tuple[str, ...], value: float = 1.0) -> None:
        """Take a value in."""
        self.put_down(self.sort, (family, labels, value))

    def put_down(self, meaning: Callable[..., None], fields: tuple[Any, ...]) -> None:
        """Keep something whose meaning, a function of its fields that calls `sort`, is worked out later."""
        self._put_down.append((meaning, fields))
        if not self._dirty:
            self._dirty = True
            self._changed()
        elif len(self._put_down) > _MOST_PUT_DOWN:
            self._add_up()

    def sort(self, family: Family, labels: tuple[str, ...], value: float = 1.0) -> None:
        """Put a value to the others of its kind; only for what was put down."""
        self._sorted[family, labels].append(value)

    def _add_up(self) -> None:
        """Work out what was put down, and add it to the cells: many values at a time cost little each."""
        with self._lock:
            take = self._put_down.popleft
            for _ in range(len(self._put_down)):
                meaning, fields = take()
                try:
                    meaning(*fields)
                except Exception as error:  # noqa: BLE001  anybody may tell anything: this thread goes on
                    self._complain(f"cannot be read off {fields!r:.200}: {error!r}")
            for (family, labels), values in self._sorted.items():
                cell = self._cells.get((family, labels))
                (cell if cell is not None else self._new_cell(family, labels)).add(values)
            self._sorted.clear()

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
            self._add_up()
            with self._lock:
                rows = [(series, cell.values()) for cell, series in self._rows]
            try:
                if self._files is None:
                    self._files = ProcessFiles(self._settings.metrics_directory, self._settings.max_series)
                self._files.write(rows)
            except OSError as error:
                self._complain(f"cannot be written to {self._settings.metrics_directory}: {error}")

    def _complain(self, what: str) -> None:
        if not self._broken:
            logger.error("metrics %s", what)
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
