"""What `${...}` means: substitution, the JSONPath dialect, Java's text of a value, secrets, input templates.

Everything here is pure and never raises for what a user wrote: an expression that cannot be resolved is null.
Results share structure with the context they were read from, so treat both as immutable.
"""

from __future__ import annotations

from conductor.engine.expressions.java import java_str
from conductor.engine.expressions.jsonpath import InvalidPath, compile_path, read_path
from conductor.engine.expressions.secrets import resolve_secrets
from conductor.engine.expressions.substitution import Environment, evaluate_templates, expressions_in, substitute
from conductor.engine.expressions.templates import apply_workflow_template, task_input

__all__ = [
    "Environment",
    "InvalidPath",
    "apply_workflow_template",
    "compile_path",
    "evaluate_templates",
    "expressions_in",
    "java_str",
    "read_path",
    "resolve_secrets",
    "substitute",
    "task_input",
]
