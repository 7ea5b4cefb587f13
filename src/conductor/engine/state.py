"""An execution in memory: the records that are stored, and the indices that make looking at them cheap.

The maps of inputs and outputs are shared between tasks and never changed in place: whoever changes one makes a new one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field

from conductor.engine.definition import Definition
from conductor.engine.model import WorkflowTask

TERMINAL = frozenset(
    {"COMPLETED", "COMPLETED_WITH_ERRORS", "SKIPPED", "FAILED", "TIMED_OUT", "FAILED_WITH_TERMINAL_ERROR", "CANCELED"}
)
UNSUCCESSFUL = frozenset({"FAILED", "TIMED_OUT", "FAILED_WITH_TERMINAL_ERROR", "CANCELED"})
RETRIABLE = frozenset({"SCHEDULED", "IN_PROGRESS", "COMPLETED", "COMPLETED_WITH_ERRORS", "FAILED", "TIMED_OUT"})
WORKFLOW_TERMINAL = frozenset({"COMPLETED", "FAILED", "TIMED_OUT", "TERMINATED"})


class TaskRecord(Struct, kw_only=True, omit_defaults=True, gc=False):
    """A task as it is stored; times in epoch milliseconds, 0 where they have not come."""

    n: int = 0  # its place among all tasks that the execution ever had: the storage key
    task_id: str = ""
    ref: str = ""
    task_type: str = ""
    def_name: str = ""
    status: str = "SCHEDULED"
    input: dict[str, Any] = field(default_factory=dict)
    output: dict[str, Any] = field(default_factory=dict)
    retry_count: int = 0
    seq: int = 0
    poll_count: int = 0
    scheduled: int = 0
    first_scheduled: int = 0
    queued: int = 0  # when it last went into its queue: where the poll timeout counts from
    started: int = 0
    ended: int = 0
    updated: int = 0
    start_delay: int = 0
    retried_task_id: str | None = None
    retried: bool = False
    executed: bool = False
    response_timeout: int = 0
    reason: str | None = None
    callback_after: int = 0
    callback_after_ms: int = 0
    worker_id: str | None = None
    domain: str | None = None
    rate_limit: int = 0
    rate_window: int = 0
    isolation_group: str | None = None
    name_space: str | None = None
    external_input: str | None = None
    external_output: str | None = None
    iteration: int = 0
    sub_workflow_id: str | None = None
    subworkflow_changed: bool = False
    wait_until: int = 0
    execution_metadata: Any = None
    due: int | None = None  # when its queue hands it out; None: it is in no queue
    workflow_task: WorkflowTask | None = None  # only where the definition does not have it (dynamic forks)

    @property
    def base_ref(self) -> str:
        """The reference name in the definition: without the suffix that an iteration adds."""
        return self.ref.removesuffix(f"__{self.iteration}") if self.iteration else self.ref

    @property
    def terminal(self) -> bool:
        return self.status in TERMINAL

    @property
    def unsuccessful(self) -> bool:
        return self.status in UNSUCCESSFUL

    @property
    def queue(self) -> str:
        """The name of the queue that its type, domain and isolation give."""
        name = f"{self.domain}:{self.task_type}" if self.domain else self.task_type
        if self.name_space:
            name += f"@{self.name_space}"
        return f"{name}-{self.isolation_group}" if self.isolation_group else name


class WorkflowRecord(Struct, kw_only=True, omit_defaults=True, gc=False):
    """A workflow as it is stored, without its tasks; `definition` is the hash of its definition's snapshot."""

    workflow_id: str = ""
    name: str = ""
    version: int = 1
    definition: str = ""
    status: str = "RUNNING"
    created: int = 0
    updated: int = 0
    ended: int = 0
    parent_id: str | None = None
    parent_task_id: str | None = None
    depth: int = 0
    input: dict[str, Any] = field(default_factory=dict)
    output: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    correlation_id: str | None = None
    rerun_from: str | None = None
    reason: str | None = None
    event: str | None = None
    task_to_domain: dict[str, str] = field(default_factory=dict)
    failed_refs: list[str] = field(default_factory=list)
    failed_names: list[str] = field(default_factory=list)
    failed_task_id: str | None = None
    external_input: str | None = None
    external_output: str | None = None
    priority: int = 0
    last_retried: int = 0
    created_by: str | None = None
    idempotency_key: str | None = None
    messages: list[dict[str, Any]] = field(default_factory=list)  # pushed for PULL_WORKFLOW_MESSAGES
    trial: bool = False  # a test: what asks others is not run but answered by the test
    pending: bool = False  # a decision is still to be made: the last one ran out of its budget

    @property
    def terminal(self) -> bool:
        return self.status in WORKFLOW_TERMINAL


class Execution:
    """A workflow, its definition and its tasks, with the indices that the decider needs.

    Status changes go through `move`, so that the indices hold.
    """

    #: types of tasks that are looked at in each round of a decision while they are open
    WATCHED = frozenset(
        {
            "JOIN",
            "EXCLUSIVE_JOIN",
            "SWITCH",
            "DECISION",
            "DO_WHILE",
            "INLINE",
            "LAMBDA",
            "JSON_JQ_TRANSFORM",
            "PULL_WORKFLOW_MESSAGES",
        }
    )

    __slots__ = (
        "_latest",
        "by_id",
        "definition",
        "inbox",
        "join_alarms",
        "join_waits",
        "joined_by",
        "key",
        "last",
        "loops",
        "next_n",
        "next_seq",
        "open",
        "record",
        "taken",
        "tasks",
        "watched",
        "written",
    )

    def __init__(self, key: int, record: WorkflowRecord, definition: Definition) -> None:
        self.key = key
        self.record = record
        self.definition = definition
        self.tasks: list[TaskRecord] = []
        self.by_id: dict[str, TaskRecord] = {}
        #: the last task of each reference name
        self.last: dict[str, TaskRecord] = {}
        self._latest: dict[str, TaskRecord] = {}
        #: (reference name, retry count) of all tasks: a second one of the same pair is not made
        self.taken: set[tuple[str, int]] = set()
        #: tasks that are not terminal, by id
        self.open: dict[str, TaskRecord] = {}
        #: tasks that ended and whose end the decider has not yet looked at, by id
        self.inbox: dict[str, TaskRecord] = {}
        #: tasks by the loop that they run in, and its iteration
        self.loops: dict[str, dict[int, list[TaskRecord]]] = {}
        #: open JOIN -> reference names that it still waits for; reference name -> the JOINs waiting for it
        self.join_waits: dict[str, set[str]] = {}
        self.joined_by: defaultdict[str, list[str]] = defaultdict(list)
        #: JOINs of which a task failed that they cannot do without
        self.join_alarms: set[str] = set()
        #: open tasks of the watched types, by id
        self.watched: dict[str, TaskRecord] = {}
        self.next_n = 1
        self.next_seq = 1
        #: number of the last batch that holds a write of this execution
        self.written = 0

    @property
    def id(self) -> str:
        return self.record.workflow_id

    def node(self, task: TaskRecord) -> WorkflowTask:
        """The definition of a task."""
        return task.workflow_task or self.definition.nodes[task.base_ref]

    def load(self, tasks: list[TaskRecord]) -> None:
        """Take in the stored tasks."""
        for task in sorted(tasks, key=lambda t: (t.seq, t.n)):
            self._index(task)
        for task in self.open.values():
            if task.task_type == "JOIN":
                self.watch_join(task)

    def add(self, task: TaskRecord) -> None:
        """Take in a new task; one that was skipped before its time goes first."""
        task.n = self.next_n
        self._index(task, first=task.seq == 0)
        if not task.terminal:
            self._await(task)

    def _await(self, task: TaskRecord) -> None:
        for join_id in self.joined_by.get(task.ref, ()):
            if join_id in self.join_waits:
                self.join_waits[join_id].add(task.ref)

    def _index(self, task: TaskRecord, first: bool = False) -> None:
        if first:
            self.tasks.insert(0, task)
        else:
            self.tasks.append(task)
        self.next_n = max(self.next_n, task.n + 1)
        self.next_seq = max(self.next_seq, task.seq + 1)
        self.by_id[task.task_id] = task
        self.last[task.ref] = self._latest[task.base_ref] = task
        self.taken.add((task.ref, task.retry_count))
        if not task.terminal:
            self._opened(task)
        elif not task.executed and not task.retried and task.status != "SKIPPED":
            self.inbox[task.task_id] = task
        if task.iteration and (loop := self.definition.loop_of.get(task.base_ref)):
            self.loops.setdefault(loop, {}).setdefault(task.iteration, []).append(task)

    def move(self, task: TaskRecord, status: str) -> None:
        """Change a task's status."""
        task.status = status
        if status in TERMINAL:
            self.open.pop(task.task_id, None)
            self.watched.pop(task.task_id, None)
            if not task.executed and not task.retried and status != "SKIPPED":
                self.inbox[task.task_id] = task
            for join_id in self.joined_by.get(task.ref, ()):
                if join_id in self.join_waits:
                    self.join_waits[join_id].discard(task.ref)
                    self._alarm(join_id, task)
        else:
            self._opened(task)
            self.inbox.pop(task.task_id, None)
            self._await(task)
            if task.task_type == "JOIN":
                self.watch_join(task)

    def _opened(self, task: TaskRecord) -> None:
        self.open[task.task_id] = task
        if task.task_type in self.WATCHED:
            self.watched[task.task_id] = task

    def _alarm(self, join_id: str, task: TaskRecord) -> None:
        if task.unsuccessful and not (node := self.node(task)).optional and not node.permissive:
            self.join_alarms.add(join_id)

    def settle(self, task: TaskRecord, *, executed: bool = False, retried: bool = False) -> None:
        """Note that the end of a task was looked at."""
        task.executed, task.retried = executed or task.executed, retried or task.retried
        self.inbox.pop(task.task_id, None)

    def drop(self, tasks: list[TaskRecord]) -> None:
        """Forget tasks; the indices are built anew."""
        gone = {task.task_id for task in tasks}
        kept = [task for task in self.tasks if task.task_id not in gone]
        next_n, next_seq = self.next_n, max((task.seq for task in kept), default=0) + 1
        indices = (
            self.by_id,
            self.last,
            self._latest,
            self.open,
            self.inbox,
            self.loops,
            self.join_waits,
            self.joined_by,
            self.watched,
        )
        for index in indices:
            index.clear()
        self.taken.clear()
        self.tasks = []
        self.load(kept)
        self.next_n, self.next_seq = next_n, next_seq

    def watch_join(self, join: TaskRecord) -> None:
        """Keep count of what an open JOIN waits for."""
        waits = set()
        for ref in join_refs(join):
            if join.task_id not in self.joined_by[ref]:
                self.joined_by[ref].append(join.task_id)
            task = self.last.get(ref)
            if task is None or not task.terminal:
                waits.add(ref)
        self.join_waits[join.task_id] = waits

    def latest(self, base_ref: str) -> TaskRecord | None:
        """The last task of a reference name of the definition: inside of a loop that of the latest iteration."""
        return self._latest.get(base_ref)

    def of_type(self, *types: str) -> Iterator[TaskRecord]:
        """Open tasks of these types."""
        return (task for task in list(self.open.values()) if task.task_type in types)


def join_refs(join: TaskRecord) -> list[str]:
    """The reference names that a JOIN waits for; inside of a loop those of its iteration."""
    refs = join.input.get("joinOn") or []
    return [f"{ref}__{join.iteration}" for ref in refs] if join.iteration else list(refs)
