"""All kinds of tasks, by name: the engine's own, and those of installed packages."""

from __future__ import annotations

import logging
from importlib import metadata

from conductor.engine.tasks.base import TaskType
from conductor.engine.tasks.do_while import DoWhile
from conductor.engine.tasks.dynamic_fork import ForkJoinDynamic
from conductor.engine.tasks.event import Event
from conductor.engine.tasks.exclusive_join import ExclusiveJoin
from conductor.engine.tasks.flow import Human, Noop, SetVariable, TerminateTask, Wait
from conductor.engine.tasks.fork import Fork, ForkJoin
from conductor.engine.tasks.http import Http
from conductor.engine.tasks.inline import Inline, JsonJqTransform, Lambda
from conductor.engine.tasks.join import Join
from conductor.engine.tasks.kafka_publish import KafkaPublish
from conductor.engine.tasks.messages import PullWorkflowMessages
from conductor.engine.tasks.simple import Dynamic, Simple, UserDefined
from conductor.engine.tasks.start_workflow import StartWorkflow
from conductor.engine.tasks.sub_workflow import SubWorkflow
from conductor.engine.tasks.switch import Decision, Switch

#: packages offer kinds of tasks as entry points of this group: name = "module:TaskTypeSubclass"
ENTRY_POINTS = "conductor.tasks"

log = logging.getLogger(__name__)


class Registry:
    """Which kind of task a name of a type means; a name that is not known means a task for workers."""

    def __init__(self, kinds: list[TaskType]) -> None:
        self._kinds = {kind.name: kind for kind in kinds}
        self._user_defined = UserDefined()

    def of(self, name: str) -> TaskType:
        """The kind that makes the tasks of a definition's type."""
        return self._kinds.get(name, self._user_defined)

    def system(self, name: str) -> TaskType | None:
        """The kind that runs tasks of a type inside of the engine; None: workers do."""
        kind = self._kinds.get(name)
        return kind if kind is not None and kind.system else None


def standard_kinds() -> list[TaskType]:
    """The engine's own kinds of tasks."""
    return [
        Simple(),
        UserDefined(),
        Dynamic(),
        ForkJoin(),
        Fork(),
        Join(),
        Switch(),
        Decision(),
        SubWorkflow(),
        StartWorkflow(),
        DoWhile(),
        ForkJoinDynamic(),
        ExclusiveJoin(),
        Event(),
        Noop(),
        Human(),
        TerminateTask(),
        SetVariable(),
        Wait(),
        Inline(),
        Lambda(),
        JsonJqTransform(),
        Http(),
        KafkaPublish(),
        PullWorkflowMessages(),
    ]


def installed_kinds() -> list[TaskType]:
    """The kinds that installed packages bring; one that cannot be loaded is left out, and said so in the log."""
    kinds: list[TaskType] = []
    for entry in metadata.entry_points(group=ENTRY_POINTS):
        try:
            kind = entry.load()()
        except Exception:
            log.exception("task type %s of %s cannot be loaded", entry.name, entry.value)
            continue
        kind.name = kind.name or entry.name
        kinds.append(kind)
    return kinds
