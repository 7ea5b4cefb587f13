"""Whether workers run in processes of their own, or in threads of the program where the system has no processes."""

from __future__ import annotations

import os
from typing import Final

from conductor.client.configuration.errors import ConfigurationError

#: Environment variable: ``process`` (the default) or ``thread``.
ISOLATION_ENV_VAR: Final = "CONDUCTOR_WORKER_ISOLATION"
PROCESS: Final = "process"
THREAD: Final = "thread"

_chosen: str | None = None


def isolation_mode() -> str:
    """`PROCESS` or `THREAD`.

    Raises:
        ConfigurationError: the environment variable is neither.
    """
    mode = _chosen or os.environ.get(ISOLATION_ENV_VAR, "").strip().lower() or PROCESS
    if mode not in (PROCESS, THREAD):
        raise ConfigurationError(f"{ISOLATION_ENV_VAR}: {mode!r} is neither {PROCESS!r} nor {THREAD!r}")
    return mode


def apply_thread_isolation() -> None:
    """From now on handlers of this program run their workers in threads, whatever the environment says."""
    global _chosen
    _chosen = THREAD
