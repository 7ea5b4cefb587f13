"""Where metrics go, and how often."""

from __future__ import annotations

import os
from pathlib import Path

from conductor.client.configuration.errors import ConfigurationError

CANONICAL_SUBDIR = "canonical"
_TRUE = frozenset({"true", "1", "yes", "on"})
_cleaned: set[tuple[int, str]] = set()


def get_default_temporary_folder() -> str:
    """The folder for metrics when none is given: ``~/tmp/``."""
    return f"{Path.home()}/tmp/"


class MetricsSettings:
    """Metrics as a Prometheus text file, and over HTTP where a port is given.

    Args:
        directory: folder of the text file and of the processes' own files; made when it is not there.
        file_name: name of the text file in `directory`.
        update_interval: seconds between two updates of the file.
        http_port: serve ``/metrics``, ``/health`` and ``/ready`` on this port (0: a free one; None: don't).
        clean_directory: forget everything earlier runs counted when the metrics process starts.
        clean_dead_pids: forget what processes that have ended counted when the metrics process starts.
        http_host: address to serve on; only this machine unless told otherwise.
        max_series: time series per process; what comes beyond is counted under the label value ``overflow``.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str] | None = None,
        file_name: str = "metrics.log",
        update_interval: float = 0.1,
        http_port: int | None = None,
        clean_directory: bool = False,
        clean_dead_pids: bool = False,
        *,
        http_host: str = "127.0.0.1",
        max_series: int = 500,
    ) -> None:
        self.directory = os.fspath(directory) if directory is not None else get_default_temporary_folder()
        self.file_name = _plain_name(file_name)
        self.update_interval = _number("update_interval", update_interval, least=0.001, most=86_400)
        self.http_port = None if http_port is None else int(_number("http_port", http_port, least=0, most=65_535))
        self.clean_directory = clean_directory
        self.clean_dead_pids = clean_dead_pids
        self.http_host = http_host
        self.max_series = int(_number("max_series", max_series, least=100, most=1_000_000))

    @property
    def is_canonical(self) -> bool:
        """Whether the canonical family of names is used (environment: WORKER_CANONICAL_METRICS)."""
        return os.environ.get("WORKER_CANONICAL_METRICS", "").strip().lower() in _TRUE

    @property
    def metrics_directory(self) -> str:
        """Folder of the processes' own files: the two families of names never share one."""
        return os.path.join(self.directory, CANONICAL_SUBDIR) if self.is_canonical else self.directory

    @property
    def file_path(self) -> str:
        """The Prometheus text file."""
        return os.path.join(self.directory, self.file_name)

    def prepare_directory(self) -> str:
        """Make the folder for the processes' own files and see that it can be written to.

        Raises:
            ConfigurationError: it cannot be made or written to.
        """
        directory = self.metrics_directory
        try:
            os.makedirs(directory, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"MetricsSettings.directory: cannot make {directory!r}: {error.strerror or error}"
            ) from None
        probe = os.path.join(directory, f".probe-{os.getpid()}")
        try:
            with open(probe, "wb"):
                pass
            os.remove(probe)
        except OSError as error:
            raise ConfigurationError(
                f"MetricsSettings.directory: cannot write to {directory!r}: {error.strerror or error};"
                " give a directory that this user may write to"
            ) from None
        return directory

    def clean_metrics_directory(self) -> None:
        """Remove what earlier runs left in the folder; a second call in the same process does nothing."""
        directory = os.path.realpath(self.metrics_directory)
        if (os.getpid(), directory) in _cleaned:
            return
        _cleaned.add((os.getpid(), directory))
        for kind in ("counter", "gauge", "histogram", "summary", "owner"):  # whatever else is in there is not ours
            for path in Path(directory).glob(f"{kind}_*-*.*" if kind == "owner" else f"{kind}_*.db"):
                path.unlink(missing_ok=True)
        Path(self.file_path).unlink(missing_ok=True)

    def __repr__(self) -> str:
        shown = ("directory", "file_name", "update_interval", "http_port", "clean_directory", "clean_dead_pids")
        return f"MetricsSettings({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"


def _plain_name(name: str) -> str:
    if not name or os.path.basename(name) != name or name.endswith(".db"):
        raise ConfigurationError(
            f"MetricsSettings.file_name: {name!r} is not a plain file name (no folder, not ending in .db)"
        )
    return name


def _number(field: str, value: float, *, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        raise ConfigurationError(f"MetricsSettings.{field}: expected a number from {least} to {most}, got {value!r}")
    return value
