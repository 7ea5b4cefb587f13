"""The operations that may wait for something to happen: polls, synchronous execution, signals with an answer."""

from __future__ import annotations

from typing import Any

from conductor.engine.errors import InvalidInput
from conductor.engine.model import StartWorkflowRequest, Task, TaskRun, WorkflowRun
from conductor.engine.service import Engine
from conductor.server.handlers.tasks import RESULT_STATUSES
from conductor.server.messages import NO_CONTENT, Request, Response
from conductor.server.metrics import Metrics
from conductor.server.router import Route
from conductor.server.waits import Answers, Polls

RETURN_STRATEGIES = frozenset({"TARGET_WORKFLOW", "BLOCKING_WORKFLOW", "BLOCKING_TASK", "BLOCKING_TASK_INPUT"})
#: How long `GET /tasks/poll/{tasktype}` waits, and a batch that says nothing, in milliseconds.
POLL_MILLIS = 100


class WaitingHandlers:
    """The handlers of these operations, with what they wait on."""

    def __init__(self, polls: Polls, waits: Answers, metrics: Metrics):
        self._polls = polls
        self._waits = waits
        self._metrics = metrics

    @property
    def routes(self) -> list[Route]:
        return [
            Route("GET", "/api/tasks/poll/{tasktype}", self.poll),
            Route("GET", "/api/tasks/poll/batch/{tasktype}", self.poll_batch),
            Route("POST", "/api/workflow/execute/{name}/{version}", self.execute_workflow),
            Route("POST", "/api/tasks/{workflowId}/{status}/signal/sync", self.signal_sync),
        ]

    async def poll(self, engine: Engine, request: Request) -> Task | Response:
        tasks = await self._take(request, 1, POLL_MILLIS)
        return tasks[0] if tasks else NO_CONTENT

    async def poll_batch(self, engine: Engine, request: Request) -> list[Task]:
        return await self._take(request, request.integer("count", 1), request.integer("timeout", POLL_MILLIS))

    async def _take(self, request: Request, count: int, millis: int) -> list[Task]:
        if millis > request.limits.long_poll_millis:
            raise InvalidInput("Long Poll Timeout value cannot be more than 5 seconds")
        queue = (request.params["tasktype"], request.text("domain"))
        tasks = await self._polls.poll(queue, request.text("workerid"), count, millis / 1000, request.receive)
        self._metrics.poll(queue, len(tasks))
        return tasks

    async def execute_workflow(self, engine: Engine, request: Request) -> WorkflowRun | TaskRun:
        start = request.decode(StartWorkflowRequest)
        start.name, start.version = request.params["name"], request.path_integer("version") or None
        pending = engine.execute_workflow(
            start,
            request_id=request.text("requestId"),
            wait_until_task_ref=request.text("waitUntilTaskRef"),
            return_strategy=request.choice("returnStrategy", RETURN_STRATEGIES, "TARGET_WORKFLOW"),
        )
        return await self._waits.answer(pending, request.integer("waitForSeconds", 10) or 10, request.receive)

    async def signal_sync(self, engine: Engine, request: Request) -> WorkflowRun | TaskRun:
        pending = engine.signal_sync(
            request.params["workflowId"],
            request.path_choice("status", RESULT_STATUSES),
            request.decode(dict[str, Any]),
            request.choice("returnStrategy", RETURN_STRATEGIES, "TARGET_WORKFLOW"),
        )
        millis = request.integer("timeoutMillis", 5000, bits=64)
        return await self._waits.answer(pending, millis / 1000, request.receive)
