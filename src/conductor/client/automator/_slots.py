"""The table of tasks being executed by a process, in memory that its supervisor can read when the process is dead.

A row is written before the task's code runs: the code may end the process at any instruction. The byte that says
"taken" is written last, so that a half-written row is never read. Times are those of the monotonic clock, which is the
same in all processes of a machine.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from multiprocessing.context import BaseContext
from typing import Any, Final

import msgspec

from conductor.client.http.models.task import Task

#: Seconds: the process's last pulse, its loop's last beat.
_HEAD: Final = struct.Struct("<dd")
_ROW_HEAD: Final = struct.Struct("<?H")
_ROW_BYTES: Final = 1024
_MOST_BYTES: Final = _ROW_BYTES - _ROW_HEAD.size
_MOST_NAME: Final = 64
_FREE, _TAKEN = b"\x00", b"\x01"


class HeldTask(msgspec.Struct, array_like=True, frozen=True):
    """A task that a process was executing. `started` is in seconds since the epoch."""

    task_id: str
    workflow_instance_id: str
    task_type: str
    worker_id: str
    started: float
    poll_count: int = 0


_decode = msgspec.msgpack.Decoder(HeldTask).decode
_encode = msgspec.msgpack.Encoder().encode


class SlotTable:
    """Rows for the tasks of one process, and two signs of life: the process's and its loop's.

    Args:
        capacity: how many tasks at once.
        context: of the start method by which the process is started.
    """

    def __init__(self, capacity: int, context: BaseContext) -> None:
        self.capacity = capacity
        self._shared: Any = context.RawArray("B", _HEAD.size + capacity * _ROW_BYTES)
        self._view()

    def _view(self) -> None:
        self._memory = memoryview(self._shared).cast("B")
        self._clock: Callable[[], float] = time.monotonic

    # The process's side.

    def open(self, slot: int, task: Task) -> None:
        """A task begins."""
        names = task.task_id or "", task.workflow_instance_id or "", task.task_def_name or task.task_type or ""
        row = _encode((*names, task.worker_id or "", time.time(), task.poll_count or 0))
        if len(row) > _MOST_BYTES:
            task_type, worker_id = names[2][:_MOST_NAME], (task.worker_id or "")[:_MOST_NAME]
            row = _encode((*names[:2], task_type, worker_id, time.time(), task.poll_count or 0))
            if len(row) > _MOST_BYTES:  # no server makes such ids; the task is left to its response timeout
                return
        at, memory = _HEAD.size + slot * _ROW_BYTES, self._memory
        _ROW_HEAD.pack_into(memory, at, False, len(row))
        memory[at + _ROW_HEAD.size : at + _ROW_HEAD.size + len(row)] = row
        memory[at : at + 1] = _TAKEN

    def close(self, slot: int) -> None:
        """Its result is safe."""
        at = _HEAD.size + slot * _ROW_BYTES
        self._memory[at : at + 1] = _FREE

    def beat(self) -> None:
        """The loop that polls is alive."""
        struct.pack_into("<d", self._memory, 8, self._clock())

    def pulse(self) -> None:
        """The process is alive: it runs Python code."""
        struct.pack_into("<d", self._memory, 0, self._clock())

    # The supervisor's side.

    def held(self) -> list[HeldTask]:
        """The tasks that were begun and whose results are not safe."""
        tasks = []
        for slot in range(self.capacity):
            at = _HEAD.size + slot * _ROW_BYTES
            taken, length = _ROW_HEAD.unpack_from(self._memory, at)
            if taken:
                tasks.append(_decode(self._memory[at + _ROW_HEAD.size : at + _ROW_HEAD.size + length]))
        return tasks

    def silence(self) -> tuple[float, float]:
        """Seconds since the process's last pulse, and since its loop's last beat."""
        pulse, beat = _HEAD.unpack_from(self._memory, 0)
        now = self._clock()
        return now - pulse, now - beat

    def clear(self) -> None:
        """Begin anew for another process: no tasks, and alive as of now."""
        for slot in range(self.capacity):
            self.close(slot)
        self.pulse()
        self.beat()

    def __getstate__(self) -> dict[str, Any]:
        return {"capacity": self.capacity, "_shared": self._shared}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._view()
