"""The worker program of the acceptance and chaos tests: what its one worker does is said by each task's input.

Environment: CONDUCTOR_SERVER_URL; JOURNAL, a file that gets a line for each execution; OPTIONS, arguments of the
handler as JSON; WORKERS, how many workers; THREADS of each; POLL_TIMEOUT in milliseconds.
"""

from __future__ import annotations

import ctypes
import json
import logging
import os
import re
import signal
import sys
import threading
import time

from conductor.client.automator.task_handler import TaskHandler
from conductor.client.configuration.configuration import Configuration
from conductor.client.worker.worker import Worker

logger = logging.getLogger("worker_program")


def journal(job: int, what: str) -> None:
    """Append a line that survives the death of this process."""
    descriptor = os.open(os.environ["JOURNAL"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(descriptor, f"{job} {what} {os.getpid()}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def hold_the_interpreter() -> None:
    """Run C code that lets no other thread run Python code."""
    re.match(r"(a+)+$", "a" * 64 + "b")


def work(job: int, kind: str = "", seconds: float = 0.0) -> dict[str, int]:
    """Do as the input says."""
    journal(job, "begun")
    if kind == "segfault":
        ctypes.string_at(0)
    elif kind == "abort":
        os.abort()
    elif kind == "signal":
        os.kill(os.getpid(), signal.SIGKILL)
    elif kind == "exit":
        os._exit(3)
    elif kind == "sys.exit":
        sys.exit(4)
    elif kind == "wedge":
        hold_the_interpreter()
    elif kind == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif kind == "spin":
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pass
    elif kind == "log":
        logger.warning("job %d says hello", job, extra={"job": job})
    elif kind == "thread":
        threading.Thread(target=time.sleep, args=(3600,)).start()
    elif kind == "child":
        if os.fork() == 0:
            time.sleep(3600)
    else:
        time.sleep(seconds)
    journal(job, "done")
    return {"job": job, "pid": os.getpid()}


def main() -> None:
    """Run the workers until a signal says otherwise."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(process)d %(message)s")
    options = json.loads(os.environ.get("OPTIONS", "{}"))
    threads = int(os.environ.get("THREADS", "1"))
    poll_timeout = int(os.environ.get("POLL_TIMEOUT", "300"))
    names = [f"work{number}" for number in range(int(os.environ.get("WORKERS", "1")))]
    workers = [Worker(name, work, thread_count=threads, poll_timeout=poll_timeout) for name in names]
    with TaskHandler(workers, Configuration(), **options) as handler:
        handler.start_processes()
        print("started", flush=True)
        handler.join_processes()
    print("ended", flush=True)


if __name__ == "__main__":
    main()
