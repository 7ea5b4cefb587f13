"""Whether workers run in processes of their own, or in threads of the program where the system has no processes."""

from __future__ import annotations

import os
from typing import Final

from conductor.client.configuration.errors import ConfigurationError

#: Environment variable: ``process`` (the default) or ``thread``.
WORKER_ISOLATION_ENV: Final = "CONDUCTOR_WORKER_ISOLATION"
ISOLATION_PROCESS: Final = "process"
ISOLATION_THREAD: Final = "thread"

_chosen: str | None = None


def isolation_mode() -> str:
    """`ISOLATION_PROCESS` or `ISOLATION_THREAD`.

    Raises:
        ConfigurationError: the environment variable is neither.
    """
    mode = _chosen or os.environ.get(WORKER_ISOLATION_ENV, "").strip().lower() or ISOLATION_PROCESS
    if mode not in (ISOLATION_PROCESS, ISOLATION_THREAD):
        raise ConfigurationError(
            f"{WORKER_ISOLATION_ENV}: {mode!r} is neither {ISOLATION_PROCESS!r} nor {ISOLATION_THREAD!r}"
        )
    return mode


def apply_thread_isolation() -> None:
    """From now on handlers of this program run their workers in threads, whatever the environment says."""
    global _chosen
    _chosen = ISOLATION_THREAD
