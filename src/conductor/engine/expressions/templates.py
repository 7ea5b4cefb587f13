"""Input templates: defaults that a task or workflow definition lends to inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conductor.engine.expressions.substitution import NO_ENVIRONMENT, Environment, evaluate_templates


def task_input(
    parameters: Mapping[str, Any],
    template: Mapping[str, Any] | None,
    context: Mapping[str, Any],
    *,
    env: Environment = NO_ENVIRONMENT,
    task_id: str | None = None,
) -> dict[str, Any]:
    """A task's input: its parameters over its definition's inputTemplate, evaluated.

    A key that is absent or null takes the template's value; one that evaluates to null falls back to the template's
    value as written, as the server does.
    """
    if not template:
        return evaluate_templates(parameters, context, env=env, task_id=task_id)
    merged = _fill(parameters, template)
    result = evaluate_templates(merged, context, env=env, task_id=task_id)
    return _fill(result, template)


def apply_workflow_template(workflow_input: Mapping[str, Any], template: Mapping[str, Any] | None) -> dict[str, Any]:
    """A workflow's input over its definition's inputTemplate; an empty input stays empty, as on the server."""
    if not template or not workflow_input:
        return dict(workflow_input)
    return _fill(workflow_input, template)


def _fill(values: Mapping[str, Any], template: Mapping[str, Any]) -> dict[str, Any]:
    filled = dict(values)
    for key, value in template.items():
        if filled.get(key) is None:
            filled[key] = value
    return filled
