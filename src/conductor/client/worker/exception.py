"""What can go wrong with a worker, by what it means for the task.

    NonRetryableException       trying again cannot help: FAILED_WITH_TERMINAL_ERROR (also for users to raise)
    +-- InvalidInputError       the task's input does not fit the worker; the message names the wrong field
    +-- InvalidOutputError      what the worker returned cannot be sent; the message names the wrong value
    InvalidResultError          execute() returned no result, or one for another task
    TaskCancelled               the server no longer waits for the task (raised by `TaskContext.checkpoint`)
    WorkerDefinitionError       the worker itself is wrong: its function, its options, its module
    +-- LibraryError            a C++ worker's library is missing, is none, or lacks the function
Everything else that a worker raises fails the task, and the server tries again as the task's definition says.
"""

from __future__ import annotations

from conductor.client.context.task_context import TaskCancelled

__all__ = [
    "InvalidInputError",
    "InvalidOutputError",
    "InvalidResultError",
    "LibraryError",
    "NonRetryableException",
    "TaskCancelled",
    "WorkerDefinitionError",
]


class NonRetryableException(Exception):
    """Raised by a worker: the task fails for good (FAILED_WITH_TERMINAL_ERROR), the server does not try again."""


class InvalidInputError(NonRetryableException):
    """The task's input does not fit the worker: ``input.order.lines[3].qty: expected int, got str``."""


class InvalidOutputError(NonRetryableException):
    """What the worker returned cannot be sent as JSON: ``output.a[3].b: NaN is not JSON``."""


class InvalidResultError(Exception):
    """What `execute` returned is no TaskResult, lacks a status, or belongs to another task."""


class WorkerDefinitionError(Exception):
    """The worker cannot run as it is written or configured; the message says what to change."""


class LibraryError(WorkerDefinitionError):
    """A worker's native library cannot be used; the message says what to do."""
