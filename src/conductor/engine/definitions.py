"""The registered definitions, and the snapshots that executions are started with."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import msgspec

from conductor.engine.definition import Definition, walk
from conductor.engine.errors import EngineError
from conductor.engine.model import TaskDef, WorkflowDef, WorkflowTask

#: snapshots of finished or removed versions that are kept in memory
_CACHED_SNAPSHOTS = 500


class Definitions:
    """Task and workflow definitions by name, in memory; each change is told to `save(kind, key, body)`."""

    def __init__(self, save: Callable[[str, str, bytes | None], None]) -> None:
        self._save = save
        self.tasks: dict[str, TaskDef] = {}
        self.workflows: dict[str, dict[int, WorkflowDef]] = {}
        self._ready: dict[tuple[str, int], Definition] = {}
        self._snapshots: OrderedDict[str, Definition] = OrderedDict()
        self._stored: set[str] = set()

    def load(self, task_defs: list[tuple[str, bytes]], workflow_defs: list[tuple[str, bytes]]) -> None:
        """Take in what is stored, in place of what is known."""
        self.tasks = {key: msgspec.json.decode(body, type=TaskDef) for key, body in task_defs}
        self.workflows = {}
        for _, body in workflow_defs:
            definition = msgspec.json.decode(body, type=WorkflowDef)
            self.workflows.setdefault(definition.name or "", {})[definition.version] = definition
        self._ready.clear()
        self._stored.clear()

    def put_task(self, definition: TaskDef) -> None:
        """Register or replace."""
        name = definition.name or ""
        self.tasks[name] = definition
        self._changed("task_def", name, msgspec.json.encode(definition))

    def drop_task(self, name: str) -> None:
        """Forget; it must be known."""
        del self.tasks[name]
        self._changed("task_def", name, None)

    def put_workflow(self, definition: WorkflowDef) -> None:
        """Register or replace."""
        name = definition.name or ""
        self.workflows.setdefault(name, {})[definition.version] = definition
        self._changed("workflow_def", f"{name}\n{definition.version}", msgspec.json.encode(definition))

    def drop_workflow(self, name: str, version: int) -> None:
        """Forget one version; it must be known."""
        versions = self.workflows[name]
        del versions[version]
        if not versions:
            del self.workflows[name]
        self._changed("workflow_def", f"{name}\n{version}", None)

    def find(self, name: str, version: int | None = None) -> WorkflowDef | None:
        """A registered version, None: the highest."""
        versions = self.workflows.get(name)
        if not versions:
            return None
        return versions.get(max(versions) if version is None else version)

    def ready(self, definition: WorkflowDef) -> Definition:
        """The snapshot that an execution of a registered definition starts with."""
        key = (definition.name or "", definition.version)
        ready = self._ready.get(key)
        if ready is None:
            ready = self._ready[key] = self.prepare(definition)
        return ready

    def prepare(self, definition: WorkflowDef) -> Definition:
        """A snapshot: task definitions and versions of sub-workflows filled in.

        Raises EngineError where a sub-workflow without a version is not registered.
        """
        value = msgspec.json.decode(msgspec.json.encode(definition), type=WorkflowDef)
        for node in walk(value.tasks):
            self.fill(node)
        snapshot = Definition(value)
        return self._remember(snapshot)

    def fill(self, node: WorkflowTask) -> None:
        """Give a node its task definition, and a sub-workflow its version."""
        if node.task_definition is None:
            node.task_definition = self.tasks.get(node.name or "") or _ad_hoc(node)
        params = node.sub_workflow_param
        if node.type != "SUB_WORKFLOW" or params is None or params.version is not None:
            return
        if params.workflow_definition is not None or "${" in (params.name or ""):
            return
        child = self.find(params.name or "")
        if child is None:
            raise EngineError(f"The Task {params.name} defined as a sub-workflow has no workflow definition available ")
        params.version = child.version

    def keep(self, snapshot: Definition) -> None:
        """Have a snapshot stored, if it is not."""
        if snapshot.digest not in self._stored:
            self._stored.add(snapshot.digest)
            self._save("snapshot", snapshot.digest, bytes(snapshot.raw))

    def snapshot(self, digest: str, read: Callable[[str], bytes]) -> Definition:
        """A snapshot by its digest; `read` gets its JSON from the store."""
        known = self._snapshots.get(digest)
        if known is not None:
            self._snapshots.move_to_end(digest)
            return known
        raw = read(digest)
        self._stored.add(digest)
        return self._remember(Definition(msgspec.json.decode(raw, type=WorkflowDef), raw))

    def _remember(self, snapshot: Definition) -> Definition:
        self._snapshots[snapshot.digest] = snapshot
        if len(self._snapshots) > _CACHED_SNAPSHOTS:
            self._snapshots.popitem(last=False)
        return snapshot

    def _changed(self, kind: str, key: str, body: bytes | None) -> None:
        self._ready.clear()
        self._save(kind, key, body)


def _ad_hoc(node: WorkflowTask) -> TaskDef:
    """What the server assumes of a task without a definition: only worker tasks are retried and must answer in time."""
    if node.type == "SIMPLE":
        return TaskDef(name=node.name)
    return TaskDef(name=node.name, retry_count=0, response_timeout_seconds=0)
