"""Where the settings of a worker come from. The first that is set counts:

1. ``conductor.worker.<name>.<setting>``           environment
2. ``conductor_worker_<name>_<setting>``
3. ``CONDUCTOR_WORKER_<NAME>_<SETTING>``           in a name, what is no letter or digit may be written as _
4. ``CONDUCTOR_WORKER_<name>_<SETTING>``
5. ``conductor.worker.all.<setting>``
6. ``CONDUCTOR_WORKER_ALL_<SETTING>``
7. ``conductor_worker_<setting>``
8. ``CONDUCTOR_WORKER_<SETTING>``
9. ``worker.<name>.<setting>``, then ``worker.all.<setting>``, of a TOML file, see `_settings_file`
10. the code

Malformed values and settings that do not exist are errors which name the source. `paused` in the file is read again
while the worker runs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from conductor.client.configuration.errors import ConfigurationError
from conductor.client.worker._properties import PROPERTIES, did_you_mean
from conductor.client.worker._settings_file import FilePauseSwitch, settings_file
from conductor.client.worker.worker_interface import WorkerInterface

#: Name of each setting -> its name in environment variables.
ENV_PROPERTY_NAMES: Final = {name: name for name in PROPERTIES}
_PREFIXES: Final = ("conductor.worker.", "conductor_worker_", "CONDUCTOR_WORKER_")
#: Variables of ours that look like a setting and are none.
_OTHER_VARIABLES: Final = frozenset({"CONDUCTOR_WORKER_ISOLATION"})
_DEFAULTS: Final = {"overwrite_task_def": True, "strict_schema": False, "register_schema": False}
_CODE: Final = "code"


def resolve_worker_config(
    worker_name: str,
    poll_interval: float | None = None,
    domain: str | None = None,
    worker_id: str | None = None,
    thread_count: int | None = None,
    register_task_def: bool | None = None,
    poll_timeout: int | None = None,
    lease_extend_enabled: bool | None = None,
    paused: bool | None = None,
    overwrite_task_def: bool | None = None,
    strict_schema: bool | None = None,
    register_schema: bool | None = None,
) -> dict[str, Any]:
    """The settings of a worker by name; the arguments are the values of the code.

    Raises:
        ConfigurationError: a value is malformed, or a setting does not exist; the message names the source.
    """
    code = {name: value for name, value in locals().items() if name != "worker_name"}
    check_environment(worker_name)
    resolved: dict[str, Any] = {}
    for name, value in code.items():
        found = find(worker_name, name)
        resolved[name] = found[0] if found else _DEFAULTS.get(name) if value is None else value
    return resolved


def configure_worker(worker: WorkerInterface) -> dict[str, str]:
    """Give a worker the settings of the environment and the file.

    Args:
        worker: changed in place; a worker with several names takes the settings of the first.

    Returns:
        Where each setting came from that did not come from the code.

    Raises:
        ConfigurationError: as `resolve_worker_config`; also for a value in the code that cannot be.
    """
    name = worker.task_definition_names[0]
    check_environment(name)
    sources: dict[str, str] = {}
    for key in PROPERTIES:
        found = find(name, key)
        if found is not None:
            value, sources[key] = found
            if key == "paused":
                _pause(worker, value, in_file=not sources[key].startswith(_PREFIXES))
            else:
                setattr(worker, key, value)
    file = settings_file()
    if file is not None and not sources.get("paused", "").startswith(_PREFIXES):
        worker._pause_switch = FilePauseSwitch(file.path, name)
    _check_code(worker, name, sources)
    return sources


def _pause(worker: WorkerInterface, value: bool, *, in_file: bool) -> None:
    """Set `paused`. A method of that name is asked all the same; the file's word is left to the switch."""
    value = value and not in_file
    if value or not callable(worker.paused):
        worker.paused = value


def _check_code(worker: WorkerInterface, name: str, sources: Mapping[str, str]) -> None:
    """The same rules for what stands in the code."""
    for key in ("poll_interval", "thread_count", "poll_timeout", "processes", "domain", "group"):
        value = getattr(worker, key)
        if key not in sources and value is not None:
            PROPERTIES[key].parse(value, f"worker {name!r}: {key}")


def find(worker_name: str, name: str) -> tuple[Any, str] | None:
    """The value of a setting from the environment or the file, and its source; None: it is left to the code.

    Raises:
        ConfigurationError: the value is malformed.
    """
    for variable in variables(worker_name, name):
        if text := os.environ.get(variable, "").strip():
            return PROPERTIES[name].parse(text, variable), variable
    file = settings_file()
    return file.lookup(worker_name, name) if file else None


def variables(worker_name: str, name: str) -> Iterator[str]:
    """The environment variables of a setting, the one that counts most first."""
    plain = re.sub(r"\W", "_", worker_name)
    names = (name, *PROPERTIES[name].aliases)
    patterns = (
        (f"conductor.worker.{worker_name}.{{}}", str.lower),
        (f"conductor_worker_{worker_name}_{{}}", str.lower),
        (f"CONDUCTOR_WORKER_{worker_name.upper()}_{{}}", str.upper),
        (f"CONDUCTOR_WORKER_{plain.upper()}_{{}}", str.upper),
        (f"CONDUCTOR_WORKER_{worker_name}_{{}}", str.upper),
        ("conductor.worker.all.{}", str.lower),
        ("CONDUCTOR_WORKER_ALL_{}", str.upper),
        ("conductor_worker_{}", str.lower),
        ("CONDUCTOR_WORKER_{}", str.upper),
    )
    for pattern, case in patterns:
        yield from (pattern.format(case(key)) for key in names)


def check_environment(worker_name: str) -> None:
    """Refuse a variable that is meant for this worker, or for all, and names no setting.

    Variables that only look so are left alone, such as those that Kubernetes makes for a service `conductor-worker`.

    Raises:
        ConfigurationError: a variable names no setting.
    """
    known = {key for prop in PROPERTIES.values() for key in (prop.name, *prop.aliases)}
    plain = re.sub(r"\W", "_", worker_name)
    meant = {f"{name}{end}".lower() for name in (worker_name, plain, "all") for end in (".", "_")}
    for variable in os.environ:
        prefix = next((prefix for prefix in _PREFIXES if variable.startswith(prefix)), None)
        if prefix is None or variable in _OTHER_VARIABLES:
            continue
        rest = variable[len(prefix) :].lower()
        if any(rest == key or rest.endswith((f"_{key}", f".{key}")) for key in known):
            continue
        start = max((start for start in meant if rest.startswith(start)), key=len, default="")
        hint = did_you_mean(rest[len(start) :], known)
        if start or hint:
            raise ConfigurationError(f"{variable}: no setting of a worker is called {rest[len(start) :]!r}{hint}")


def get_worker_config_summary(worker_name: str, resolved_config: Mapping[str, Any]) -> str:
    """The settings, one a line, each with where it came from."""
    lines = [f"Worker {worker_name!r} configuration:"]
    for name, value in resolved_config.items():
        found = find(worker_name, name) if name in PROPERTIES else None
        if value is not None:
            lines.append(f"  {name}: {value} (from {found[1] if found else _CODE})")
    return "\n".join(lines)


def get_worker_config_oneline(worker_name: str, resolved_config: Mapping[str, Any]) -> str:
    """The settings in one line, for the log."""
    parts = [f"name={worker_name}", f"pid={os.getpid()}"]
    parts.append(f"status={'paused' if resolved_config.get('paused') else 'active'}")
    units = {"poll_interval": "ms", "poll_timeout": "ms"}
    for name, value in resolved_config.items():
        if name != "paused" and value not in (None, False):
            parts.append(f"{name}={value}{units.get(name, '')}")
    return f"Conductor Worker[{', '.join(parts)}]"
