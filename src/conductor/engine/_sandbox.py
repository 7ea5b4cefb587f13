"""QuickJS in WebAssembly: one program in a new instance, with fuel and memory counted, and no door to the host.

The guest is the one that the package quickjs-rs brings. Its host half is not used, because it leaves loops inside
QuickJS's own functions without an end; the guest's interface is private, so the version is pinned in pyproject.toml.
"""

from __future__ import annotations

import importlib.util
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import wasmtime

#: Instructions a second of a current machine (all kinds of load are within a tenth of it).
FUEL_PER_SECOND = 8_000_000_000
#: Beyond the script's own heap: the engine's code and data, and room to say that memory is short.
_OVERHEAD_BYTES = 16 * 1024 * 1024
_STACK_BYTES = 256 * 1024
_BAD_DESCRIPTOR = 8
_OK = 0


class OutOfFuel(Exception):
    """The program did not end in time."""


class OutOfMemory(Exception):
    """The program needs more memory than it may have."""


class OutOfStack(Exception):
    """The program calls itself too deeply."""


class GuestFailure(Exception):
    """The JavaScript engine itself failed; its instance is gone."""


class Sandbox:
    """The compiled guest and one instance of it, whose memory is set back to the same image before every program.

    Args:
        prelude: a program that is run once; its effects are in the image.

    Raises:
        ImportError: quickjs-rs is not installed.
    """

    def __init__(self, prelude: str = "") -> None:
        config = wasmtime.Config()
        config.consume_fuel = True
        try:
            config.cache = True  # compiling takes a second, loading what was compiled 10 ms
        except wasmtime.WasmtimeError:
            pass  # no home directory to keep it in
        self._engine = wasmtime.Engine(config)
        self._module = wasmtime.Module.from_file(self._engine, str(_guest_path()))
        self._linker = wasmtime.Linker(self._engine)
        self._lock = threading.Lock()
        self._now_ns: int | None = None
        self._define_imports()
        self._prelude = f"{prelude};''"
        self._instance: _Instance | None = None

    def run(self, program: str, *, seconds: float, memory: int, now: int | None = None) -> str:
        """The string that a program gives.

        Args:
            seconds: see FUEL_PER_SECOND.
            memory: bytes of its heap.
            now: the time it sees, in epoch milliseconds.
        """
        with self._lock:
            self._now_ns = None if now is None else now * 1_000_000
            instance = self._instance or self._new_instance()
            self._instance = None  # comes back only if it is as it was
            try:
                instance.limit(seconds, memory)
                answer = instance.run(program)
            except wasmtime.Trap as trap:
                raise _failure(trap) from None
            else:
                self._instance = instance if instance.reset() else None
                return answer
            finally:
                if self._instance is None:
                    instance.close()

    def _new_instance(self) -> _Instance:
        store = wasmtime.Store(self._engine)
        store.set_fuel(FUEL_PER_SECOND)
        instance = _Instance(store, self._linker.instantiate(store, self._module))
        instance.run(self._prelude)
        instance.take_image()
        return instance

    def _define_imports(self) -> None:
        """All that a guest can call: a clock, and refusals. There are no files, variables, sockets or randomness."""
        i32, i64 = wasmtime.ValType.i32, wasmtime.ValType.i64
        wasi, env = "wasi_snapshot_preview1", "env"
        for module, name, arguments, answer in (
            (env, "host_call", 5, -1),
            (env, "host_interrupt", 0, 0),
            (env, "host_module_normalize", 5, 0),
            (env, "host_module_load", 3, 0),
            (wasi, "random_get", 2, _OK),
            (wasi, "environ_get", 2, _OK),
            (wasi, "fd_close", 1, _BAD_DESCRIPTOR),
            (wasi, "fd_fdstat_get", 2, _BAD_DESCRIPTOR),
            (wasi, "fd_write", 4, _BAD_DESCRIPTOR),
        ):
            kind = wasmtime.FuncType([i32()] * arguments, [i32()])
            self._linker.define_func(module, name, kind, _refusal(answer))
        seek = wasmtime.FuncType([i32(), i64(), i32(), i32()], [i32()])
        self._linker.define_func(wasi, "fd_seek", seek, _refusal(_BAD_DESCRIPTOR))
        self._linker.define_func(wasi, "proc_exit", wasmtime.FuncType([i32()], []), _exit)
        sizes = wasmtime.FuncType([i32(), i32()], [i32()])
        self._linker.define_func(wasi, "environ_sizes_get", sizes, _no_environment, access_caller=True)
        clock = wasmtime.FuncType([i32(), i64(), i32()], [i32()])
        self._linker.define_func(wasi, "clock_time_get", clock, self._clock, access_caller=True)

    def _clock(self, caller: wasmtime.Caller, _clock: int, _precision: int, out: int) -> int:
        now = time.time_ns() if self._now_ns is None else self._now_ns
        _write(caller, out, struct.pack("<Q", now))
        return _OK


class _Instance:
    """An instance of the guest."""

    def __init__(self, store: wasmtime.Store, instance: wasmtime.Instance) -> None:
        self._store = store
        exports: Any = instance.exports(store)
        self._memory = exports["memory"]
        names = "set_memory_limit", "set_max_stack_size", "qjs_alloc", "eval_code", "get_string"
        self._functions = {name: exports[name] for name in (*names, "qjs_last_len", "qjs_last_ptr")}
        self._image = b""
        self._call("set_max_stack_size", _STACK_BYTES)

    def limit(self, seconds: float, memory: int) -> None:
        self._store.set_fuel(max(1, int(seconds * FUEL_PER_SECOND)))
        self._store.set_limits(memory_size=memory + _OVERHEAD_BYTES)
        self._call("set_memory_limit", memory)

    def run(self, program: str) -> str:
        code = program.encode("utf-8", "surrogatepass")
        place, out = self._call("qjs_alloc", len(code)), self._call("qjs_alloc", 4)
        if not place or not out:
            raise OutOfMemory
        self._memory.write(self._store, code, place)
        if self._call("eval_code", place, len(code), out) != _OK:
            raise OutOfMemory  # the program catches its own errors: what passes it is the end of its memory
        (handle,) = struct.unpack("<i", self._memory.read(self._store, out, out + 4))
        if self._call("get_string", handle) != _OK:
            raise GuestFailure("the program gave no string")
        length, start = self._call("qjs_last_len"), self._call("qjs_last_ptr")
        return bytes(self._memory.read(self._store, start, start + length)).decode("utf-8", "replace")

    def take_image(self) -> None:
        self._image = bytes(self._memory.read(self._store, 0, self._memory.data_len(self._store)))

    def reset(self) -> bool:
        """Set the memory back to the image; False if it has grown meanwhile (it cannot shrink)."""
        if self._memory.data_len(self._store) != len(self._image):
            return False
        self._memory.write(self._store, self._image, 0)
        return True

    def close(self) -> None:
        self._store.close()

    def _call(self, name: str, *arguments: int) -> int:
        return int(self._functions[name](self._store, *arguments) or 0)


def _failure(trap: wasmtime.Trap) -> Exception:
    if trap.trap_code == wasmtime.TrapCode.OUT_OF_FUEL:
        return OutOfFuel()
    if trap.trap_code == wasmtime.TrapCode.STACK_OVERFLOW:
        return OutOfStack()
    return OutOfMemory()  # the guest gives up (unreachable) where an allocation fails


def _guest_path() -> Path:
    """Where the guest lies; its package is found, not imported."""
    package = importlib.util.find_spec("quickjs_rs")
    if package is None or package.origin is None:
        raise ImportError("No module named 'quickjs_rs'", name="quickjs_rs")
    return Path(package.origin).with_name("_guest.wasm")


def _refusal(answer: int) -> Callable[..., int]:
    def refuse(*_: int) -> int:
        return answer

    return refuse


def _exit(_code: int) -> None:
    raise GuestFailure("the JavaScript engine ended itself")


def _no_environment(caller: wasmtime.Caller, count_out: int, size_out: int) -> int:
    _write(caller, count_out, b"\0\0\0\0")
    _write(caller, size_out, b"\0\0\0\0")
    return _OK


def _write(caller: wasmtime.Caller, place: int, content: bytes) -> None:
    memory = caller["memory"]
    if isinstance(memory, wasmtime.Memory):
        memory.write(caller, content, place)
