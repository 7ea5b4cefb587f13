"""The public names of conductor-python 2.0.0, against ours: code that uses them must go on working.

The other package's names stand in corpora/conductor-python-2.0.0.json, as tools/peer_surface.py wrote them down.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import textwrap
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

SURFACE = Path(__file__).resolve().parents[1] / "corpora" / "conductor-python-2.0.0.json"

#: What differs, and why. The left side is a pattern for lines of `differences()`.
KNOWN: dict[str, str] = {
    # Low-level: what other modules of theirs use, and hardly anybody else.
    "*.rest.RESTClientObject.*": "below the API client; options are given by keyword, connections are the pool's",
    "*.async_rest.AsyncRESTClientObject.*": "the same",
    "*rest.RESTResponse*": "takes the answer in the first position, and status, reason, data, headers by name",
    "*ApiClient.cookie: missing": "it is among the default headers",
    "*AsyncApiClient.metrics_collector: missing": "given to the constructor; nothing reads it afterwards",
    "*.WorkflowResourceApi.update_workflow_and_task_state*": "their twins differ in parameters; ours are alike",
    "*.MetadataClient.unregister_workflow_def: *": "their interface and their implementation name it differently",
    "conductor.client.automator.task_handler.register_decorated_fn: *": "called by the decorator, which names options",
    # How models are made.
    "*.models.auditable.Auditable.*": "ours recognizes definitions by their fields; nothing is inherited from it",
    "*.models.task_result_status.TaskResult: takes no task": "TaskResult is one class; use Task.to_task_result()",
    "*.RequestParam: description is not parameter 4": "they have two classes of this name; ours is both",
    "*.models.workflow_*.*_status: missing": "sets that their methods use: is_running(), is_completed(), ...",
    "*.models.workflow_def.object_mapper: missing": "a helper object of theirs",
    "*.attribute_map: missing": "inputs of tasks are no models of the API: they say themselves what they send",
    "*.swagger_types: missing": "the same",
    # How workers are run.
    "*.TaskHandler.logger_process: missing": "log records travel through pipes: there is no process for them",
    "*.TaskHandler.queue: missing": "the same",
    "*.TaskHandler.monitor_*: missing": "settings of supervision are given to the constructor, for another process",
    "*.TaskHandler.restart_*: missing": "the same",
    "*.TaskRunner.task_client: missing": "a runner has its own path to the server",
    "*.AsyncTaskRunner.async_*: missing": "the same",
    "*.worker.worker.ASYNC_TASK_RUNNING: missing": "async functions run in the runner's own loop",
    "*.worker.worker.BackgroundEventLoop: missing": "the same",
    "*.worker.worker.is_callable_*": "theirs shadow a builtin by a parameter named `callable`",
    # Side effects and inner stores.
    "conductor.client.configuration.configuration.trace: missing": "logging.Logger is not patched",
    "conductor.client.configuration.configuration.TRACE_LEVEL: missing": "the same",
    "*.logger: missing": "loggers are the modules'",
    "conductor.client.event.*: timestamp is not parameter *": "events are made by the SDK, with their time",
    "*.MetricDocumentation.*": "help texts are in our own words",
    "conductor.client.telemetry.*MetricsCollector*.*: missing": "values are kept otherwise; see docs on metrics",
    "conductor.client.telemetry.metrics_collector_base.*: missing": "placeholders; import prometheus_client",
    "conductor.client.telemetry.*_BUCKETS: missing": "they stand with the families of metrics",
    "conductor.client.telemetry.*.measure_workflow_start_error: *": "called by position",
}


def differences() -> Iterator[str]:
    """A line for each name that is there and does not work the same way here."""
    for name, entries in json.loads(SURFACE.read_text()).items():
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError:
            yield f"{name}: no such module"
            continue
        for attribute, entry in entries.items():
            where = f"{name}.{attribute}"
            if hasattr(module, attribute):
                yield from compare(where, getattr(module, attribute), entry)
            else:
                yield f"{where}: missing"


def compare(where: str, ours: Any, entry: dict[str, Any]) -> Iterator[str]:
    if entry["kind"] == "enum":
        members = {name: str(member.value) for name, member in ours.__members__.items()}
        for name, value in entry["members"].items():
            if members.get(name) != value:
                yield f"{where}.{name}: {value!r} there, {members.get(name)!r} here"
    elif entry["kind"] == "function":
        yield from compare_parameters(where, entry["init"], ours)
    elif entry["kind"] == "class":
        yield from compare_parameters(where, entry["init"], ours)
        attributes = instance_attributes(ours)
        for name, member in entry["members"].items():
            if name not in attributes and not hasattr(ours, name):
                yield f"{where}.{name}: missing"
            elif isinstance(member, list) and callable(getattr(ours, name)):
                yield from compare_parameters(f"{where}.{name}", member, getattr(ours, name))


def instance_attributes(cls: type) -> set[str]:
    """What an instance has beyond its class: fields, annotated attributes, and what the constructor sets."""
    found = set(getattr(cls, "__struct_fields__", ()))
    for base in cls.__mro__:
        found |= vars(base).get("__annotations__", {}).keys()
        init = vars(base).get("__init__")
        if inspect.isfunction(init) and not init.__qualname__.startswith("__create_fn__"):
            tree = ast.parse(textwrap.dedent(inspect.getsource(init))) if init.__code__.co_filename[0] != "<" else None
            for node in ast.walk(tree) if tree else ():
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                    found.add(node.attr)
    return found


def compare_parameters(where: str, theirs: list[str] | None, function: Any) -> Iterator[str]:
    """Every way to call theirs must be a way to call ours."""
    try:
        ours = {p.name: p for p in inspect.signature(function).parameters.values() if p.name not in ("self", "cls")}
    except (TypeError, ValueError):
        return
    kinds = {p.kind for p in ours.values()}
    positional = [p.name for p in ours.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    by_position = True
    for index, name in enumerate(theirs or []):
        if name.startswith(("*", "/")):
            by_position = False
            continue
        parameter = ours.get(name.rstrip("="))
        if parameter is None and inspect.Parameter.VAR_KEYWORD not in kinds:
            yield f"{where}: takes no {name.rstrip('=')}"
        elif by_position and positional[index : index + 1] != [name.rstrip("=")]:
            if inspect.Parameter.VAR_POSITIONAL not in kinds:
                yield f"{where}: {name.rstrip('=')} is not parameter {index + 1}"
        elif parameter and name.endswith("=") and parameter.default is parameter.empty:
            yield f"{where}: {name.rstrip('=')} is required"
    named = {name.rstrip("=") for name in theirs or []}
    if not any(name.startswith("**") for name in named):
        for p in ours.values():
            if p.name not in named and p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
                yield f"{where}: asks for {p.name}"


def test_every_public_name_is_there_and_takes_the_same_arguments() -> None:
    """Modules, names, parameters, members: all of them, but for a short list of differences, each with its reason."""
    unexpected = [line for line in differences() if not any(fnmatch(line, pattern) for pattern in KNOWN)]
    assert not unexpected, f"{len(unexpected)} differences:\n" + "\n".join(unexpected)


def test_each_known_difference_still_is_one() -> None:
    """The list of differences names none that has been mended."""
    lines = list(differences())
    mended = [pattern for pattern in KNOWN if not any(fnmatch(line, pattern) for line in lines)]
    assert not mended, f"no longer different: {mended}"
