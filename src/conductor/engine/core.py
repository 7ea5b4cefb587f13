"""The engine's state: open executions, definitions, queues, timers, limits, and the journal that keeps them.

All of it is used by one thread. Queues, timers and limits follow from the records: the start builds them from there.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from itertools import islice
from random import Random
from typing import Any

import msgspec

from conductor.engine.clock import ordered_ids, system_clock
from conductor.engine.definition import Definition
from conductor.engine.definitions import Definitions
from conductor.engine.errors import EngineError, NotFound
from conductor.engine.evaluation import Evaluation, Evaluations, Jobs
from conductor.engine.expressions import Environment
from conductor.engine.journal import Batch, Journal
from conductor.engine.limits import Limits
from conductor.engine.model import TaskDef, WorkflowTask
from conductor.engine.polls import Polls
from conductor.engine.queues import Queues
from conductor.engine.settings import EngineSettings
from conductor.engine.state import Execution, TaskRecord, WorkflowRecord
from conductor.engine.store.memory import MemoryStore
from conductor.engine.store.port import OpenTask, Store, WorkflowRow
from conductor.engine.tasks.base import TaskType
from conductor.engine.tasks.http import Fetch
from conductor.engine.tasks.registry import Registry, installed_kinds, standard_kinds
from conductor.engine.timers import Timers
from conductor.engine.turn import Effect, Published

log = logging.getLogger(__name__)

#: finished executions that stay in memory, since they are often looked at right after
_RECENT = 64
TimerKey = tuple[str, str, str]


def open_store(settings: EngineSettings) -> Store:
    """The store that the settings name."""
    if settings.database == ":memory:":
        return MemoryStore()
    from conductor.engine.store.sqlite import SqliteStore

    return SqliteStore(settings.database, durability=settings.durability)


class RunAtOnce:
    """Runs it here and now: for tests, and where nothing blocks."""

    def submit(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        done(work())


class Core:
    """What all use cases share. The decider is lent it as its `World`."""

    def __init__(
        self,
        settings: EngineSettings | None = None,
        *,
        store: Store | None = None,
        clock: Callable[[], int] | None = None,
        new_id: Callable[[], str] | None = None,
        random: Random | None = None,
        environment: Environment | None = None,
        kinds: list[TaskType] | None = None,
    ) -> None:
        """Open an engine.

        Args:
            settings: what it stores where, and what it allows.
            store: where executions are kept, in place of the one that the settings name.
            clock: epoch milliseconds, never going back.
            new_id: makes ids of workflows and tasks.
            random: for the jitter of retries.
            environment: what expressions see of the process; its environment variables by default.
            kinds: further kinds of tasks.
        """
        self.settings = settings or EngineSettings()
        self.clock = clock or system_clock()
        self.new_id = new_id or ordered_ids(self.clock)
        self.env = environment or Environment.from_variables(os.environ)
        self._random = random or Random()
        self._registry = Registry([*standard_kinds(), *installed_kinds(), *(kinds or ())])
        self.task_type, self.system_type = self._registry.of, self._registry.system
        self.store = store or open_store(self.settings)
        self.journal = Journal(self.store, self._on_written, self._on_failed)
        self.definitions = Definitions(self._save_document)
        self.timers: Timers[TimerKey] = Timers()
        self.queues = Queues(lambda name, due: self.timers.set(("queue", name, ""), due))
        self.jobs: Jobs = RunAtOnce()
        self.fetch: Fetch | None = None
        self.evaluations = Evaluations(lambda: self.jobs, self._decide_again)
        self._begin_empty()
        self._boot()

    def _decide_again(self, workflow_id: str) -> None:
        """Something came that a workflow waits for: `drain` decides on it."""
        self._again.append(workflow_id)

    def _begin_empty(self) -> None:
        self.limits = Limits()
        self.polls = Polls()
        self._open: OrderedDict[str, Execution] = OrderedDict()
        self._recent: OrderedDict[str, Execution] = OrderedDict()
        self._effects: deque[tuple[Execution, Effect]] = deque()
        self._launches: deque[tuple[str, str]] = deque()
        #: messages of events, to be handled
        self._messages: deque[Published] = deque()
        #: workflows to be decided on once more, since something that they wait for has come
        self._again: deque[str] = deque()
        self._running: set[str] = set()
        #: who is told of changes of a workflow
        self.watches: dict[str, list[Callable[[], None]]] = {}
        self._watched_changes: dict[str, None] = {}
        #: removed executions whose removal is not written yet, with the number of its batch
        self._gone: dict[str, int] = {}
        self._last_key = 0

    # -- what the decider asks of the world ---------------------------------------------------------------------------

    def evaluate(self, workflow_id: str, wanted: Evaluation) -> Any:
        return self.evaluations.value(workflow_id, wanted)

    def jitter(self, limit_ms: int) -> int:
        return self._random.randint(0, limit_ms)

    def task_def(self, name: str) -> TaskDef | None:
        return self.definitions.tasks.get(name)

    def fill(self, node: WorkflowTask) -> None:
        self.definitions.fill(node)

    def pick_domain(self, task_type: str, task_to_domain: Mapping[str, str]) -> str | None:
        return self.polls.pick_domain(task_type, task_to_domain, self.clock())

    # -- durability ---------------------------------------------------------------------------------------------------

    def durable_future(self) -> asyncio.Future[None]:
        """Done when all that was changed so far is on disk; fails with Unavailable where it could not be written."""
        return self.journal.durable_future()

    async def durable(self) -> None:
        """Wait until all that was changed so far is on disk.

        Raises Unavailable where it could not be written; then nothing of it was kept.
        """
        await self.journal.durable_future()

    def flush(self) -> None:
        """Write all that was changed so far, in this thread. Raises Unavailable."""
        self.journal.flush()

    def close(self) -> None:
        """Write what is to be written and let go of the file."""
        try:
            self.journal.close()
        finally:
            self.store.close()

    def _on_written(self, batch: Batch) -> None:
        for execution, _ in batch.executions.values():
            done = execution.record.terminal and execution.written <= batch.number
            if done and self._open.pop(execution.id, None) is not None:
                self._recent[execution.id] = execution
        self._gone = {name: number for name, number in self._gone.items() if number > batch.number}
        while len(self._recent) > _RECENT:
            self._recent.popitem(last=False)
        excess = len(self._open) - self.settings.cached_workflows
        if excess > 0:
            idle = (e.id for e in self._open.values() if e.written <= batch.number)
            for workflow_id in list(islice(idle, excess)):
                del self._open[workflow_id]

    def _on_failed(self, batches: list[Batch]) -> None:
        """What batches changed is not on disk: go back to what is."""
        log.error("a batch could not be written, its changes are undone: %s", batches[0].error)
        lost: dict[str, Execution] = {}
        for batch in batches:
            lost.update((execution.id, execution) for execution, _ in batch.executions.values())
            lost.update((execution.id, execution) for execution, _, _ in batch.tasks.values())
            lost.update((execution.id, execution) for execution in batch.dropped_executions.values())
        self._gone.clear()
        for execution in lost.values():
            self._undo(execution)
        self._load_documents()
        self.queues.wake_all()

    def _undo(self, execution: Execution) -> None:
        for task in execution.by_id.values():
            self._forget(execution, task)
        self.timers.set(("workflow", execution.id, ""), None)
        self._open.pop(execution.id, None)
        self._recent.pop(execution.id, None)
        row = self.store.workflow(execution.id)
        if row is None or row.ended:
            return
        self.timers.set(("workflow", row.id, ""), row.deadline)
        for kept in self.store.tasks(row.key):
            waits = kept.queue, kept.due, kept.deadline
            self._take_in(OpenTask(row.id, kept.id, kept.type, kept.def_name, kept.status, row.priority, *waits))

    def _forget(self, execution: Execution, task: TaskRecord) -> None:
        """Take a task out of queues, timers and limits."""
        self.queues.remove(task.task_id)
        self.limits.note(task.task_id, task.def_name, "CANCELED")
        for kind in ("task", "launch"):
            self.timers.set((kind, execution.id, task.task_id), None)

    def _save_document(self, kind: str, key: str, body: bytes | None) -> None:
        self.journal.batch.documents[kind, key] = body

    # -- the start ----------------------------------------------------------------------------------------------------

    def _boot(self) -> None:
        """Build what is in memory from what is stored."""
        self._last_key = self.store.last_key()
        self._load_documents()
        for workflow_id, deadline in self.store.open_workflows():
            self.timers.set(("workflow", workflow_id, ""), deadline)
        for task in self.store.open_tasks():
            self._take_in(task)

    def _load_documents(self) -> None:
        """Take in definitions and other small things."""
        self.definitions.load(self.store.documents("task_def"), self.store.documents("workflow_def"))

    def _take_in(self, task: OpenTask) -> None:
        if task.deadline is not None:
            self.timers.set(("task", task.workflow_id, task.task_id), task.deadline)
        is_system = self.system_type(task.type) is not None
        if task.status == "IN_PROGRESS" and not is_system:
            self.limits.note(task.task_id, task.def_name, task.status)
        if task.due is None:
            return
        if not is_system:
            name, now = task.queue or task.type, self.clock()
            self.queues.put(name, task.task_id, task.workflow_id, priority=task.priority, due=task.due, now=now)
        else:
            self.timers.set(("launch", task.workflow_id, task.task_id), task.due)

    # -- executions ---------------------------------------------------------------------------------------------------

    def find(self, workflow_id: str) -> Execution | None:
        """An execution, from memory or from the store."""
        execution = self._open.get(workflow_id) or self._recent.get(workflow_id)
        if execution is None and workflow_id not in self._gone:
            row = self.store.workflow(workflow_id)
            execution = self._load(row) if row is not None else None
            if execution is not None:
                self._keep(execution)
        return execution

    def get(self, workflow_id: str) -> Execution:
        """An execution. Raises NotFound."""
        execution = self.find(workflow_id)
        if execution is None:
            raise NotFound(f"No such workflow found by id: {workflow_id}")
        return execution

    def new_execution(self, record: WorkflowRecord, definition: Definition) -> Execution:
        """Take in an execution that was just made."""
        self._last_key += 1
        execution = Execution(self._last_key, record, definition)
        self.definitions.keep(definition)
        self._open[record.workflow_id] = execution
        return execution

    def _load(self, row: WorkflowRow) -> Execution:
        record = msgspec.json.decode(row.body, type=WorkflowRecord)
        definition = self.definitions.snapshot(record.definition, self._read_snapshot)
        execution = Execution(row.key, record, definition)
        execution.load([msgspec.json.decode(task.body, type=TaskRecord) for task in self.store.tasks(row.key)])
        return execution

    def _read_snapshot(self, digest: str) -> bytes:
        body = self.store.document("snapshot", digest)
        if body is None:
            raise EngineError(f"The definition of the workflow is missing in the store: {digest}")
        return body

    def _keep(self, execution: Execution) -> None:
        (self._recent if execution.record.terminal else self._open)[execution.id] = execution
        while len(self._recent) > _RECENT:
            self._recent.popitem(last=False)

    def revive(self, execution: Execution) -> None:
        """A finished execution is open again."""
        self._recent.pop(execution.id, None)
        self._open[execution.id] = execution
