"""What a handler is to run, as data that can be sent to another process: who shares a process, and by which rules."""

from __future__ import annotations

import multiprocessing
import sys
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.reduction import ForkingPickler
from typing import Any, Final

from conductor.client.automator._logs import LogLevels
from conductor.client.configuration.configuration import Configuration
from conductor.client.configuration.errors import ConfigurationError
from conductor.client.configuration.settings.metrics_settings import MetricsSettings
from conductor.client.worker.worker_interface import WorkerInterface

#: A runner's own limit is the number of its threads; results on their way to the server take rows, too.
_ROWS_PER_THREAD: Final = 2
_SPARE_ROWS: Final = 8
#: A busy machine delays signs of life, which are given every second.
LEAST_HEARTBEAT_SECONDS: Final = 3.0


class WorkerStartError(ConfigurationError):
    """A worker could not be started: its message says which one and why."""


@dataclass(frozen=True)
class RunnerSettings:
    """What every runner process is given."""

    configuration: Configuration
    metrics_settings: MetricsSettings | None = None
    event_listeners: tuple[object, ...] = ()
    outbox_directory: str | None = None
    shutdown_grace_seconds: float = 30.0
    on_shutdown: str = "requeue"

    def __post_init__(self) -> None:
        _check_number("shutdown_grace_seconds", self.shutdown_grace_seconds)
        _check_choice("on_shutdown", self.on_shutdown, ("requeue", "fail"))

    @property
    def longest_call_seconds(self) -> float:
        """How long a call to the server may take."""
        return float(self.configuration.connect_timeout + self.configuration.read_timeout)


@dataclass(frozen=True)
class SupervisionSettings:
    """What the supervisor does about processes that end or stand still."""

    restart_on_failure: bool = True
    restart_backoff_seconds: float = 1.0
    restart_backoff_max_seconds: float = 60.0
    restart_max_attempts: int = 0
    heartbeat_timeout_seconds: float = 30.0
    look_seconds: float = 5.0
    on_crash: str = "fail"

    def __post_init__(self) -> None:
        for name in ("restart_backoff_seconds", "restart_backoff_max_seconds"):
            _check_number(name, getattr(self, name))
        if self.heartbeat_timeout_seconds != 0:
            _check_number("heartbeat_timeout_seconds", self.heartbeat_timeout_seconds, LEAST_HEARTBEAT_SECONDS)
        _check_number("restart_max_attempts", self.restart_max_attempts)
        _check_number("monitor_interval_seconds", self.look_seconds, least=0.05)
        _check_choice("on_crash", self.on_crash, ("fail", "requeue"))


@dataclass(frozen=True)
class Member:
    """One runner process: its name and the workers in it."""

    name: str
    workers: tuple[WorkerInterface, ...]

    @property
    def rows(self) -> int:
        """Rows of its slot table."""
        return _SPARE_ROWS + _ROWS_PER_THREAD * sum(worker.thread_count for worker in self.workers)


@dataclass(frozen=True)
class Plan:
    """Everything that the supervisor needs. `runner_method` is the start method of runner processes."""

    members: tuple[Member, ...]
    runner: RunnerSettings
    supervision: SupervisionSettings
    runner_method: str
    log_levels: LogLevels


def members_of(
    workers: Sequence[WorkerInterface],
    groups: Iterable[Sequence[WorkerInterface]] = (),
    group: str | None = None,
) -> tuple[Member, ...]:
    """Who shares a process: a worker has its own, or as many as its `processes` says, unless it is in a group.

    Args:
        workers: all workers.
        groups: workers that share a process, beside those whose attribute `group` is the same.
        group: the group of the workers that name none.

    Raises:
        ConfigurationError: a worker is in two groups, or in a group and wants several processes.
    """
    shared: dict[object, list[WorkerInterface]] = {}
    alone: list[Member] = []
    explicit = {id(worker): number for number, each in enumerate(groups) for worker in each}
    for worker in workers:
        key: object = explicit.get(id(worker), getattr(worker, "group", None) or group)
        processes = _count(worker, "processes")
        _count(worker, "thread_count")
        if key is not None and processes > 1:
            raise ConfigurationError(f"worker {_name(worker)!r}: processes={processes} cannot be shared by a group")
        if key is not None:
            shared.setdefault(key, []).append(worker)
        else:
            names = [_name(worker), *(f"{_name(worker)}#{number}" for number in range(2, processes + 1))]
            alone += [Member(name, (worker,)) for name in names]
    together = [Member("+".join(map(_name, each)), tuple(each)) for each in shared.values()]
    return (*alone, *together)


def _count(worker: WorkerInterface, option: str) -> int:
    value = getattr(worker, option, 1)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigurationError(f"worker {_name(worker)!r}: {option}: expected a whole number above 0, got {value!r}")
    return value


def _name(worker: WorkerInterface) -> str:
    return ",".join(worker.task_definition_names)


def choose_start_method(wanted: str | None, shipped: Iterable[tuple[str, object]]) -> tuple[str, str]:
    """The start method of the supervisor, and of the runner processes that it starts.

    A fork copies a process of which it runs one thread: locks that others hold stay locked for ever. So a program
    with threads is not forked, unless it asks for that. The supervisor has one thread, and may fork at any time.

    Args:
        wanted: what the program asks for; None leaves the choice to this function.
        shipped: what has to be sent to the supervisor where it is not forked, and a name for each.

    Raises:
        ConfigurationError: there is no such start method here, or something cannot be sent to another process.
    """
    available = multiprocessing.get_all_start_methods()
    if wanted is not None and wanted not in available:
        raise ConfigurationError(f"start_method: {wanted!r} is not one of {', '.join(available)}")
    # Forked children of a macOS program crash in the system's own libraries.
    may_fork = "fork" in available and sys.platform != "darwin"
    if wanted is None and may_fork and threading.active_count() == 1:
        return "fork", "fork"
    if wanted == "fork":
        return "fork", "fork"
    for name, thing in shipped:
        check_can_be_sent(name, thing)
    return wanted or "spawn", wanted or ("fork" if may_fork else "spawn")


def check_can_be_sent(name: str, thing: object) -> None:
    """See that another process can be given an object.

    Raises:
        ConfigurationError: it cannot; says which attribute is in the way.
    """
    error = _refusal(thing)
    if error is None:
        return
    culprit = next(
        (f"attribute {key!r} ({type(value).__name__})" for key, value in _attributes(thing) if _refusal(value)), None
    )
    raise ConfigurationError(
        f"{name} cannot be sent to another process: {culprit + ': ' if culprit else ''}{error};"
        " make it when the worker starts (on_start), or use start_method='fork'"
    )


def _attributes(thing: object) -> list[tuple[str, Any]]:
    """Those that would be sent."""
    state: object = getattr(thing, "__dict__", None)
    with suppress(Exception):
        reduced = thing.__reduce_ex__(2)
        state = reduced[2] if isinstance(reduced, tuple) and len(reduced) > 2 else state
    return list(state.items()) if isinstance(state, dict) else []


def _refusal(thing: object) -> str | None:
    try:
        ForkingPickler.dumps(thing)
    except Exception as error:  # noqa: BLE001  whatever the __reduce__ or __getstate__ of a user's class raises
        return str(error) or type(error).__name__
    return None


def _check_number(name: str, value: float, least: float = 0.0) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value < float("inf"):
        raise ConfigurationError(f"{name}: expected a number of at least {least:g}, got {value!r}")


def _check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise ConfigurationError(f"{name}: {value!r} is not one of {', '.join(choices)}")
