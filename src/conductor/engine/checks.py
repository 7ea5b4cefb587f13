"""Rules that requests have to keep before anything is changed."""

from __future__ import annotations

from conductor.engine.errors import FieldError, InvalidInput, ValidationFailed
from conductor.engine.model import StartWorkflowRequest, TaskDef, TaskResult, WorkflowDef

MAX_PRIORITY = 99


def check_task_def(definition: TaskDef) -> None:
    """Raise ValidationFailed where a task definition breaks a rule."""
    if not definition.name:
        raise ValidationFailed([FieldError("registerTaskDef.arg0[0].name", "TaskDef name cannot be null or empty")])


def check_workflow_def(definition: WorkflowDef) -> None:
    """Raise ValidationFailed where a workflow definition breaks a rule."""
    if not definition.name:
        raise ValidationFailed([FieldError("name", "WorkflowDef name cannot be null or empty")])
    if not definition.tasks:
        raise ValidationFailed([FieldError("tasks", "WorkflowTask list cannot be empty")])


def check_start(request: StartWorkflowRequest) -> None:
    """Raise ValidationFailed where a start breaks a rule."""
    errors = []
    if not request.name and request.workflow_def is None:
        errors.append(FieldError("startWorkflow.arg0.name", "Workflow name cannot be null or empty"))
    priority = request.priority or 0
    if priority > MAX_PRIORITY:
        message = f"priority: {priority} should be maximum {MAX_PRIORITY}"
        errors.append(FieldError("startWorkflow.arg0.priority", message, str(priority)))
    if priority < 0:
        message = f"priority: {priority} should be minimum 0"
        errors.append(FieldError("startWorkflow.arg0.priority", message, str(priority)))
    if errors:
        raise ValidationFailed(errors)


def check_priority(priority: int) -> None:
    """Raise InvalidInput for a priority above the maximum."""
    if priority > MAX_PRIORITY:
        raise InvalidInput(f"{MAX_PRIORITY} is the maximum priority value")


def check_result(result: TaskResult) -> None:
    """Raise ValidationFailed where a result does not say whose it is."""
    errors = []
    if not result.workflow_instance_id:
        path = "updateTask.arg0.workflowInstanceId"
        errors.append(FieldError(path, "Workflow Id cannot be null or empty", result.workflow_instance_id))
    if not result.task_id:
        errors.append(FieldError("updateTask.arg0.taskId", "Task ID cannot be null or empty", result.task_id))
    if errors:
        raise ValidationFailed(errors)
