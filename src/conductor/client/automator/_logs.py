"""Log records of worker processes on their way to the handlers of the program that started them.

All processes write to one pipe. A record is cut into pieces that a pipe takes whole or not at all, whoever else writes
to it, so there is no lock that a killed process could keep. A thread does the writing: a slow reader makes records
pile up, then drop, but never makes a worker wait. The records travel as data, their messages and tracebacks as text.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import select
import struct
import threading
import traceback
from multiprocessing.connection import Connection
from typing import Any, Final

import msgspec

#: Records of one process that wait to be written; what comes beyond is dropped, and its number logged.
MOST_WAITING: Final = 10_000
#: A longer message or traceback is cut.
_MOST_TEXT: Final = 64 * 1024
_FLUSH_SECONDS: Final = 2.0
#: Process id, first piece, last piece.
_PIECE_HEAD: Final = struct.Struct("<I??")
#: What is written to a pipe in one go up to this size is never mixed with the writing of others.
_ATOMIC_BYTES: Final = getattr(select, "PIPE_BUF", 4096)
#: `Connection` puts four bytes of length before what it sends.
_PIECE_BYTES: Final = _ATOMIC_BYTES - 4 - _PIECE_HEAD.size
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

logger = logging.getLogger(__name__)


class _Wire(msgspec.Struct, array_like=True):
    """A record as it travels: its attributes that are plain values."""

    name: str
    attributes: dict[str, Any]


class LogLevels(msgspec.Struct, frozen=True):
    """What the program has set on its loggers, for processes that do not inherit it."""

    levels: dict[str, int]
    disabled: list[str]
    least: int

    @classmethod
    def current(cls) -> LogLevels:
        """As set in this process."""
        known = logging.root.manager.loggerDict
        loggers = {name: each for name, each in known.items() if isinstance(each, logging.Logger)}
        levels = {name: each.level for name, each in loggers.items() if each.level}
        disabled = [name for name, each in loggers.items() if each.disabled]
        return cls({"": logging.root.level, **levels}, disabled, logging.root.manager.disable)

    def apply(self) -> None:
        """Set the same in this process."""
        logging.disable(self.least)
        for name, level in self.levels.items():
            logging.getLogger(name).setLevel(level)
        for name in self.disabled:
            logging.getLogger(name).disabled = True


class PipeHandler(logging.Handler):
    """Sends records to the program's process. Its thread starts with the first record, also after a fork.

    Args:
        pipe: the writing end.
        threaded: whether a thread does the writing; without it, a record that the pipe cannot take now is dropped.
    """

    def __init__(self, pipe: Connection, *, threaded: bool = True) -> None:
        super().__init__()
        self._pipe = pipe
        self.threaded = threaded
        self._pid = 0
        self._dropped = 0
        self._waiting: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def createLock(self) -> None:
        """No lock: nothing here needs one, and a fork might find it taken."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        """Put a record on its way."""
        try:
            data = encode_record(record)
            if not self.threaded:
                self._send_now(data)
                return
            if os.getpid() != self._pid:
                self._begin()
            if self._waiting.qsize() >= MOST_WAITING:
                self._dropped += 1
                return
            if self._dropped:
                self._waiting.put(self._confession())
            self._waiting.put(data)
        except Exception:  # noqa: BLE001  a user's __str__ or __repr__; logging's own way with errors
            self.handleError(record)

    def flush(self) -> None:
        """Write what waits, unless that takes too long."""
        thread = self._thread
        if thread is not None and self._pid == os.getpid():
            self._waiting.put(None)
            thread.join(_FLUSH_SECONDS)
            self._pid = 0

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._waiting = queue.SimpleQueue()
        self._thread = threading.Thread(
            target=self._write_all, args=(self._waiting,), name="conductor-logs", daemon=True
        )
        self._thread.start()

    def _write_all(self, waiting: queue.SimpleQueue[bytes | None]) -> None:
        with contextlib.suppress(OSError):  # the program has ended: nobody reads
            while (data := waiting.get()) is not None:
                send_pieces(self._pipe, data)

    def _send_now(self, data: bytes) -> None:
        if _has_room(self._pipe):
            with contextlib.suppress(OSError):
                send_pieces(self._pipe, data)

    def _confession(self) -> bytes:
        dropped, self._dropped = self._dropped, 0
        text = f"{dropped} log records were dropped: they came faster than the program takes them"
        record = logger.makeRecord(logger.name, logging.WARNING, __file__, 0, text, (), None)
        return encode_record(record)


def _has_room(pipe: Connection) -> bool:
    if os.name == "nt":
        return True
    return bool(select.select([], [pipe.fileno()], [], 0)[1])


def encode_record(record: logging.LogRecord) -> bytes:
    """A record as bytes: its message and traceback made, its extra attributes kept where they are plain values."""
    attributes = {name: value for name, value in vars(record).items() if name not in ("msg", "args", "exc_info")}
    text = record.getMessage()
    attributes["msg"] = text if len(text) <= _MOST_TEXT else text[:_MOST_TEXT] + " ..."
    if record.exc_info and not record.exc_text:
        attributes["exc_text"] = logging.Formatter().formatException(record.exc_info)[-_MOST_TEXT:]
    for name in attributes.keys() - _STANDARD:
        if not isinstance(attributes[name], (str, int, float, bool, type(None))):
            attributes[name] = repr(attributes[name])
    return msgspec.msgpack.encode(_Wire(record.name, attributes))


def send_pieces(pipe: Connection, data: bytes) -> None:
    """Write a record in pieces that nobody else's writing can get into."""
    last = max(len(data) - 1, 0) // _PIECE_BYTES
    for number in range(last + 1):
        piece = data[number * _PIECE_BYTES : (number + 1) * _PIECE_BYTES]
        pipe.send_bytes(_PIECE_HEAD.pack(os.getpid(), number == 0, number == last) + piece)


class RecordReader:
    """Puts records together and gives them to this process's loggers, whose levels and handlers apply."""

    def __init__(self) -> None:
        self._parts: dict[int, list[bytes]] = {}

    def take(self, piece: bytes) -> None:
        """A piece, as it came from the pipe."""
        pid, first, last = _PIECE_HEAD.unpack_from(piece)
        parts = [] if first else self._parts.pop(pid, None)
        if parts is None:  # the beginning is missing
            return
        parts.append(piece[_PIECE_HEAD.size :])
        if last:
            _handle(b"".join(parts))
        else:
            self._parts[pid] = parts


def _handle(data: bytes) -> None:
    try:
        wire = msgspec.msgpack.decode(data, type=_Wire)
        target = logging.getLogger(wire.name)
        record = logging.makeLogRecord(wire.attributes)
        if not target.disabled and target.isEnabledFor(record.levelno):
            target.handle(record)
    except Exception:  # noqa: BLE001  a handler or filter of the program; the next record may fare better
        if logging.raiseExceptions:
            traceback.print_exc()


def redirect_logging(pipe: Connection, levels: LogLevels, *, threaded: bool = True) -> PipeHandler:
    """Send all records of this process to the program's.

    A forked process has the program's handlers, which would write beside it to the same files: they stay there.
    """
    handler = next((each for each in logging.root.handlers if isinstance(each, PipeHandler)), None)
    if handler is not None:  # forked from a process that has done it all; looking at every logger would copy them
        handler.threaded = threaded
        return handler
    levels.apply()
    handler = PipeHandler(pipe, threaded=threaded)
    for each in logging.root.manager.loggerDict.values():
        if isinstance(each, logging.Logger) and (each.handlers or not each.propagate):
            each.handlers = [] if each.propagate else [handler]
    logging.root.handlers = [handler]
    return handler
