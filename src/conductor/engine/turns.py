"""Turns of the decider: what they changed is kept, and what follows from it is done."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from conductor.engine.core import Core
from conductor.engine.decide import decide
from conductor.engine.ending import terminate_by_request
from conductor.engine.model import StartWorkflowRequest
from conductor.engine.state import Execution, TaskRecord
from conductor.engine.tasks.base import Outcome
from conductor.engine.tasks.sub_workflow import child_ended
from conductor.engine.timeouts import task_deadline, workflow_deadline
from conductor.engine.turn import ChildEnds, Effect, FailureWorkflow, ParentTold, Published, Turn

log = logging.getLogger(__name__)

#: asynchronous tasks begun, or messages handled, in one go
_MOST_AT_ONCE = 200


class Turns(Core):
    """A use case loads the executions that it is about, has the decider run, and hands what changed to the journal."""

    def decide_on(self, execution: Execution, due: Iterable[TaskRecord] = ()) -> None:
        """Run the decider on an execution, and all that follows from it."""
        self.apply(decide(execution, self, self.clock(), due))
        self.drain()

    def turn(self, execution: Execution) -> Turn:
        """A turn for changes that are not the decider's."""
        return Turn(execution, self, self.clock())

    def apply(self, turn: Turn) -> None:
        """Keep what a turn changed; `drain` does what follows from it."""
        execution, batch = turn.execution, self.journal.batch
        for task in turn.dropped:
            batch.drop_task(execution, task)
            self._forget(execution, task)
        for task in turn.touched.values():
            self._keep_task(execution, task, turn.now)
        if turn.workflow_changed:
            self._keep_workflow(execution, turn.now)
        if self.watches:
            self._note_change(execution)
        self._effects.extend((execution, effect) for effect in turn.effects)
        turn.touched, turn.dropped, turn.effects, turn.workflow_changed = {}, [], [], False

    def _keep_task(self, execution: Execution, task: TaskRecord, now: int) -> None:
        kind = self.system_type(task.task_type)
        ids = execution.id, task.task_id
        deadline = task_deadline(task, execution.node(task), kind is not None)
        self.timers.set(("task", *ids), deadline)
        self.journal.batch.put_task(execution, task, deadline)
        if kind is None:
            if task.due is None:
                self.queues.remove(task.task_id)
            else:
                priority = execution.record.priority
                self.queues.put(task.queue, task.task_id, execution.id, priority=priority, due=task.due, now=now)
            if (freed := self.limits.note(task.task_id, task.def_name, task.status)) is not None:
                self._release(*freed)
        elif kind.asynchronous:
            self._plan_launch(ids, task, now)

    def _plan_launch(self, ids: tuple[str, str], task: TaskRecord, now: int) -> None:
        waits = task.due is not None and task.due > now
        self.timers.set(("launch", *ids), task.due if waits else None)
        if task.due is not None and not waits and task.task_id not in self._running:
            self._running.add(task.task_id)
            self._launches.append(ids)

    def _keep_workflow(self, execution: Execution, now: int) -> None:
        record = execution.record
        deadline = now if record.pending else workflow_deadline(record, execution.definition.value.timeout_seconds)
        waits = record.pending and self.evaluations.is_busy(record.workflow_id)
        self.timers.set(("workflow", record.workflow_id, ""), None if waits else deadline)
        self.journal.batch.put_workflow(execution, deadline)

    def _release(self, task_id: str, workflow_id: str) -> None:
        """A task that was held back by a limit may be handed out."""
        execution = self.find(workflow_id)
        task = execution.by_id.get(task_id) if execution else None
        if execution is not None and task is not None and task.due is not None:
            turn = self.turn(execution)
            turn.enqueue(task)
            self.apply(turn)

    def drain(self) -> None:
        """Do what follows from turns: tell parents, end children, begin asynchronous tasks, handle events.

        Tasks and messages beyond a number wait for the next tick, so that others get their turn.
        """
        for _ in range(_MOST_AT_ONCE):
            self._settle()
            if self._launches:
                self._launch(*self._launches.popleft())
            elif self._messages:
                self._deliver(self._messages.popleft())
            else:
                break
        self._settle()
        if self._launches:
            self.timers.set(("launches", "", ""), self.clock())
        while self._messages:
            self._put_off(self._messages.popleft())
        self._tell_watchers()
        self.queues.tell_waiters()

    def _settle(self) -> None:
        """Do what may not wait."""
        while self._effects or self._again:
            if self._effects:
                self._act(*self._effects.popleft())
            else:
                self._look_again(self._again.popleft(), ())

    def _act(self, execution: Execution, effect: Effect) -> None:
        if isinstance(effect, ParentTold):
            self._tell_parent(execution)
        elif isinstance(effect, ChildEnds):
            self._end_child(effect)
        elif isinstance(effect, FailureWorkflow):
            self._start_failure_workflow(execution, effect)
        else:
            self.publish(effect)

    def publish(self, message: Published) -> None:
        """Put a message into its event queue; `drain` has it handled."""
        self._messages.append(message)

    def _tell_parent(self, child: Execution) -> None:
        parent = self.find(child.record.parent_id or "")
        task = parent.by_id.get(child.record.parent_task_id or "") if parent else None
        if parent is None or task is None or task.terminal or task.sub_workflow_id != child.id:
            return
        turn = self.turn(parent)
        child_ended(turn, task, child.record)
        self.apply(turn)
        self.apply(decide(parent, self, self.clock()))

    def _end_child(self, effect: ChildEnds) -> None:
        child = self.find(effect.workflow_id)
        if child is not None and not child.record.terminal:
            turn = self.turn(child)
            terminate_by_request(turn, effect.reason)
            self.apply(turn)

    def _launch(self, workflow_id: str, task_id: str) -> None:
        """Begin an asynchronous task."""
        execution = self.find(workflow_id)
        task = execution.by_id.get(task_id) if execution else None
        kind = self.system_type(task.task_type) if task else None
        if execution is None or task is None or kind is None or task.due is None or execution.record.terminal:
            self._running.discard(task_id)
            return
        kind.launch(self, execution, task)

    def finish_task(
        self,
        execution: Execution,
        task: TaskRecord,
        status: str,
        reason: str | None = None,
        output: dict[str, Any] | None = None,
    ) -> None:
        """End a task from outside of the decider, and decide."""
        self._running.discard(task.task_id)
        if task.terminal:
            return
        turn = self.turn(execution)
        turn.finish(task, status, reason, output)
        self.apply(turn)
        self.apply(decide(execution, self, self.clock()))

    # -- those who wait for a workflow --------------------------------------------------------------------------------

    def _note_change(self, execution: Execution | None) -> None:
        """Remember who waits for this workflow, or for one that it is part of."""
        while execution is not None:
            if execution.id in self.watches:
                self._watched_changes[execution.id] = None
            execution = self.find(execution.record.parent_id) if execution.record.parent_id else None

    def _tell_watchers(self) -> None:
        while self._watched_changes:
            changed, self._watched_changes = list(self._watched_changes), {}
            for workflow_id in changed:
                for watch in list(self.watches.get(workflow_id, ())):
                    watch()

    def _look_again(self, workflow_id: str, task_ids: Iterable[str]) -> None:
        execution = self.find(workflow_id)
        if execution is None:
            return
        tasks = [execution.open[task_id] for task_id in task_ids if task_id in execution.open]
        self.apply(decide(execution, self, self.clock(), tasks))

    def run(self, execution: Execution, task: TaskRecord, work: Callable[[], Outcome]) -> None:
        """Run `work` in a thread, and end the task with its outcome."""
        if execution.record.trial:
            return
        turn = self.turn(execution)
        hold = self.limits.hold_ms(task, execution.node(task).task_definition, execution.id, turn.now)
        if hold:
            self._running.discard(task.task_id)
            turn.enqueue(task, hold)
            self.apply(turn)
            return
        task.started, task.poll_count = task.started or turn.now, task.poll_count + 1
        ids = execution.id, task.task_id
        self.jobs.submit(work, lambda outcome: self._ran(*ids, outcome))

    def _ran(self, workflow_id: str, task_id: str, outcome: Outcome) -> None:
        execution = self.find(workflow_id)
        task = execution.by_id.get(task_id) if execution else None
        self._running.discard(task_id)
        if execution is None or task is None or task.terminal:
            return
        if outcome.status == "IN_PROGRESS":
            turn = self.turn(execution)
            task.output, task.due, task.updated = outcome.output, None, turn.now
            execution.move(task, "IN_PROGRESS")
            turn.touch(task)
            self.apply(turn)
        else:
            self.finish_task(execution, task, outcome.status, outcome.reason, outcome.output)

    def start_other(self, request: StartWorkflowRequest) -> str:
        raise NotImplementedError

    def start_child(self, execution: Execution, task: TaskRecord) -> None:
        raise NotImplementedError

    def _start_failure_workflow(self, execution: Execution, effect: FailureWorkflow) -> None:
        raise NotImplementedError

    def _deliver(self, message: Published) -> None:
        """Have an event's message handled."""
        raise NotImplementedError

    def _put_off(self, message: Published) -> None:
        """Have an event's message handled by a later tick."""
        raise NotImplementedError
