"""The process that runs jq programs: it has no environment, little memory, and is killed when it takes too long.

Reads frames `[program, input]`, the input a JSON text, and writes frames `[true, results]` or `[false, message]`; all
are JSON with a length of four bytes before them.
"""

from __future__ import annotations

import json
import struct
import sys
from functools import lru_cache
from typing import IO, Any

MEMORY_BYTES = 1 << 30
_LENGTH = struct.Struct(">I")


def read_frame(stream: IO[bytes]) -> Any:
    """The next frame's value.

    Raises:
        EOFError: there is none.
    """
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    body = stream.read(length)
    if len(body) < length:
        raise EOFError
    return json.loads(body)


def write_frame(stream: IO[bytes], value: Any) -> None:
    """Write a value as a frame."""
    body = json.dumps(value).encode()
    stream.write(_LENGTH.pack(len(body)) + body)
    stream.flush()


def main() -> None:
    """Answer requests until there are none left."""
    limit_memory()
    import jq

    compiled = lru_cache(maxsize=256)(jq.compile)
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            program, document = read_frame(requests)
        except EOFError:
            return
        try:
            answer = [True, compiled(program).input_text(document).all()]
        except (ValueError, UnicodeError) as error:
            answer = [False, str(error)]
        write_frame(answers, answer)


def limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if soft == resource.RLIM_INFINITY or soft > MEMORY_BYTES:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
