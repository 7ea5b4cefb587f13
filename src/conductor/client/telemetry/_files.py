"""Files in which processes leave their numbers for the one that shows them.

The format and the reading are those of prometheus-client's multiprocess mode; only who writes, and when, is ours: the
library would write on each change, and decides at import and by the environment where to.

A process owns files ``<kind>_<pid>-<id>.db`` and keeps ``owner_<pid>-<id>.lock`` locked while it lives, so that its end
is certain however it came, also for processes in other containers and when process ids are used again.
"""

from __future__ import annotations

import logging
import os
import re
import struct
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from conductor.client.telemetry._cells import Series
from conductor.client.telemetry._mapped import MappedFile, key_of

logger = logging.getLogger(__name__)


#: Files whose numbers count on after their process has ended.
_ADDITIVE = ("counter", "histogram", "gauge_sum")
_TOTALS = "totals"
#: Our files; others in the folder, of whatever kind, are not touched.
_OURS = re.compile(r"(counter|histogram|gauge_[a-z]+)_(totals-)?[0-9]+-[0-9a-f]{8}\.(db|tmp)")
#: Space for one series, with its labels and its help text.
_BYTES_PER_SERIES = 512


class ProcessFiles:
    """The files of this process."""

    def __init__(self, directory: str, max_series: int) -> None:
        self._directory = Path(directory)
        self._size = max_series * _BYTES_PER_SERIES
        self._tag = f"{os.getpid()}-{os.urandom(4).hex()}"
        os.makedirs(directory, exist_ok=True)
        self._owner = _lock_owner(self._directory / f"owner_{self._tag}.lock")
        self._maps: dict[str, MappedFile] = {}
        self._keys: dict[int, list[tuple[MappedFile, str]]] = {}

    def write(self, rows: Iterable[tuple[list[Series], list[float]]]) -> None:
        """Write each row's values, and tell that there is something new."""
        now = time.time()
        for series, values in rows:
            keys = self._keys.get(id(series))
            if keys is None:
                keys = self._keys[id(series)] = [self._key(one) for one in series]
            for (file, key), value in zip(keys, values, strict=True):
                file.write(key, value, now)
        os.utime(self._owner.fileno() if os.utime in os.supports_fd else self._owner.name)

    def _key(self, series: Series) -> tuple[MappedFile, str]:
        kind, metric, sample, labels, text = series
        if kind not in self._maps:
            self._maps[kind] = MappedFile(self._directory / f"{kind}_{self._tag}.db", self._size)
        return self._maps[kind], key_of(metric, sample, labels, text)

    def close(self) -> None:
        """Give up the files: what counts on stays, what only the living show goes."""
        for kind, file in self._maps.items():
            file.close()
            if kind not in _ADDITIVE:
                (self._directory / f"{kind}_{self._tag}.db").unlink(missing_ok=True)
        self._owner.close()


def _lock_owner(path: Path) -> IO[bytes]:
    draft = path.with_suffix(".draft")  # nobody may find it before it is locked
    file = open(draft, "ab")  # noqa: SIM115  open, and so locked, for as long as the process lives
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)
    os.replace(draft, path)
    return file


def _is_alive(owner: Path) -> bool:
    try:
        if sys.platform == "win32":
            owner.rename(owner)  # refused while somebody has it open
            return False
        import fcntl

        with open(owner, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
    except FileNotFoundError:
        return False
    except OSError:
        return True


@contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    """Keep out others that add up in the same folder, so that nothing is added twice."""
    with open(directory / "totals.lock", "ab") as file:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _tag_of(path: Path) -> str:
    return path.stem.rpartition("_")[2]


def stamp(directory: str) -> tuple[tuple[str, int], ...]:
    """Something that changes whenever a process has written or come or gone; cheap enough to ask ten times a second."""
    with os.scandir(directory) as entries:
        return tuple(sorted((e.name, e.stat().st_mtime_ns) for e in entries if e.name.startswith("owner_")))


class Reader:
    """Reads what the processes left, and adds up the numbers of those that have ended into a file of its own."""

    def __init__(self, directory: str) -> None:
        self._directory = Path(directory)
        self._tag = f"{_TOTALS}-{os.getpid()}-{os.urandom(4).hex()}"
        self._owner: IO[bytes] | None = None

    def sweep(self) -> None:
        """Add the numbers of processes that have ended to the totals, and remove their files."""
        with _alone_in(self._directory):
            dead = [path for path in self._files() if _tag_of(path) != self._tag and not self._alive(path)]
            for kind in _ADDITIVE:
                self._add_to_totals(kind, [path for path in dead if path.name.startswith(f"{kind}_")])
            for path in dead:
                path.unlink(missing_ok=True)
                (self._directory / f"owner_{_tag_of(path)}.lock").unlink(missing_ok=True)

    def _add_to_totals(self, kind: str, paths: list[Path]) -> None:
        if not paths:
            return
        if self._owner is None:
            self._owner = _lock_owner(self._directory / f"owner_{self._tag}.lock")
        mine, sums = self._directory / f"{kind}_{self._tag}.db", dict[str, float]()
        for path in [mine, *paths]:
            for key, value in self._values(path):
                sums[key] = sums.get(key, 0.0) + value
        draft = mine.with_suffix(".tmp")
        totals = MappedFile(draft, len(sums) * _BYTES_PER_SERIES)
        for key, value in sums.items():
            totals.write(key, value, 0.0)
        totals.close()
        os.replace(draft, mine)

    def families(self) -> Iterable[object]:
        """The metrics of all processes, merged as prometheus-client merges them."""
        return _merge([path for path in self._files() if self._values(path)])

    def _values(self, path: Path) -> list[tuple[str, float]]:
        """The numbers in a file; one that is gone, or broken, has none."""
        from prometheus_client.mmap_dict import MmapedDict

        try:
            read = MmapedDict.read_all_values_from_file(str(path))  # type: ignore[no-untyped-call]
            return [(key, value) for key, value, *_ in read]
        except (OSError, ValueError, RuntimeError, struct.error):
            return []

    def _files(self) -> list[Path]:
        return [path for path in self._directory.iterdir() if path.suffix == ".db" and _OURS.fullmatch(path.name)]

    def _alive(self, path: Path) -> bool:
        return _is_alive(self._directory / f"owner_{_tag_of(path)}.lock")

    def close(self) -> None:
        """Remove the totals: the next run counts from nothing, as Prometheus expects of a program that was started."""
        for kind in _ADDITIVE:
            (self._directory / f"{kind}_{self._tag}.db").unlink(missing_ok=True)
        if self._owner is not None:
            self._owner.close()
            (self._directory / f"owner_{self._tag}.lock").unlink(missing_ok=True)


def _merge(paths: list[Path]) -> Iterable[object]:
    from prometheus_client.multiprocess import MultiProcessCollector

    try:
        merged: Iterable[object] = MultiProcessCollector.merge([str(path) for path in paths], accumulate=True)  # type: ignore[no-untyped-call]
        return merged
    except Exception:  # noqa: BLE001  the library says in many ways that a file is broken, and not which
        if len(paths) == 1:
            logger.warning("metrics file %s is broken and left out", paths[0])
            paths[0].unlink(missing_ok=True)
            return []
    return _merge([path for path in paths if _merge([path])])


def forget_the_dead(directory: str) -> None:
    """Remove the files of all processes that have ended."""
    folder = Path(directory)
    for path in [*(p for p in folder.iterdir() if _OURS.fullmatch(p.name)), *folder.glob("owner_*-*.lock")]:
        if not _is_alive(folder / f"owner_{_tag_of(path)}.lock"):
            path.unlink(missing_ok=True)


def forget_live_values(directory: str, pid: int) -> None:
    """Remove what only live processes show, for one that has ended."""
    folder = Path(directory)
    for path in folder.glob(f"gauge_live*_{pid}-*.db"):
        path.unlink(missing_ok=True)
    for owner in folder.glob(f"owner_{pid}-*.lock"):
        owner.touch()  # tells the reader that something has changed
