"""The workers of a workflow test: mocks and real ones, working when they are told to."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conductor.testing.answers import Answer, completed, failed

if TYPE_CHECKING:
    from conductor.client.http.api_client import ApiClient
    from conductor.client.http.models.task import Task
    from conductor.client.http.models.task_result import TaskResult
    from conductor.client.worker.worker_interface import WorkerInterface

WORKER_ID = "workflow-test"
_BATCH = 100


class NoAnswerLeft(AssertionError):
    """A mock with a list of answers was asked once more than it has answers."""


@dataclass
class _Mock:
    """Answers tasks: by a function of the input, or by the answers of a list, one after another."""

    task_type: str
    answers: list[Any]
    used: int = 0

    def __call__(self, task: Task) -> TaskResult | None:
        answer = self._next()
        if callable(answer):
            answer = _called(answer, dict(task.input_data or {}))
        return _result(task, _as_answer(answer))

    def _next(self) -> Any:
        if len(self.answers) == 1:
            return self.answers[0]
        if self.used == len(self.answers):
            raise NoAnswerLeft(f"the mock of '{self.task_type}' has {self.used} answers and was asked for one more")
        self.used += 1
        return self.answers[self.used - 1]


def _called(function: Callable[[dict[str, Any]], Any], task_input: dict[str, Any]) -> Any:
    from conductor.client.worker.exception import NonRetryableException

    try:
        answer = function(task_input)
        return asyncio.run(answer) if inspect.iscoroutine(answer) else answer
    except AssertionError:
        raise  # what a mock asserts is the test's own business
    except Exception as error:  # noqa: BLE001  a mock that raises is a worker that raises
        return failed(f"{type(error).__name__}: {error}", terminal=isinstance(error, NonRetryableException))


def _as_answer(answer: Any) -> Answer:
    if isinstance(answer, Answer):
        return answer
    if isinstance(answer, Exception):
        return failed(f"{type(answer).__name__}: {answer}")
    if answer is None or isinstance(answer, dict):
        return completed(answer)
    return completed(result=answer)


def _result(task: Task, answer: Answer) -> TaskResult | None:
    from conductor.client.http.models.task_result import TaskResult
    from conductor.client.http.models.task_result_status import TaskResultStatus

    if answer.status is None:
        return None
    return TaskResult(
        task_id=task.task_id,
        workflow_instance_id=task.workflow_instance_id,
        worker_id=WORKER_ID,
        status=TaskResultStatus(answer.status),
        output_data=answer.output,
        reason_for_incompletion=answer.reason,
        callback_after_seconds=answer.callback_after_seconds,
    )


class _RealWorker:
    """Executes tasks as the automator does, in this thread."""

    def __init__(self, worker: WorkerInterface):
        self._worker = worker

    def __call__(self, task: Task) -> TaskResult | None:
        from conductor.client.context.task_context import TaskContext, bind_task_context, unbind_task_context
        from conductor.client.worker._outcome import completed, failed

        context = TaskContext(task)
        token = bind_task_context(context)
        try:
            returned: Any = self._worker.execute(task)
            if inspect.iscoroutine(returned):
                returned = asyncio.run(returned)
        except Exception as error:  # noqa: BLE001  the user's code
            return failed(self._worker, task, context, error)
        finally:
            unbind_task_context(token)
        return completed(self._worker, task, context, returned)


class Crew:
    """Who works on which tasks."""

    def __init__(self, client: ApiClient):
        from conductor.client.http.api.task_resource_api import TaskResourceApi

        self._tasks = TaskResourceApi(client)
        self._hands: dict[tuple[str, str | None], Callable[[Task], TaskResult | None]] = {}

    def mock(self, task_type: str, answers: Iterable[Any], domain: str | None) -> None:
        """Let tasks of a type be answered: always the same, or one after another."""
        self._hands[task_type, domain] = _Mock(task_type, list(answers) or [None])

    def add(self, worker: WorkerInterface) -> None:
        """Let a worker do its tasks."""
        names = worker.task_definition_name
        for name in [names] if isinstance(names, str) else names:
            self._hands[name, worker.get_domain()] = _RealWorker(worker)

    def knows(self, task_type: str | None) -> bool:
        return any(known == task_type for known, _ in self._hands)

    def work_once(self, poll_millis: int) -> int:
        """Poll each task type once and do what comes; how many tasks were taken."""
        taken = 0
        for (task_type, domain), hands in list(self._hands.items()):
            tasks = self._tasks.batch_poll(
                task_type, workerid=WORKER_ID, domain=domain, count=_BATCH, timeout=poll_millis
            )
            for task in tasks:
                result = hands(task)
                if result is not None:
                    self._tasks.update_task(result)
            taken += len(tasks)
        return taken
