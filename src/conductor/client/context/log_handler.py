"""Standard logging into the log of the task being executed."""

from __future__ import annotations

import logging

from conductor.client.context.task_context import current_task_context


class TaskLogHandler(logging.Handler):
    """A handler that adds each record to the log of the task that the logging thread or coroutine executes.

    ``logging.getLogger("shop").addHandler(TaskLogHandler())`` and every ``logger.info(...)`` of a worker is found in
    the task's log on the server. Records from outside a task are left to other handlers. Lines are sent in batches
    and are bounded, see `TaskContext.add_log`.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Add the formatted record to the task's log."""
        context = current_task_context()
        if context is None:
            return
        try:
            context.add_log(self.format(record))
        except Exception:  # noqa: BLE001 - formatting calls the user's code; logging's own way to report it
            self.handleError(record)
