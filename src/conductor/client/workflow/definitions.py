"""A folder of task and workflow definitions as JSON: read, checked, and registered on a server.

Each file holds one definition or a list of them; an object with `tasks` is a workflow, any other a task. The fields are
Conductor's own (https://conductor-oss.github.io/conductor/documentation/configuration/workflowdef/).
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from conductor.client.configuration.configuration import Configuration
from conductor.client.http.api.metadata_resource_api import MetadataResourceApi
from conductor.client.http.api_client import ApiClient
from conductor.client.http.models.task_def import TaskDef
from conductor.client.http.models.workflow_def import WorkflowDef
from conductor.client.http.models.workflow_task import WorkflowTask
from conductor.client.http.rest import RequestError
from conductor.client.workflow import _json_lines
from conductor.client.workflow._definition_fields import Problem, problems_in
from conductor.client.workflow._json_lines import JsonLines, JsonSyntaxError
from conductor.client.workflow.outline import walk
from conductor.client.workflow.validate import near_miss, validate

logger = logging.getLogger(__name__)

_STEP: Final = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_TASK_FIELDS: Final = frozenset(TaskDef.__struct_encode_fields__)
_WORKFLOW_FIELDS: Final = frozenset(WorkflowDef.__struct_encode_fields__)


class DefinitionError(ValueError):
    """Definitions are wrong: one line for each problem, with file, line, field and what was expected.

    Attributes:
        problems: the lines.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass
class Definitions:
    """What a folder defines.

    Attributes:
        task_defs, workflow_defs: the definitions, in the order of the files' names.
        warnings: what is suspicious but may be right, one line each.
    """

    task_defs: list[TaskDef] = field(default_factory=list)
    workflow_defs: list[WorkflowDef] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    _sources: dict[int, str] = field(default_factory=dict, repr=False)

    def source(self, definition: TaskDef | WorkflowDef) -> str:
        """The file and line of a definition; its name where it came from no file."""
        return self._sources.get(id(definition), f"definition {definition.name!r}")


@dataclass(frozen=True)
class _Loaded:
    """One definition in one file."""

    file: Path
    json: JsonLines
    path: _json_lines.Path
    definition: TaskDef | WorkflowDef

    def at(self, path: _json_lines.Path = ()) -> str:
        return f"{self.file}:{self.json.line(self.path + path)}"


def load_definitions(folder: str | os.PathLike[str]) -> Definitions:
    """Read all .json files of a folder and the folders in it, or one file, and check them.

    Args:
        folder: the folder, or one file.

    Raises:
        DefinitionError: something is wrong with a file; the error has a line for each problem.
    """
    problems: list[str] = []
    loaded = [found for file in _files(Path(folder)) for found in _load_file(file, problems)]
    problems += _duplicates(loaded)
    if problems:
        raise DefinitionError(problems)
    result = Definitions()
    for found in loaded:
        result._sources[id(found.definition)] = found.at()
        if isinstance(found.definition, WorkflowDef):
            result.workflow_defs.append(found.definition)
        else:
            result.task_defs.append(found.definition)
    result.warnings += _undefined(loaded)
    return result


def register(definitions: Definitions, target: Configuration | ApiClient) -> None:
    """Register definitions on a server: new ones are created, known ones replaced. Logs the warnings.

    `POST /metadata/taskdefs`, `PUT /metadata/workflow`.

    Args:
        definitions: from `load_definitions`, or made otherwise.
        target: the server.

    Raises:
        DefinitionError: the server refuses one; the message has its file and the server's reasons.
        ApiException: the server cannot be used.
    """
    for warning in definitions.warnings:
        logger.warning("%s", warning)
    api = MetadataResourceApi(target if isinstance(target, ApiClient) else ApiClient(target))
    for task_def in definitions.task_defs:
        try:
            api.register_task_def([task_def])
        except RequestError as error:
            raise _refused(definitions, task_def, error) from None
    for workflow_def in definitions.workflow_defs:
        try:
            answer = api.update1([workflow_def])
        except RequestError as error:
            raise _refused(definitions, workflow_def, error) from None
        for reason in (answer.bulk_error_results or {}).values() if answer else ():
            raise DefinitionError([f"{definitions.source(workflow_def)}: the server refuses it: {reason}"])


def _refused(definitions: Definitions, definition: TaskDef | WorkflowDef, error: RequestError) -> DefinitionError:
    reasons = [str(reason) for reason in error.validation_errors] or [error.message or str(error)]
    return DefinitionError([f"{definitions.source(definition)}: the server refuses it: {reason}" for reason in reasons])


def _files(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise DefinitionError([f"{folder}: no such folder"])
    files = sorted(folder.rglob("*.json"))
    if not files:
        raise DefinitionError([f"{folder}: holds no .json file"])
    return files


def _load_file(file: Path, problems: list[str]) -> Iterator[_Loaded]:
    try:
        lines = JsonLines(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        problems.append(f"{file}: cannot be read: {error.strerror or error}")
        return
    except UnicodeDecodeError as error:
        problems.append(f"{file}: not UTF-8: byte {error.start} is {error.object[error.start]:#04x}")
        return
    except JsonSyntaxError as error:
        problems.append(f"{file}:{error.line}: {error}")
        return
    for path in lines.duplicates:
        problems.append(f"{file}:{lines.line(path)}: {_dotted(path)}: stands twice in the same object")
    is_list = isinstance(lines.value, list)
    for index, value in enumerate(lines.value if is_list else [lines.value]):
        yield from _load_one(file, lines, (index,) if is_list else (), value, problems)


def _load_one(
    file: Path, lines: JsonLines, base: _json_lines.Path, value: Any, problems: list[str]
) -> Iterator[_Loaded]:
    def report(problem: Problem) -> None:
        place = f"{_dotted(problem.path)}: " if problem.path else ""
        problems.append(f"{file}:{lines.line(base + problem.path)}: {place}{problem.message}")

    if not isinstance(value, dict):
        report(Problem((), f"expected a task or workflow definition, got {type(value).__name__}"))
        return
    kind = _kind(value)
    found = list(problems_in(value, kind))
    if not found:
        definition = msgspec.convert(value, kind)
        yield _Loaded(file, lines, base, definition)
        if isinstance(definition, WorkflowDef):
            found = [Problem(path, text) for path, text, is_error in _findings(definition) if is_error]
    for problem in found:
        report(problem)


def _kind(value: dict[str, Any]) -> type[TaskDef] | type[WorkflowDef]:
    """What a definition is meant to be, also when a field is misspelt."""
    as_workflow = len(value.keys() & (_WORKFLOW_FIELDS - _TASK_FIELDS))
    as_task = len(value.keys() & (_TASK_FIELDS - _WORKFLOW_FIELDS))
    return WorkflowDef if "tasks" in value or as_workflow > as_task else TaskDef


def _findings(definition: WorkflowDef) -> Iterator[tuple[_json_lines.Path, str, bool]]:
    """What the workflow's own check says, and whether it must be mended.

    An expression may refer to a task that a dynamic fork makes only at run time: that is for a warning.
    """
    for finding in validate(definition):
        path = _steps(finding.path)
        yield path, finding.message, not ({"inputParameters", "outputParameters"} & set(path))


def _duplicates(loaded: list[_Loaded]) -> Iterator[str]:
    first: dict[tuple[Any, ...], _Loaded] = {}
    for found in loaded:
        definition = found.definition
        is_workflow = isinstance(definition, WorkflowDef)
        version = (definition.version or 1) if isinstance(definition, WorkflowDef) else None
        earlier = first.setdefault((is_workflow, definition.name, version), found)
        if earlier is not found:
            what = f"workflow {definition.name!r} version {version}" if is_workflow else f"task {definition.name!r}"
            yield f"{found.at(('name',))}: {what} is defined already at {earlier.at(('name',))}"


def _undefined(loaded: list[_Loaded]) -> Iterator[str]:
    """Warnings: what workflows refer to and the folder does not define; the server may know it."""
    tasks = {found.definition.name or "" for found in loaded if isinstance(found.definition, TaskDef)}
    workflows = {found.definition.name or "" for found in loaded if isinstance(found.definition, WorkflowDef)}
    for found in loaded:
        if not isinstance(found.definition, WorkflowDef):
            continue
        for path, message, is_error in _findings(found.definition):
            if not is_error:
                yield f"{found.at(path)}: {_dotted(path)}: {message}"
        for place, task in walk(found.definition.tasks):
            if missing := _missing(task, tasks, workflows):
                yield f"{found.at(_steps(place))}: {place}: {missing}"


def _missing(task: WorkflowTask, tasks: set[str], workflows: set[str]) -> str | None:
    name, types = task.name or "", WorkflowTask.allowed_values["workflow_task_type"]
    if task.type in (None, "SIMPLE") and name not in tasks and task.task_definition is None:
        return f"no task {name!r} is defined here{near_miss(name, tasks)}"
    if task.type is not None and task.type not in types:
        return f"the type {task.type!r} is none of Conductor's{near_miss(task.type, set(types))}"
    wanted = task.sub_workflow_param.name if task.type == "SUB_WORKFLOW" and task.sub_workflow_param else None
    if wanted and wanted not in workflows and not task.sub_workflow_param.workflow_definition:  # type: ignore[union-attr]
        return f"no workflow {wanted!r} is defined here{near_miss(wanted, workflows)}"
    return None


def _steps(path: str) -> _json_lines.Path:
    return tuple(int(index) if index else name for name, index in _STEP.findall(path))


def _dotted(path: _json_lines.Path) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")
