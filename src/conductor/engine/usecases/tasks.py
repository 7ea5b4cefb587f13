"""Use cases of workers and of those who watch the queues."""

from __future__ import annotations

from collections.abc import Callable

from conductor.engine.errors import NotFound
from conductor.engine.expressions import resolve_secrets
from conductor.engine.model import (
    PollData,
    Task,
    TaskDef,
    TaskExecLog,
    TaskResult,
)
from conductor.engine.starting import Starting
from conductor.engine.state import Execution, TaskRecord
from conductor.engine.store.port import LogRow
from conductor.engine.turn import Turn
from conductor.engine.validate import check_task_result
from conductor.engine.views import task_view

#: log lines kept of one update, as the server
MAX_LOGS_PER_UPDATE = 10


class Tasks(Starting):
    """Polling, updating and signalling tasks (`/tasks`)."""

    def poll(
        self, task_type: str, worker_id: str | None = None, domain: str | None = None, count: int = 1
    ) -> list[Task]:
        """Hand out up to `count` tasks that are due now (`GET /tasks/poll/{tasktype}`, `/tasks/poll/batch/{tasktype}`).

        Returns at once. A long poll calls again when `on_push` calls back or its time is over.
        """
        now = self.clock()
        self.polls.note(task_type, domain, worker_id, now)
        name = f"{domain}:{task_type}" if domain else task_type
        tasks: list[Task] = []
        while len(tasks) < count and (message := self.queues.pop(name, now)) is not None:
            task = self._hand_out(message.workflow_id, message.task_id, worker_id)
            if task is not None:
                tasks.append(task)
        return tasks

    def _hand_out(self, workflow_id: str, task_id: str, worker_id: str | None) -> Task | None:
        execution = self.find(workflow_id)
        task = execution.by_id.get(task_id) if execution else None
        if execution is None or task is None or task.terminal:
            return None
        turn, definition = self.turn(execution), execution.node(task).task_definition
        hold = self.limits.hold_ms(task, definition, workflow_id, turn.now)
        if hold:
            turn.enqueue(task, hold)
            self.apply(turn)
            return None
        task.due, task.callback_after, task.worker_id = None, 0, worker_id
        task.started = task.started or turn.now
        task.updated = turn.now
        task.poll_count += 1
        execution.move(task, "IN_PROGRESS")
        turn.touch(task)
        self.apply(turn)
        return self._for_worker(execution, task, definition)

    def _for_worker(self, execution: Execution, task: TaskRecord, definition: TaskDef | None) -> Task:
        """The task with its secrets, and the values that its definition names."""
        view = task_view(execution, task)
        view.input_data = resolve_secrets(view.input_data, self.env.secrets)
        names = definition.runtime_metadata if definition else ()
        known = {**self.env.variables, **self.env.secrets} if names else {}
        view.runtime_metadata = {name: known[name] for name in names if name in known} or None
        return view

    def on_push(self, task_type: str, domain: str | None, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` (once) when a task of that queue becomes due; returns a function that cancels it."""
        return self.queues.wait(f"{domain}:{task_type}" if domain else task_type, callback)

    def update_task(self, result: TaskResult) -> str:
        """Take a worker's result (`POST /tasks`); returns the task's id. A late one is ignored.

        Raises ValidationFailed (missing ids), NotFound.
        """
        check_task_result(result)
        self._update(result)
        return result.task_id or ""

    def _update(self, result: TaskResult) -> tuple[Execution, TaskRecord]:
        execution = self.get(result.workflow_instance_id or "")
        task = execution.by_id.get(result.task_id or "")
        if task is None:
            raise NotFound(f"No such task found by id: {result.task_id}")
        if not task.terminal and not execution.record.terminal:
            self._take_result(execution, task, result)
        return execution, task

    def _take_result(self, execution: Execution, task: TaskRecord, result: TaskResult) -> None:
        turn = self.turn(execution)
        task.updated = turn.now
        turn.touch(task)
        if result.extend_lease:
            self.apply(turn)
            return
        task.output = result.output_data or {}
        task.reason, task.worker_id = result.reason_for_incompletion, result.worker_id
        task.callback_after, task.callback_after_ms = result.callback_after_seconds, 0
        task.sub_workflow_id = result.sub_workflow_id or task.sub_workflow_id
        task.external_output = result.external_output_payload_storage_path or task.external_output
        task.execution_metadata = result.execution_metadata
        self._add_logs(task.task_id, result.logs or [])
        status = result.status or "COMPLETED"
        if status == "IN_PROGRESS":
            self._postpone(turn, task)
        else:
            turn.finish(task, status)
        self.apply(turn)
        self.decide_on(execution)

    def _postpone(self, turn: Turn, task: TaskRecord) -> None:
        """A worker's task goes back into its queue; one of the engine's stays with it."""
        if self.system_type(task.task_type) is None:
            turn.execution.move(task, "SCHEDULED")
            turn.enqueue(task, task.callback_after * 1000)
        else:
            turn.execution.move(task, "IN_PROGRESS")

    def _add_logs(self, task_id: str, logs: list[TaskExecLog]) -> None:
        for entry in logs[:MAX_LOGS_PER_UPDATE]:
            row = LogRow(task_id, entry.created_time or self.clock(), entry.log or "")
            self.journal.batch.logs.append(row)

    def update_task_v2(self, result: TaskResult) -> Task | None:
        """Take a result and hand out the next task of the same kind, if any (`POST /tasks/update-v2`)."""
        check_task_result(result)
        _, task = self._update(result)
        if result.extend_lease or not task.terminal:
            return None
        tasks = self.poll(task.task_type, result.worker_id, task.domain, 1)
        return tasks[0] if tasks else None

    def get_task(self, task_id: str) -> Task:
        """`GET /tasks/{taskId}`. Raises NotFound."""
        found = self.store.task(task_id)
        workflow_id = found[1] if found else self._open_owner(task_id)
        execution = self.find(workflow_id) if workflow_id else None
        task = execution.by_id.get(task_id) if execution else None
        if execution is None or task is None:
            raise NotFound(f"Task not found for taskId: {task_id}")
        return task_view(execution, task)

    def _open_owner(self, task_id: str) -> str | None:
        """The workflow of a task that is so new that it is not written yet."""
        for execution, task, _ in self.journal.unwritten():
            if task.task_id == task_id:
                return execution.id
        return None

    def add_task_log(self, task_id: str, log: str) -> None:
        """`POST /tasks/{taskId}/log`."""
        self.journal.batch.logs.append(LogRow(task_id, self.clock(), log))

    def get_task_logs(self, task_id: str) -> list[TaskExecLog]:
        """`GET /tasks/{taskId}/log`, oldest first."""
        rows = sorted([*self.store.logs(task_id), *self.journal.unwritten_logs(task_id)], key=lambda row: row.created)
        return [TaskExecLog(log=row.log, task_id=row.task_id, created_time=row.created) for row in rows]

    def queue_size(
        self,
        task_type: str,
        domain: str | None = None,
        isolation_group_id: str | None = None,
        execution_namespace: str | None = None,
    ) -> int:
        """`GET /tasks/queue/size`."""
        probe = TaskRecord(
            task_type=task_type, domain=domain, isolation_group=isolation_group_id, name_space=execution_namespace
        )
        return self.queues.size(probe.queue)

    def queue_sizes(self, task_types: list[str]) -> dict[str, int]:
        """`GET /tasks/queue/sizes`."""
        return {task_type: self.queues.size(task_type) for task_type in task_types}

    def all_queue_sizes(self) -> dict[str, int]:
        """Sizes by queue, sorted (`GET /tasks/queue/all`)."""
        return dict(sorted(self.queues.sizes().items()))

    def all_queue_details(self) -> dict[str, dict[str, dict[str, int]]]:
        """`{queue: {"a": {"size", "uacked"}}}` (`GET /tasks/queue/all/verbose`)."""
        return {name: {"a": {"size": size, "uacked": 0}} for name, size in self.all_queue_sizes().items()}

    def get_poll_data(self, task_type: str | None = None) -> list[PollData]:
        """Who polled (`GET /tasks/queue/polldata`, None: `/polldata/all`)."""
        return self.polls.all(task_type)

    def requeue_pending_tasks(self, task_type: str) -> int:
        """`POST /tasks/queue/requeue/{taskType}`; returns how many."""
        now, count = self.clock(), 0
        for message in self.queues.messages(task_type):
            execution = self.find(message.workflow_id)
            task = execution.by_id.get(message.task_id) if execution else None
            if execution is not None and task is not None:
                turn = self.turn(execution)
                turn.enqueue(task, max(message.due - now, 0))
                self.apply(turn)
                count += 1
        self.drain()
        return count

    def get_pending_tasks(self, task_type: str, start: int = 0, count: int = 100) -> list[Task]:
        """`GET /admin/task/{tasktype}`."""
        ids = self.store.open_task_ids(task_type)
        tasks = []
        for workflow_id, task_id in ids[start : start + count]:
            execution = self.find(workflow_id)
            task = execution.open.get(task_id) if execution else None
            if execution is not None and task is not None:
                tasks.append(task_view(execution, task))
        return tasks
