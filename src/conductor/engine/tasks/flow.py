"""Small tasks that steer a workflow: NOOP, HUMAN, TERMINATE, SET_VARIABLE, WAIT."""

from __future__ import annotations

from typing import Any

import msgspec

from conductor.engine.model import WorkflowTask
from conductor.engine.schedule import InvalidDuration, InvalidUntil, parse_duration, parse_until
from conductor.engine.state import TaskRecord
from conductor.engine.tasks.base import TaskType
from conductor.engine.turn import Turn

#: what the server shows of a WAIT that has no end
_FOR_EVER_SECONDS = 2**31 - 1


class Noop(TaskType):
    """Does nothing."""

    name = "NOOP"

    def map(self, turn: Turn, node: WorkflowTask, iteration: int) -> list[TaskRecord]:
        return [turn.new_task(node, iteration, inputs={})]

    def start(self, turn: Turn, task: TaskRecord) -> None:
        turn.finish(task, "COMPLETED")


class Human(TaskType):
    """Waits for an update through the API."""

    name = "HUMAN"


class TerminateTask(TaskType):
    """Ends the workflow."""

    name = "TERMINATE"

    def start(self, turn: Turn, task: TaskRecord) -> None:
        status = task.input.get("terminationStatus")
        if status not in ("COMPLETED", "FAILED", "TERMINATED"):
            turn.finish(task, "FAILED", "given termination status is not valid")
            return
        output = task.input.get("workflowOutput")
        if not isinstance(output, dict):
            output = {} if output is None else {"output": output}
        turn.finish(task, "COMPLETED", None, output)


class SetVariable(TaskType):
    """Writes its input into the variables of the workflow."""

    name = "SET_VARIABLE"

    def start(self, turn: Turn, task: TaskRecord) -> None:
        record = turn.execution.record
        variables: dict[str, Any] = {**record.variables, **turn.revealed(task.input)}
        limit, size = turn.world.settings.max_variables_bytes, len(msgspec.json.encode(variables))
        if size > limit:
            turn.finish(
                task,
                "FAILED_WITH_TERMINAL_ERROR",
                f"The variables payload size: {size} of workflow: {record.workflow_id} is greater than the "
                f"permissible limit: {limit // 1024} kilobytes",
            )
            return
        record.variables = variables
        turn.change_workflow()
        turn.finish(task, "COMPLETED")


class Wait(TaskType):
    """Waits for a duration, until a time, or for an update through the API."""

    name = "WAIT"

    def start(self, turn: Turn, task: TaskRecord) -> None:
        duration, until = task.input.get("duration"), task.input.get("until")
        if duration and until:
            problem = "Both 'duration' and 'until' specified. Please provide only one input"
            turn.finish(task, "FAILED_WITH_TERMINAL_ERROR", problem)
        elif duration:
            self._for(turn, task, str(duration))
        elif until:
            self._until(turn, task, str(until))
        else:
            task.callback_after = _FOR_EVER_SECONDS
        if task.wait_until and task.wait_until <= turn.now:
            turn.finish(task, "COMPLETED")

    def execute(self, turn: Turn, task: TaskRecord) -> bool:
        if not task.wait_until or turn.now < task.wait_until:
            return False
        turn.finish(task, "COMPLETED")
        return True

    @staticmethod
    def _for(turn: Turn, task: TaskRecord, text: str) -> None:
        try:
            seconds = parse_duration(text)
        except InvalidDuration:
            turn.finish(task, "FAILED_WITH_TERMINAL_ERROR", f"Not valid duration: {text}")
            return
        task.wait_until, task.callback_after = turn.now + seconds * 1000, seconds

    @staticmethod
    def _until(turn: Turn, task: TaskRecord, text: str) -> None:
        try:
            task.wait_until = parse_until(text)
        except InvalidUntil:
            problem = f"Invalid/Unsupported Wait Until format.  Provided: {text}"
            turn.finish(task, "FAILED_WITH_TERMINAL_ERROR", problem)
            return
        task.callback_after = max((task.wait_until - turn.now) // 1000, 0)
