"""Numbers of one process: what is counted, under which labels, in memory that costs next to nothing to change."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

#: Recent values that a quantile is taken from.
WINDOW = 1000
_QUANTILES = (0.5, 0.75, 0.9, 0.95, 0.99)

#: A time series as prometheus-client's multiprocess mode files it: kind of file, metric, sample, labels, help.
Series = tuple[str, str, str, dict[str, str], str]


@dataclass(frozen=True, eq=False)  # told apart by identity: it is part of a key that is looked up for every value
class Family:
    """A metric: its name, the names of its labels, what its values are kept in."""

    name: str
    labels: tuple[str, ...]
    help: str
    cell: Callable[[Family], Cell]
    buckets: tuple[float, ...] = ()


class Cell:
    """The value of one metric under one set of labels. Not thread-safe: the store's lock guards it."""

    __slots__ = ("family",)

    def __init__(self, family: Family) -> None:
        self.family = family

    def add(self, values: list[float]) -> None:
        """Take values in, in the order in which they came."""
        raise NotImplementedError

    def values(self) -> list[float]:
        """What to write now, one number for each of `series`."""
        raise NotImplementedError

    def series(self, labels: Sequence[str]) -> list[Series]:
        """The time series of this cell."""
        raise NotImplementedError

    def _series(
        self, file: str, labels: Sequence[str], suffix: str = "", extra: tuple[str, str] | None = None, metric: str = ""
    ) -> Series:
        named = dict(zip(self.family.labels, labels, strict=True)) | (dict([extra]) if extra else {})
        return file, self.family.name + metric, self.family.name + suffix, named, self.family.help


class Counter(Cell):
    """Only grows; the processes' values are added up, those of processes that have ended too."""

    __slots__ = ("_value",)

    def __init__(self, family: Family) -> None:
        super().__init__(family)
        self._value = 0.0

    def add(self, values: list[float]) -> None:
        self._value += sum(values)

    def values(self) -> list[float]:
        return [self._value]

    def series(self, labels: Sequence[str]) -> list[Series]:
        return [self._series("counter", labels, "_total")]


class LastValue(Counter):
    """The value that any live process took in last."""

    __slots__ = ()

    def add(self, values: list[float]) -> None:
        self._value = values[-1]

    def series(self, labels: Sequence[str]) -> list[Series]:
        return [self._series("gauge_livemostrecent", labels)]


class LiveSum(LastValue):
    """The sum of the live processes' last values."""

    __slots__ = ()

    def series(self, labels: Sequence[str]) -> list[Series]:
        return [self._series("gauge_livesum", labels)]


class Histogram(Cell):
    """How many values fell into each bucket."""

    __slots__ = ("_bounds", "_counts", "_sum")

    def __init__(self, family: Family) -> None:
        super().__init__(family)
        self._bounds = family.buckets
        self._counts = [0] * (len(family.buckets) + 1)
        self._sum = 0.0

    def add(self, values: list[float]) -> None:
        bounds, counts = self._bounds, self._counts
        for value in values:
            counts[bisect_left(bounds, value)] += 1
        self._sum += sum(values)

    def values(self) -> list[float]:
        return [*self._counts, self._sum]

    def series(self, labels: Sequence[str]) -> list[Series]:
        bounds = [*(repr(float(bound)) for bound in self._bounds), "+Inf"]
        buckets = [self._series("histogram", labels, "_bucket", ("le", bound)) for bound in bounds]
        return [*buckets, self._series("histogram", labels, "_sum")]


class Quantiles(Cell):
    """Quantiles over the last thousand values of a live process, and count and sum over all of all processes."""

    __slots__ = ("_count", "_last", "_sorted_at", "_sum", "_window")

    def __init__(self, family: Family) -> None:
        super().__init__(family)
        self._window: deque[float] = deque(maxlen=WINDOW)
        self._count = self._sorted_at = 0
        self._sum = 0.0
        self._last: list[float] = []

    def add(self, values: list[float]) -> None:
        self._window.extend(values)
        self._count += len(values)
        self._sum += sum(values)

    def values(self) -> list[float]:
        if self._sorted_at != self._count:
            ordered = sorted(self._window)
            self._last = [ordered[min(len(ordered) - 1, int(q * len(ordered)))] for q in _QUANTILES]
            self._sorted_at = self._count
        return [*self._last, self._count, self._sum]

    def series(self, labels: Sequence[str]) -> list[Series]:
        quantiles = [self._series("gauge_livemax", labels, extra=("quantile", str(q))) for q in _QUANTILES]
        totals = [self._series("gauge_sum", labels, suffix, metric=suffix) for suffix in ("_count", "_sum")]
        return [*quantiles, *totals]
