"""What a worker's code may ask and say while it executes a task: its input, cancellation; logs, progress, output."""

from conductor.client.context.task_context import TaskCancelled, TaskContext, get_task_context
from conductor.client.context.task_in_progress import TaskInProgress

__all__ = ["TaskCancelled", "TaskContext", "TaskInProgress", "get_task_context"]
