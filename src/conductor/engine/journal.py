"""Group commit: what use cases change gathers in an open batch; one thread writes batch after batch.

While one batch is being written the next one gathers, so that the slower the disk, the larger the batches.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from queue import SimpleQueue

import msgspec

from conductor.engine.errors import Unavailable
from conductor.engine.state import Execution, TaskRecord
from conductor.engine.store.port import TASK_BITS, LogRow, Store, TaskRow, WorkflowRow, Writes, task_key

_encode = msgspec.json.Encoder().encode


@dataclass
class Batch:
    """Changed things, each once; they are encoded when the batch is sealed."""

    number: int
    executions: dict[int, tuple[Execution, int | None]] = field(default_factory=dict)
    tasks: dict[int, tuple[Execution, TaskRecord, int | None]] = field(default_factory=dict)
    dropped_tasks: set[int] = field(default_factory=set)
    dropped_executions: dict[int, Execution] = field(default_factory=dict)
    documents: dict[tuple[str, str], bytes | None] = field(default_factory=dict)
    logs: list[LogRow] = field(default_factory=list)
    waiters: list[asyncio.Future[None]] = field(default_factory=list)
    #: why it could not be written
    error: Unavailable | None = None

    @property
    def empty(self) -> bool:
        return not (
            self.tasks
            or self.executions
            or self.documents
            or self.logs
            or self.dropped_tasks
            or self.dropped_executions
        )

    def put_workflow(self, execution: Execution, deadline: int | None) -> None:
        """Write the workflow itself."""
        self.executions[execution.key] = (execution, deadline)
        execution.written = self.number

    def put_task(self, execution: Execution, task: TaskRecord, deadline: int | None) -> None:
        """Write a task."""
        key = task_key(execution.key, task.n)
        self.tasks[key] = (execution, task, deadline)
        self.dropped_tasks.discard(key)
        execution.written = self.number

    def drop_task(self, execution: Execution, task: TaskRecord) -> None:
        """Delete a task."""
        key = task_key(execution.key, task.n)
        self.tasks.pop(key, None)
        self.dropped_tasks.add(key)
        execution.written = self.number

    def drop_execution(self, execution: Execution) -> None:
        """Delete a workflow and its tasks."""
        self.executions.pop(execution.key, None)
        for key in [key for key in self.tasks if key >> TASK_BITS == execution.key]:
            del self.tasks[key]
        self.dropped_executions[execution.key] = execution

    def sealed(self) -> Writes:
        """The rows, as they are now."""
        return Writes(
            drop_workflows=list(self.dropped_executions),
            drop_tasks=list(self.dropped_tasks),
            workflows=[_workflow_row(*entry) for entry in self.executions.values()],
            tasks=[_task_row(key, task, deadline) for key, (_, task, deadline) in self.tasks.items()],
            documents=[(kind, key, body) for (kind, key), body in self.documents.items()],
            logs=self.logs,
        )


def _workflow_row(execution: Execution, deadline: int | None) -> WorkflowRow:
    record = execution.record
    return WorkflowRow(
        execution.key,
        record.workflow_id,
        record.name,
        record.version,
        record.status,
        record.correlation_id,
        record.parent_id,
        record.priority,
        record.created,
        record.updated,
        record.ended if record.terminal else 0,
        deadline,
        _encode(record),
    )


def _task_row(key: int, task: TaskRecord, deadline: int | None) -> TaskRow:
    return TaskRow(
        key,
        task.task_id,
        task.task_type,
        task.def_name,
        task.status,
        task.scheduled,
        task.started,
        task.updated,
        task.ended,
        task.queue if task.due is not None else None,
        task.due,
        deadline,
        _encode(task),
    )


class Journal:
    """The open batch and the thread that writes."""

    def __init__(
        self, store: Store, on_written: Callable[[Batch], None], on_failed: Callable[[list[Batch]], None]
    ) -> None:
        """`on_written` is told of a batch that is kept, `on_failed` of those that are lost; on the engine's thread."""
        self._store = store
        self._on_written, self._on_failed = on_written, on_failed
        self.batch = Batch(1)
        self._writing: Batch | None = None
        self._flush_asked = False
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def durable_future(self) -> asyncio.Future[None]:
        """Done when all that was changed so far is written."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        if not self.batch.empty:
            self.batch.waiters.append(future)
            self._flush_soon(loop)
        elif self._writing is not None:
            self._writing.waiters.append(future)
        else:
            future.set_result(None)
        return future

    def flush(self) -> None:
        """Write the open batch now, in this thread. Raises Unavailable."""
        if self._writing is not None:
            raise RuntimeError("a batch is being written by the thread")
        if self.batch.empty:
            return
        batch = self._take()
        try:
            self._store.write(batch.sealed())
        except Unavailable as error:
            batch.error = error
            self._failed(batch, error)
            raise
        self._done(batch)

    def flush_soon(self) -> None:
        """Have the open batch written though nobody waits for it."""
        if not self.batch.empty:
            self._flush_soon(asyncio.get_running_loop())

    def close(self) -> None:
        """Stop the thread after what it has to write."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None
            self._settle_written()
        self.flush()

    def unwritten(self) -> Iterator[tuple[Execution, TaskRecord, int | None]]:
        """Tasks whose last change is not yet in the store."""
        for batch in (self.batch, self._writing):
            if batch is not None:
                yield from batch.tasks.values()

    def unwritten_executions(self) -> list[Execution]:
        """Workflows whose last change is not yet in the store."""
        batches = [batch for batch in (self._writing, self.batch) if batch is not None]
        return [execution for batch in batches for execution, _ in batch.executions.values()]

    def unwritten_logs(self, task_id: str) -> list[LogRow]:
        """Log lines of a task that are not yet in the store."""
        batches = [batch for batch in (self._writing, self.batch) if batch is not None]
        return [row for batch in batches for row in batch.logs if row.task_id == task_id]

    def _flush_soon(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._flush_asked and self._writing is None:
            self._flush_asked = True
            loop.call_soon(self._start_write, loop)

    def _start_write(self, loop: asyncio.AbstractEventLoop) -> None:
        self._flush_asked = False
        if self._writing is not None or self.batch.empty:
            return
        if not self._store.slow:
            self._write_here()
            return
        batch = self._writing = self._take()
        writes = batch.sealed()

        def write() -> None:
            try:
                self._store.write(writes)
            except Unavailable as error:
                batch.error = error
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._finish, batch, loop)

        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="conductor-writer", daemon=True)
            self._thread.start()
        self._queue.put(write)

    def _write_here(self) -> None:
        try:
            self.flush()
        except Unavailable:
            pass  # those who wait for the batch were told

    def _run(self) -> None:
        while (write := self._queue.get()) is not None:
            write()

    def _finish(self, batch: Batch, loop: asyncio.AbstractEventLoop) -> None:
        if self._writing is not batch:  # `close` was faster
            return
        self._settle_written()
        if not self.batch.empty:
            self._start_write(loop)

    def _settle_written(self) -> None:
        batch, self._writing = self._writing, None
        if batch is not None and batch.error is not None:
            self._failed(batch, batch.error)
        elif batch is not None:
            self._done(batch)

    def _take(self) -> Batch:
        batch, self.batch = self.batch, Batch(self.batch.number + 1)
        return batch

    def _done(self, batch: Batch) -> None:
        for waiter in batch.waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._on_written(batch)

    def _failed(self, batch: Batch, error: Unavailable) -> None:
        """What was built on the lost batch is lost with it."""
        lost = self._take()
        for waiter in batch.waiters + lost.waiters:
            if not waiter.done():
                waiter.set_exception(error)
        self._on_failed([batch, lost])
