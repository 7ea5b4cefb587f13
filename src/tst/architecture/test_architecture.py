"""The house rules, read off the code: who may import whom, no cycles, sizes, and what an import may cost."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2]
PACKAGE = SRC / "conductor"

# room: the rooms it may import (itself always). The longest matching prefix names a module's room.
ALLOWED: dict[str, set[str]] = {
    "conductor.client.http.models": set(),
    "conductor.client.configuration": set(),
    "conductor.client.http.api": {"conductor.client.http", "conductor.client.http.models"},
    "conductor.client.http": {"conductor.client.http.models", "conductor.client.configuration"},
    "conductor.client.event": {"conductor.client.http.models"},
    # The client of the server's event handlers keeps the import path that its users know.
    "conductor.client.event.event_client": {
        "conductor.client.event", "conductor.client.http", "conductor.client.http.api", "conductor.client.http.models",
    },
    "conductor.client.telemetry": {
        "conductor.client.event", "conductor.client.http.models", "conductor.client.configuration",
    },
    "conductor.client.context": {"conductor.client.http.models"},
    "conductor.client.worker": {
        "conductor.client.http.models", "conductor.client.http.api", "conductor.client.http", "conductor.client.event",
        "conductor.client.context", "conductor.client.configuration",
    },
    "conductor.client.example": {"conductor.client.worker", "conductor.client.http.models", "conductor.client.context"},
    "conductor.engine": set(),
    "conductor.server": {"conductor.engine"},
}  # fmt: skip
# Rooms that others must not enter.
FORBIDDEN: dict[str, set[str]] = {
    "conductor.client": {"conductor.engine", "conductor.server", "conductor.cli", "conductor.testing"},
    "conductor.client.automator": {"conductor.client.orkes", "conductor.client.workflow", "conductor.client.telemetry"},
    "conductor.client.workflow": {"conductor.client.automator", "conductor.client.telemetry"},
    "conductor.client.orkes": {"conductor.client.automator", "conductor.client.telemetry"},
    "conductor.engine": {"conductor.client", "conductor.server"},
    "conductor.server": {"conductor.client"},
}
# A budget exceeded for a good reason stands here with the reason.
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {
    "client/workflow/task/llm_tasks/llm_chat_complete.py:__init__": "28 parameters of the server's task, a line each",
    "client/workflow/conductor_workflow.py:ConductorWorkflow": "its methods are a public contract, each a few lines",
}
GENERATED = ("client/http/models/", "client/http/api/")


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(SRC).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def is_generated(path: Path) -> bool:
    relative = path.relative_to(PACKAGE).as_posix()
    return relative.startswith(GENERATED) and (not path.name.startswith("_") or path.name == "__init__.py")


def imports(path: Path, *, type_checking: bool) -> Iterator[tuple[str, int]]:
    """Modules of ours that a file imports at its top level; those for type checkers alone only where asked for."""

    def visit(body: list[ast.stmt]) -> Iterator[tuple[str, int]]:
        for node in body:
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
            elif isinstance(node, ast.If) and (type_checking or "TYPE_CHECKING" not in ast.dump(node.test)):
                yield from visit(node.body + node.orelse)
            elif isinstance(node, ast.Try):
                yield from visit(node.body)

    return ((name, line) for name, line in visit(ast.parse(path.read_text()).body) if name.startswith("conductor"))


def room(module: str) -> str | None:
    return max((r for r in ALLOWED if (module + ".").startswith(r + ".")), key=len, default=None)


def test_a_room_imports_only_what_the_house_allows() -> None:
    """Imports point down: each room knows only the rooms below it."""
    offences = []
    for module, path in modules():
        mine = room(module)
        for name, line in imports(path, type_checking=True):
            where, theirs = f"{path.relative_to(SRC)}:{line} imports {name}", room(name)
            if mine and theirs != mine and theirs not in ALLOWED[mine] and not name.startswith("conductor._version"):
                offences.append(f"{where}: {mine} may import {sorted(ALLOWED[mine]) or 'nothing of ours'}")
            for r, forbidden in FORBIDDEN.items():
                if (module + ".").startswith(r + "."):
                    offences += [
                        f"{where}: {r} must not know {f}" for f in forbidden if (name + ".").startswith(f + ".")
                    ]
    assert not offences, "\n".join(offences)


def test_no_module_imports_itself_through_others() -> None:
    """There is no import cycle."""
    known = dict(modules())
    graph = {
        module: (
            {name if name in known else name.rpartition(".")[0] for name, _ in imports(path, type_checking=False)}
            & known.keys()
        )
        - {module}
        for module, path in known.items()
    }
    done: set[str] = set()

    def walk(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, "import cycle: " + " -> ".join((*trail[trail.index(module) :], module))
        if module not in done:
            for other in sorted(graph[module]):
                walk(other, (*trail, module))
            done.add(module)

    for module in graph:
        walk(module, ())


def test_files_and_functions_stay_within_a_readers_budget() -> None:
    """A file has at most 400 lines, a function 40, a class 250."""
    offences = []
    for _, path in modules():
        if is_generated(path):
            continue
        text, relative = path.read_text(), path.relative_to(PACKAGE).as_posix()
        if (lines := text.count("\n")) > 400 and relative not in LONG_FILES:
            offences.append(f"{relative}: {lines} lines (at most 400)")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                length, most = (node.end_lineno or 0) - node.lineno + 1, 250 if isinstance(node, ast.ClassDef) else 40
                if length > most and f"{relative}:{node.name}" not in LONG_FUNCTIONS:
                    offences.append(f"{relative}:{node.lineno} {node.name}: {length} lines (at most {most})")
    assert not offences, "\n".join(offences)


def offences_in(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield node.lineno, "bare except"
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in {"eval", "exec", "compile"}
        ):
            yield node.lineno, f"{node.func.id}()"
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = {alias.name for alias in node.names} | {getattr(node, "module", None)}
            if bad := names & {"pickle", "marshal", "shelve"}:
                yield node.lineno, f"imports {bad}"


def test_no_bare_except_and_no_code_from_data() -> None:
    """Nothing catches all in silence, and nothing turns data into code."""
    offences = [f"{path.relative_to(SRC)}:{line} {what}" for _, path in modules() for line, what in offences_in(path)]
    assert not offences, "\n".join(offences)


@pytest.mark.parametrize("module", ["conductor", "conductor.client", "conductor.client.automator.task_handler"])
def test_an_import_has_no_side_effect(module: str) -> None:
    """Importing the SDK leaves logging, the start method, the environment and the threads as they were."""
    code = f"""
import logging, multiprocessing, os, threading
env, level, handlers = dict(os.environ), logging.root.level, list(logging.root.handlers)
import {module}
assert dict(os.environ) == env, "environment"
assert (logging.root.level, logging.root.handlers) == (level, handlers), "root logger"
assert not hasattr(logging.Logger, "trace"), "logging.Logger was patched"
assert multiprocessing.get_start_method(allow_none=True) is None, "start method"
assert threading.active_count() == 1, "threads"
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=SRC, timeout=60)


def test_the_client_imports_nothing_heavy() -> None:
    """The SDK pulls neither a server nor a command line, nor what only some workers need."""
    code = "import sys, conductor.client.automator.task_handler; print(*{m.partition('.')[0] for m in sys.modules})"
    out = subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=SRC, timeout=60, capture_output=True, text=True
    ).stdout
    heavy = {
        "uvicorn",
        "starlette",
        "click",
        "rich",
        "requests",
        "prometheus_client",
        "sqlite3",
        "numpy",
        "opentelemetry",
        "urllib3",
    }
    assert not heavy & set(out.split()), f"imported with the SDK: {heavy & set(out.split())}"
