"""Report: a result in, the next task out; what the server does not take goes to the delivery."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec

from conductor.client.automator._api import NOT_ASKED, NotAsked
from conductor.client.automator._attempt import Attempt
from conductor.client.automator._parcel import Parcel, fit_logs
from conductor.client.automator._services import Services
from conductor.client.event.task_runner_events import TaskUpdateCompleted
from conductor.client.http.models.task import Task
from conductor.client.http.models.task_result import TaskResult
from conductor.client.http.models.task_result_status import TaskResultStatus
from conductor.client.http.rest import ApiException

_encoder: Any = msgspec.json.Encoder()


class Reporter:
    """Gives results to the server. `services` are those of its process, `clock` gives seconds, monotonic."""

    def __init__(self, services: Services, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = services.api
        self._breaker = services.breaker
        self._delivery = services.delivery
        self._ledger = services.ledger
        self._events = services.events
        self._clock = clock

    def report(self, attempt: Attempt, result: TaskResult, *, want_next: bool) -> Task | NotAsked | None:
        """Send a result, and get the next task where it is wanted and there is one.

        Returns:
            A task; None where the server has none; NOT_ASKED where it did not say.
        """
        body = encode(result)
        if self._breaker.is_open:
            self._delivery.take(Parcel(body, attempt, None, self._clock()))
            return None
        started = self._clock()
        answer: Task | NotAsked | None = None
        try:
            if want_next:
                answer = self._api.update_next(body)
            else:
                self._api.update(body)
        except ApiException as error:
            self._delivery.take(Parcel(body, attempt, None, self._clock()), error)
            return NOT_ASKED
        self._breaker.succeeded()
        self._ledger.settled(attempt)
        if self._events.has_listeners(TaskUpdateCompleted):
            names = attempt.task_type, attempt.task_id, attempt.worker_id, attempt.workflow_id
            self._events.tell(TaskUpdateCompleted, *names, (self._clock() - started) * 1000)
        return answer

    def hand_back(self, attempt: Attempt, *, reason: str | None) -> None:
        """Give back a task that will not be executed here: to the queue at once, or as FAILED with a reason."""
        self._delivery.take(Parcel(encode(returned(attempt, reason)), attempt, None, self._clock()))


def encode(result: TaskResult) -> bytes:
    """The bytes of a result; its output is encoded already."""
    if result.logs:
        fit_logs(result)
    body: bytes = _encoder.encode(result)
    return body


def returned(attempt: Attempt, reason: str | None) -> TaskResult:
    """The result for a task that is handed back. What an earlier attempt put out stays: an update overwrites it."""
    return TaskResult(
        task_id=attempt.task_id,
        workflow_instance_id=attempt.workflow_id,
        worker_id=attempt.worker_id,
        status=TaskResultStatus.FAILED if reason else TaskResultStatus.IN_PROGRESS,
        reason_for_incompletion=reason,
        callback_after_seconds=None if reason else 0,
        output_data=attempt.task.output_data,
    )
