"""The base of workers whose work is done by a function of a C or C++ library."""

from __future__ import annotations

import ctypes
import inspect
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from conductor.client.http.models.task import Task
from conductor.client.http.models.task_result import TaskResult
from conductor.client.http.models.task_result_status import TaskResultStatus
from conductor.client.worker._arguments import ArgumentPlan
from conductor.client.worker.cpp_types import Array, CppType, Number, OutArray
from conductor.client.worker.exception import LibraryError, WorkerDefinitionError
from conductor.client.worker.worker_interface import WorkerInterface

#: What another process makes anew.
_NOT_SENT: Final = frozenset({"_lock", "_native", "_plan", "_types", "_whole_input"})
_SUFFIXES: Final = (".so", ".dylib", ".dll")


class CppWorker(WorkerInterface):
    """Calls a function of a native library with arguments from the task's input.

    A subclass with ``library = "lib.so"``, ``function = "total"``, ``arguments = {"cents": Array(Int64)}`` and
    ``result = Int64`` calls ``extern "C" int64_t total(const int64_t* cents, size_t count)``; see `cpp_types`.
    The library is loaded when the worker starts, in the worker's own process: importing the class needs no library, and
    a crash of it harms no other worker. The function runs without Python's lock; with `thread_count` above 1 it must be
    thread-safe.

    Attributes:
        library: file of the library. A relative path starts at the folder of the module that says it, never at the
            current directory. Any of .so, .dylib and .dll is found, so one name serves all platforms.
        function: its name, exported as ``extern "C"``.
        arguments: types by name, in the function's order; or `Json`: the whole input, as one JSON text.
        defaults: values for arguments that the input lacks or has as null.
        result: type of what it returns; None for nothing.
        output_key: where the result stands in the output; a JSON object with output_key None is the output itself.
        free: name of the library's function that frees a returned string; without it the library keeps it.
        how_to_build: what to do when the library is missing.

    Args:
        task_definition_name: name of the task definition, or a list of names.
        library: another file than the class says.
    """

    library: str | os.PathLike[str] = ""
    function: str = ""
    arguments: ClassVar[Mapping[str, CppType] | CppType] = {}
    defaults: ClassVar[Mapping[str, Any]] = {}
    result: ClassVar[CppType | None] = None
    output_key: str | None = "result"
    free: str | None = None
    how_to_build: str = 'compile it, e.g. "g++ -shared -fPIC -O2 -o {path} SOURCE.cpp"'
    _folder: ClassVar[Path | None] = None

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if "library" in cls.__dict__:
            file = getattr(sys.modules.get(cls.__module__), "__file__", None)
            cls._folder = Path(file).resolve().parent if file else None

    def __init__(
        self, task_definition_name: str | Sequence[str], library: str | os.PathLike[str] | None = None
    ) -> None:
        super().__init__(task_definition_name)
        if library is not None:
            self.library = library
        self._prepare()

    def _prepare(self) -> None:
        self._lock = threading.Lock()
        self._native: Any = None
        self._whole_input = isinstance(self.arguments, CppType)
        self._types = {"input": self.arguments} if isinstance(self.arguments, CppType) else dict(self.arguments)
        _check(type(self).__qualname__, self.function, self._types, self.defaults)
        self._plan = _plan(self._types, self.defaults)

    def library_path(self) -> Path:
        """Where the library is.

        Raises:
            LibraryError: there is none; the message says what to do.
        """
        wanted = Path(self.library)
        if not wanted.is_absolute():
            if self._folder is None:
                raise LibraryError(f"{self!r}: library {str(wanted)!r}: give an absolute path, its class is in no file")
            wanted = self._folder / wanted
        for path in (wanted, *(wanted.with_suffix(suffix) for suffix in _SUFFIXES)):
            if path.is_file():
                return path
        raise LibraryError(f"{self!r}: the library {wanted} does not exist: {self.how_to_build.format(path=wanted)}")

    def on_start(self) -> None:
        """Load the library, so that a missing one is told before the first task."""
        self.load()

    def load(self) -> Any:
        """The C function, loaded at the first call.

        Raises:
            LibraryError: the library is missing, cannot be loaded, or lacks the function.
        """
        with self._lock:
            if self._native is None:
                self._native = self._load()
            return self._native

    def _load(self) -> Any:
        path = self.library_path()
        try:
            library = ctypes.CDLL(str(path))
        except OSError as error:
            hint = "it may be built for another system, or need a library that is missing"
            raise LibraryError(f"{self!r}: {path} cannot be loaded: {error}; {hint}") from None
        function = self._exported(library, path, self.function)
        function.argtypes = [c_type for kind in self._types.values() for c_type in kind.c_types]
        function.restype = self.result.c_types[0] if self.result else None
        if self.free:  # the pointer itself is needed, which c_char_p would turn into bytes
            function.restype = ctypes.c_void_p
            free = self._exported(library, path, self.free)
            free.argtypes, free.restype = [ctypes.c_void_p], None
            function.errcheck = lambda pointer, *_: _copied(pointer, free)
        return function

    def _exported(self, library: Any, path: Path, name: str) -> Any:
        try:
            return getattr(library, name)
        except AttributeError:
            raise LibraryError(
                f'{self!r}: {path} has no function {name!r}: define it as extern "C" {name}(...) and export it'
            ) from None

    def call(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Call the function; gives the output.

        Args:
            inputs: all arguments by name, of the right types.
        """
        arguments: list[Any] = []
        written: dict[str, Any] = {}
        for name, kind in self._types.items():
            packed = kind.pack(name, inputs)
            arguments += packed
            if isinstance(kind, OutArray):
                written[name] = packed[0]
        returned = self.load()(*arguments)
        output: dict[str, Any] = {}
        if self.result is not None:
            value = self.result.unpack(returned)
            output = (
                {self.output_key: value} if self.output_key else value if isinstance(value, dict) else {"result": value}
            )
        return {**output, **{name: list(array) for name, array in written.items()}}

    def execute(self, task: Task) -> TaskResult:
        """Call the function with the task's input.

        Raises:
            InvalidInputError: the input does not fit the function; the message names the field.
            LibraryError: the library cannot be used.
        """
        inputs = {"input": task.input_data or {}} if self._whole_input else self._plan.bind(task)[1]
        result = self.get_task_result_from_task(task)
        result.output_data = self.call(inputs)
        result.status = TaskResultStatus.COMPLETED
        return result

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in _NOT_SENT}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._prepare()


def _copied(pointer: int | None, free: Any) -> bytes | None:
    """The string at a pointer, whose memory is given back."""
    if pointer is None:
        return None
    try:
        return ctypes.string_at(pointer)
    finally:
        free(pointer)


def _plan(arguments: Mapping[str, CppType], defaults: Mapping[str, Any]) -> ArgumentPlan:
    """How to take the arguments from a task's input: as those of a function with keywords."""

    def function(**inputs: Any) -> None:
        """Stands for the C++ function."""

    taken = {name: kind.annotation for name, kind in arguments.items() if not isinstance(kind, OutArray)}
    parameters = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=defaults.get(name, inspect.Parameter.empty))
        for name in taken
    ]
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    function.__annotations__ = taken
    return ArgumentPlan(function, for_task=False)


def _check(name: str, function: str, arguments: Mapping[str, CppType], defaults: Mapping[str, Any]) -> None:
    """Refuse a declaration that cannot be right, where it is written and not at the first task."""
    if not function:
        raise WorkerDefinitionError(f"{name}: `function` is missing: the name of the library's function")
    for argument, kind in arguments.items():
        if not isinstance(kind, CppType):
            raise WorkerDefinitionError(f"{name}.arguments[{argument!r}]: expected a type of cpp_types, got {kind!r}")
        if not argument.isidentifier():
            raise WorkerDefinitionError(f"{name}.arguments: {argument!r} cannot name an argument")
        other = getattr(kind, "same_size_as", None)
        if other is not None and not (isinstance(arguments.get(other), Array) and other != argument):
            raise WorkerDefinitionError(f"{name}.arguments[{argument!r}]: same_size_as: {other!r} is no array argument")
        size = getattr(kind, "size", None)
        if isinstance(size, str) and not isinstance(arguments.get(size), Number):
            raise WorkerDefinitionError(f"{name}.arguments[{argument!r}]: size: {size!r} is no integer argument")
    if unknown := sorted(set(defaults) - set(arguments)):
        raise WorkerDefinitionError(f"{name}.defaults: {unknown[0]!r} is no argument")
