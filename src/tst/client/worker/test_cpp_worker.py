"""Workers whose work is done by a function of a native library."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from conductor.client.http.models.task import Task
from conductor.client.http.models.task_result_status import TaskResultStatus
from conductor.client.worker.cpp_types import (
    Array,
    Bool,
    Bytes,
    CppType,
    Float32,
    Float64,
    Int8,
    Int16,
    Int32,
    Int64,
    Json,
    OutArray,
    String,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
)
from conductor.client.worker.cpp_worker import CppWorker
from conductor.client.worker.exception import InvalidInputError, InvalidOutputError, LibraryError, WorkerDefinitionError

SOURCE = Path(__file__).with_name("native_probe.cpp")


class Sent(CppWorker):
    function = "same_i32"
    arguments = {"x": Int32}
    result = Int32


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The probe's library, compiled."""
    if shutil.which("g++") is None:
        pytest.skip("needs g++")
    path = tmp_path_factory.mktemp("native") / "probe.so"
    subprocess.run(["g++", "-std=c++17", "-O1", "-fPIC", "-shared", "-o", str(path), str(SOURCE)], check=True)
    return path


def worker(
    library: Path, function: str, arguments: Any = None, result: CppType | None = None, **more: Any
) -> CppWorker:
    """A worker for one function of the probe."""
    body = {"library": library, "function": function, "arguments": arguments or {}, "result": result, **more}
    return type("Probe", (CppWorker,), body)("probe")


def run(made: CppWorker, **inputs: Any) -> Any:
    result = made.execute(Task(task_id="t", workflow_instance_id="w", input_data=inputs))
    assert result.status == TaskResultStatus.COMPLETED
    assert result.task_id == "t"
    assert result.output_data is not None
    return result.output_data


def refused(made: CppWorker, **inputs: Any) -> str:
    with pytest.raises((InvalidInputError, InvalidOutputError)) as caught:
        run(made, **inputs)
    return str(caught.value)


@pytest.mark.parametrize(
    ("function", "kind", "values"),
    [
        ("same_i8", Int8, [-128, 127]),
        ("same_u8", UInt8, [0, 255]),
        ("same_i16", Int16, [-(2**15), 2**15 - 1]),
        ("same_u16", UInt16, [0, 2**16 - 1]),
        ("same_i32", Int32, [-(2**31), 2**31 - 1]),
        ("same_u32", UInt32, [0, 2**32 - 1]),
        ("same_i64", Int64, [-(2**63), 2**63 - 1]),
        ("same_u64", UInt64, [0, 2**64 - 1]),
        ("same_f32", Float32, [1.5, -0.25]),
        ("same_f64", Float64, [1e300, 0.1]),
    ],
)
def test_numbers_pass_at_their_full_width(library: Path, function: str, kind: CppType, values: list[Any]) -> None:
    """Nothing is cut to the int that ctypes assumes."""
    made = worker(library, function, {"x": kind}, kind)
    assert [run(made, x=value)["result"] for value in values] == values


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (Int8, 128, "input.x: expected int <= 127, got 128"),
        (UInt32, -1, "input.x: expected int >= 0, got -1"),
        (Int64, 2**63, f"input.x: expected int <= {2**63 - 1}, got {2**63}"),
        (UInt64, 2**64, f"input.x: expected int <= {2**64 - 1}, got {2**64}"),
        (Int32, "1", "input.x: expected int, got str"),
        (Int32, 1.5, "input.x: expected int, got float"),
        (Int32, None, "input.x: expected int, got null"),
        (Float64, "1", "input.x: expected float, got str"),
        (Bool, 1, "input.x: expected bool, got int"),
        (String, 1, "input.x: expected str, got int"),
        (String, "a\0b", "input.x: expected a string without NUL"),
        (Bytes, "?", "input.x: invalid base64"),
        (Array(Int32), [1, 2**31], "input.x[1]: expected int <= 2147483647, got 2147483648"),
        (Array(UInt64), [1, 2**64], f"input.x[1]: expected int <= {2**64 - 1}, got {2**64}"),
        (Array(Float64), 3, "input.x: expected array, got int"),
    ],
)
def test_an_input_that_c_cannot_hold_is_refused(library: Path, kind: CppType, value: Any, message: str) -> None:
    """The error has the field, and the function is not called."""
    assert refused(worker(library, "same_i32", {"x": kind}), x=value).startswith(message)


def test_a_missing_argument_is_refused_and_a_default_stands_in(library: Path) -> None:
    """As with functions in Python."""
    assert refused(worker(library, "same_i32", {"x": Int32}, Int32)) == "input.x: required, but missing"
    assert run(worker(library, "same_i32", {"x": Int32}, Int32, defaults={"x": 7}), x=None) == {"result": 7}


def test_strings_bytes_and_bools_pass(library: Path) -> None:
    """Strings are UTF-8; bytes come in base64 and may contain NUL."""
    assert run(worker(library, "greeting", {"name": String}, String), name="Zoë") == {"result": "Hello, Zoë"}
    assert run(worker(library, "sum_of_bytes", {"data": Bytes}, UInt64), data="AAEC/w==") == {"result": 258}
    assert run(worker(library, "opposite", {"x": Bool}, Bool), x=True) == {"result": False}


def test_arrays_pass_in_both_directions(library: Path) -> None:
    """An array is a pointer and a size; one of the same size is a pointer alone; written ones are in the output."""
    dot = worker(library, "dot", {"a": Array(Float64), "b": Array(Float64, same_size_as="a")}, Float64)
    assert run(dot, a=[1, 2.5], b=[2, 4]) == {"result": 12.0}
    assert run(dot, a=[], b=[]) == {"result": 0.0}
    assert refused(dot, a=[1], b=[1, 2]) == "input.b: expected 1 items, as many as input.a has, got 2"
    squares = worker(library, "squares", {"count": Int32, "out": OutArray(Int64, size="count")})
    assert run(squares, count=3) == {"out": [0, 3, 6]}
    assert refused(squares, count=-1).startswith("input.count: expected a size from 0")
    doubled = worker(library, "doubled", {"x": Array(UInt64), "twice": OutArray(UInt64, same_size_as="x")})
    assert run(doubled, x=[1, 2**62]) == {"twice": [2, 2**63]}


def test_json_goes_in_and_out(library: Path) -> None:
    """A function may take the whole input as JSON text and give the output so; its memory is given back to it."""
    made = worker(library, "wrap_json", Json, Json, output_key=None, free="give_back")
    before = run(worker(library, "how_often_freed", {}, Int32))["result"]
    assert run(made, a=[1, {"b": "ü"}]) == {"given": {"a": [1, {"b": "ü"}]}}
    assert run(worker(library, "how_often_freed", {}, Int32))["result"] == before + 1
    one = worker(library, "wrap_json", {"order": Json}, Json, free="give_back")
    assert run(one, order=[1], other=2) == {"result": {"given": [1]}}


def test_a_result_that_is_none_is_refused(library: Path) -> None:
    """NULL for a string, JSON that is none, text that is not UTF-8."""
    assert "returned NULL" in refused(worker(library, "no_string", {}, String))
    assert "no valid JSON" in refused(worker(library, "broken_json", {}, Json))
    assert "not UTF-8" in refused(worker(library, "broken_text", {}, String))


def test_importing_and_making_a_worker_needs_no_library(tmp_path: Path) -> None:
    """What is missing is told when the worker starts, with what to do."""
    made = worker(tmp_path / "none.so", "f", how_to_build="run `make {path.name}`")
    with pytest.raises(
        LibraryError, match=r"Probe\('probe'\): the library .*none.so does not exist: run `make none.so`"
    ):
        made.on_start()


def test_a_file_that_is_no_library_or_lacks_the_function_is_told(library: Path, tmp_path: Path) -> None:
    """The error names the file and what is wrong with it."""
    text = tmp_path / "text.so"
    text.write_text("no library")
    with pytest.raises(LibraryError, match=r"text.so cannot be loaded: .*built for another system"):
        worker(text, "f").on_start()
    with pytest.raises(LibraryError, match=r"probe.so has no function 'missing': define it as extern \"C\" missing"):
        worker(library, "missing").on_start()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"function": ""}, "`function` is missing"),
        ({"arguments": {"x": int}}, r"Probe.arguments\['x'\]: expected a type of cpp_types"),
        ({"arguments": {"x y": Int32}}, "'x y' cannot name an argument"),
        ({"arguments": {"x": Array(Int32, same_size_as="y")}}, "same_size_as: 'y' is no array argument"),
        ({"arguments": {"x": OutArray(Int32, size="n")}}, "size: 'n' is no integer argument"),
        ({"defaults": {"z": 1}}, "defaults: 'z' is no argument"),
    ],
)
def test_a_declaration_that_cannot_be_right_is_told_at_once(body: dict[str, Any], message: str) -> None:
    """The error names the class and the argument."""
    with pytest.raises(WorkerDefinitionError, match=message):
        type("Probe", (CppWorker,), {"library": "x.so", "function": "f", **body})("probe")
    with pytest.raises(WorkerDefinitionError, match="expected the type of a number"):
        Array(String)  # type: ignore[arg-type]
    with pytest.raises(WorkerDefinitionError, match="either size or same_size_as"):
        OutArray(Int32)


def test_a_relative_library_is_found_beside_its_module_and_never_in_the_current_directory(
    library: Path, tmp_path: Path
) -> None:
    """A file of the same name in the current directory is not loaded."""
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    (elsewhere / "lib.so").write_text("planted")
    (home / "mine.py").write_text(
        textwrap.dedent("""
        from conductor.client.worker.cpp_types import Int32
        from conductor.client.worker.cpp_worker import CppWorker

        class Mine(CppWorker):
            library = "lib.so"
            function = "same_i32"
            arguments = {"x": Int32}
            result = Int32
        """)
    )
    code = "import mine; class_ = type('Sub', (mine.Mine,), {}); print(class_('x').call({'x': 4}))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(home), *sys.path])}

    def output() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code]
        return subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True, timeout=60)

    missing = output()
    assert f"the library {home / 'lib.so'} does not exist" in missing.stderr
    shutil.copy(library, home / "lib.dylib")
    assert output().stdout == "{'result': 4}\n"


def test_a_worker_can_be_sent_to_another_process(library: Path) -> None:
    """The library is loaded there."""
    first = Sent("x", library)
    first.load()
    assert run(pickle.loads(pickle.dumps(first)), x=3) == {"result": 3}  # noqa: S301 - our own bytes


def test_what_c_computes_as_not_a_number_is_refused_when_sent(library: Path) -> None:
    """The check of outputs applies to native workers as well."""
    from conductor.client.context.task_context import TaskContext
    from conductor.client.worker._outcome import completed

    made, task = worker(library, "root_of_negative", {}, Float64), Task(task_id="t", workflow_instance_id="w")
    result = completed(made, task, TaskContext(task), made.execute(task))
    assert result.status == TaskResultStatus.FAILED_WITH_TERMINAL_ERROR
    assert (result.reason_for_incompletion or "").startswith("output.result: ")
