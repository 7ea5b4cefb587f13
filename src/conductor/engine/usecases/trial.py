"""The use case that tests a workflow: the answers of its workers are given with the request."""

from __future__ import annotations

from conductor.engine.model import TaskMock, TaskResult, Workflow, WorkflowTestRequest
from conductor.engine.state import Execution, TaskRecord
from conductor.engine.usecases.waiting import Waiting
from conductor.engine.validate import check_start_request
from conductor.engine.views import workflow_view

#: tasks that the engine ends by itself
_OPERATORS = frozenset(
    {
        "JOIN",
        "DO_WHILE",
        "SET_VARIABLE",
        "FORK",
        "INLINE",
        "TERMINATE",
        "DECISION",
        "DYNAMIC",
        "FORK_JOIN",
        "FORK_JOIN_DYNAMIC",
        "SWITCH",
        "SUB_WORKFLOW",
    }
)
_MOST_ROUNDS = 20_000


class Trial(Waiting):
    """`POST /workflow/test`."""

    def test_workflow(self, request: WorkflowTestRequest) -> Workflow:
        """Run a workflow with mocked answers of its workers (`POST /workflow/test`).

        It ends, or stands still at a task that nothing is said of. No real worker gets its tasks, and the engine does
        not run those of its own that ask others.
        """
        check_start_request(request, surroundings=self.surroundings())
        start = self.prepared(request)
        start.trial = True
        start.task_to_domain = {**start.task_to_domain, "*": self.new_id()}
        execution = self.begin(start)
        self.drain()
        self._play(execution, request)
        return workflow_view(execution)

    def _play(self, execution: Execution, request: WorkflowTestRequest) -> None:
        mocks = {ref: list(answers) for ref, answers in (request.task_ref_to_mock_output or {}).items()}
        for _ in range(_MOST_ROUNDS):
            running = list(execution.open.values())
            if execution.record.terminal or any(_is_unanswered(task, mocks) for task in running):
                return
            progress = [self._play_task(execution, task, mocks, request) for task in running]
            if not any(progress):
                return

    def _play_task(
        self, execution: Execution, task: TaskRecord, mocks: dict[str, list[TaskMock]], request: WorkflowTestRequest
    ) -> bool:
        """Answer one task; whether something came of it."""
        if task.terminal:
            return True
        if task.task_type == "SUB_WORKFLOW":
            inner = (request.sub_workflow_test_request or {}).get(task.ref)
            child = self.find(task.sub_workflow_id or "")
            if inner is not None and child is not None:
                self._play(child, inner)
        answers = mocks.get(task.ref)
        if answers and task.task_type not in _OPERATORS:
            self._answer(execution, task, answers.pop(0))
            return True
        self.decide_on(execution)
        return task.terminal

    def _answer(self, execution: Execution, task: TaskRecord, mock: TaskMock) -> None:
        if mock.execution_time > 0 or mock.queue_wait_time > 0:
            turn = self.turn(execution)
            task.started = turn.now - mock.execution_time
            task.scheduled = task.first_scheduled = task.started - mock.queue_wait_time
            task.due = None
            execution.move(task, "IN_PROGRESS")
            turn.touch(task)
            self.apply(turn)
        result = TaskResult(
            workflow_instance_id=execution.id,
            task_id=task.task_id,
            status=mock.status,
            output_data={**task.output, **(mock.output or {})},
        )
        self._update(result)
        self.decide_on(execution, [task])


def _is_unanswered(task: TaskRecord, mocks: dict[str, list[TaskMock]]) -> bool:
    return task.task_type not in _OPERATORS and task.ref not in mocks
