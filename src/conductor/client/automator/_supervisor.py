"""The supervisor: starts the runner processes, starts those that die again, reports what they held, ends them all.

It is a process of its own with one thread, between the program and its runners. The program may do what it likes after
`start_processes()`: wait, run threads, keep the interpreter to itself. Forking a copy of such a program in order to
start a runner again could find any lock taken; the supervisor can fork at any time, and costs little memory since it
shares nearly all of it. When the program dies the supervisor notices and drains, and when the supervisor dies the
runners do.

It waits for what happens and looks around every few seconds only for what does not make itself heard: silence.
"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import time
from contextlib import suppress
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any, Final

from conductor.client.automator import _crash
from conductor.client.automator._child import Backoff, Child
from conductor.client.automator._logs import redirect_logging
from conductor.client.automator._plan import Plan
from conductor.client.automator._process import (
    DRAIN,
    EXIT_NOT_STARTED,
    EXIT_OK,
    FAILED,
    KILL,
    READY,
    Ends,
    Parent,
    leave,
    runner_main,
    signals_held,
    take_signals,
)
from conductor.client.automator._slots import HeldTask
from conductor.client.automator._status import State, StatusTable
from conductor.client.automator._watch import Watch

#: A runner that drains needs this on top of its grace period: a poll in flight, the results' last exchange.
_DRAIN_MARGIN_SECONDS: Final = 20.0
#: From "end now" to SIGKILL.
_KILL_SECONDS: Final = 0.6
#: To report the tasks of processes that were told to end now.
_LAST_REPORT_SECONDS: Final = 0.3

logger = logging.getLogger(__name__)


class Supervisor:
    """Runs in a process of its own.

    Args:
        plan: what to run.
        ends: pipes to the program.
        status: told where each process is.
    """

    def __init__(self, plan: Plan, ends: Ends, status: StatusTable) -> None:
        self._plan = plan
        self._rules = plan.supervision
        self._program = ends
        self._status = status
        self._context: Any = multiprocessing.get_context(plan.runner_method)
        self._forks = plan.runner_method == "fork"
        self._bell, self._clapper = Pipe(duplex=False)
        self._children = [
            Child(
                member,
                row,
                self._context,
                Backoff(self._rules.restart_backoff_seconds, self._rules.restart_backoff_max_seconds),
            )
            for row, member in enumerate(plan.members)
        ]
        self._watch = Watch(self._rules.heartbeat_timeout_seconds, plan.runner.longest_call_seconds)
        self._reports = _crash.Reports(self._context, plan.runner, plan.log_levels, self._rules.on_crash)
        self._parent = Parent()
        self._has_program = True
        self._has_started = False
        self._failures: list[str] = []
        self._deadline: float | None = None  # of draining
        self._killing = False
        self._next_look = self._thawed = time.monotonic()

    def run(self) -> int:
        """Until all has ended; returns the exit code."""
        take_signals(self._ring)
        gc.freeze()  # so that collecting garbage in a child does not copy what it shares with us
        for child in self._children:
            self._start(child)
        while any(child.is_running or child.next_start is not None for child in self._children) or self._reports:
            self._turn()
        self._tell(FAILED + "; ".join(self._failures).encode() if self._failures else b"")
        return EXIT_NOT_STARTED if self._failures else EXIT_OK

    def _ring(self) -> None:
        """In a signal handler."""
        self._clapper.send_bytes(b".")

    # What happens.

    def _turn(self) -> None:
        """Wait for something, and deal with it."""
        running = [child for child in self._children if child.is_running]
        channels = {child.channel: child for child in running if child.channel is not None}
        sources: list[Any] = [self._bell, *channels, *(child.sentinel for child in running), *self._reports.sentinels()]
        if self._has_program:
            sources.append(self._program.channel)
        for source in wait(sources, self._seconds_left()):
            if source is self._bell:
                self._bell.recv_bytes()
                self.drain()
            elif source is self._program.channel:
                self._hear_program()
            elif source in channels:
                self._hear(channels[source])
        for child in running:
            self._check_end(child)
        self._reports.reap()
        if time.monotonic() >= self._next_look:
            self._look()
        self._keep_time()

    def _seconds_left(self) -> float:
        """Until something has to be done that nobody will ask for."""
        times = [self._next_look, *(child.next_start for child in self._children if child.next_start is not None)]
        if self._deadline is not None:
            times.append(self._deadline)
        return max(min(times) - time.monotonic(), 0.0)

    def _keep_time(self) -> None:
        now = time.monotonic()
        if self._deadline is None:
            for child in self._children:
                if child.next_start is not None and now >= child.next_start:
                    child.restarts += 1
                    self._status.restarted(child.row)
                    self._start(child)
        elif now >= self._deadline:
            if not self._killing:
                self.kill()
                return
            self._deadline = now + _KILL_SECONDS
            for child in self._children:
                child.verdict = child.verdict or "did not end in time and was killed"
                child.kill()

    def _hear_program(self) -> None:
        try:
            word = self._program.channel.recv_bytes()
        except (EOFError, OSError):
            self._orphaned()
            return
        if word == KILL:
            self.kill()
        elif word == DRAIN:
            self.drain()

    def _orphaned(self) -> None:
        if self._has_program:
            self._has_program = False
            self.drain()

    def _hear(self, child: Child) -> None:
        assert child.channel is not None
        try:
            word = child.channel.recv_bytes()
        except (EOFError, OSError):
            child.hang_up()
            return
        if word == READY:
            child.ready = True
            self._status.set_state(child.row, State.RUNNING)
            if not self._has_started and all(each.ready for each in self._children):
                self._has_started = True
                self._tell(READY)
        elif word.startswith(FAILED):
            self._could_not_start(child, word.removeprefix(FAILED).decode("utf-8", "replace"))

    def _could_not_start(self, child: Child, message: str) -> None:
        """At the first start that ends the handler; later it may be something that passes."""
        if self._has_started or child.restarts:
            logger.error("%s", message)
        else:
            self._failures.append(message)
            self.drain()

    # Starting and ending.

    def _start(self, child: Child) -> None:
        def arguments(channel: Connection, _restarts: int) -> tuple[Any, ...]:
            return child.member, self._plan.runner, self._ends(channel), child.slots

        main = partial(runner_main, restarts=child.restarts, levels=self._plan.log_levels)
        with signals_held():
            child.start(main, arguments)
        assert child.process is not None
        self._status.started(child.row, child.process.pid or 0)

    def _ends(self, channel: Connection) -> Ends:
        strangers: list[Connection] = []
        if self._forks:
            strangers = [self._bell, self._clapper, self._program.channel]
            strangers += [child.channel for child in self._children if child.channel is not None]
        return Ends(channel, self._program.logs, tuple(strangers))

    def _check_end(self, child: Child) -> None:
        code = child.reap()
        if code is None:
            return
        while child.channel is not None and child.channel.poll():
            self._hear(child)
        child.hang_up()
        ran = time.monotonic() - child.started
        why = child.verdict or _crash.describe_exit(code)
        held = child.slots.held()
        restart = self._deadline is None and self._may_restart(child)
        self._status.ended(child.row, code, for_good=not restart)
        if held:
            self._report(child, held, why)
        if not restart:
            if code != EXIT_OK and not self._failures:
                logger.error("worker %s: its process %s", child.name, why)
            return
        wait_seconds = child.backoff.after(ran)
        child.next_start = time.monotonic() + wait_seconds
        logger.error(
            "worker %s: its process %s; %d tasks are reported, it is started again in %.1f seconds",
            child.name, why, len(held), wait_seconds,
        )  # fmt: skip

    def _may_restart(self, child: Child) -> bool:
        most = self._rules.restart_max_attempts
        return self._rules.restart_on_failure and not (most and child.restarts >= most)

    def _report(self, child: Child, held: list[HeldTask], why: str) -> None:
        ours, theirs = Pipe()
        seconds = _LAST_REPORT_SECONDS if self._killing else _crash.REPORT_SECONDS
        reason = f"the process of worker {child.name!r} {why} while it executed this task"
        self._reports.send(held, reason, self._ends(theirs), seconds)
        ours.close()
        theirs.close()

    def drain(self) -> None:
        """Let every runner finish what it does, and start none again."""
        if self._deadline is not None:
            return
        grace = self._plan.runner.shutdown_grace_seconds
        logger.info("draining: no more tasks are taken, those that run have %g seconds to end", grace)
        self._deadline = time.monotonic() + grace + _DRAIN_MARGIN_SECONDS
        for child in self._children:
            if child.next_start is not None:
                child.next_start = None
                self._status.set_state(child.row, State.ENDED)
            child.say(DRAIN)

    def kill(self) -> None:
        """End all now; what was being executed is reported."""
        if self._killing:
            return
        self._killing = True
        self._deadline = time.monotonic() + _KILL_SECONDS
        for child in self._children:
            child.next_start = None
            child.say(KILL)

    # What does not make itself heard.

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._next_look > self._rules.look_seconds:
            self._thawed = now  # we stood still ourselves, and our children, too, perhaps: no time to judge
        self._next_look = now + self._rules.look_seconds
        if self._has_program and self._parent.is_gone:
            self._orphaned()
        if self._deadline is None:
            for child in self._children:
                if child.is_running and child.ready:
                    self._feel_pulse(child, now)

    def _feel_pulse(self, child: Child, now: float) -> None:
        state, verdict = self._watch.judge(child.slots, now - self._thawed)
        if verdict is not None:
            child.verdict = verdict
            child.kill()
        elif state is not self._status.state(child.row):
            self._status.set_state(child.row, state)

    def _tell(self, word: bytes) -> None:
        if self._has_program and word:
            with suppress(OSError):
                self._program.channel.send_bytes(word)


def supervisor_main(plan: Plan, ends: Ends, status: StatusTable) -> None:
    """Entry of the supervisor's process."""
    ends.close_strangers()
    logs = redirect_logging(ends.logs, plan.log_levels, threaded=False)
    code = Supervisor(plan, ends, status).run()
    logs.flush()
    leave(code)
