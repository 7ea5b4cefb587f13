"""A workflow definition made ready to be run: nodes by reference name, successors, the loop that each node is in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import msgspec

from conductor.engine.model import WorkflowDef, WorkflowTask

_BRANCHING = frozenset({"SWITCH", "DECISION", "DO_WHILE"})


def children(node: WorkflowTask) -> list[list[WorkflowTask]]:
    """The lists of nodes inside of a node."""
    if node.type in ("SWITCH", "DECISION"):
        return [*node.decision_cases.values(), node.default_case]
    if node.type == "FORK_JOIN":
        return node.fork_tasks
    return [node.loop_over] if node.type == "DO_WHILE" else []


def walk(nodes: list[WorkflowTask]) -> Iterator[WorkflowTask]:
    """All nodes in definition order, those inside of a node after it."""
    for node in nodes:
        yield node
        for inner in children(node):
            yield from walk(inner)


class Definition:
    """The snapshot of a definition that executions share; `raw` is its JSON, `digest` names it in the store."""

    __slots__ = ("_next", "_raw_defs", "_raw_nodes", "_within", "digest", "loop_of", "nodes", "raw", "value")

    def __init__(self, value: WorkflowDef, raw: bytes | None = None) -> None:
        self.value = value
        self.raw = msgspec.Raw(raw or msgspec.json.encode(value))
        self.digest = hashlib.blake2b(bytes(self.raw), digest_size=16).hexdigest()
        self.nodes = {node.task_reference_name or "": node for node in walk(value.tasks)}
        self.loop_of = {
            inner.task_reference_name or "": loop.task_reference_name or ""
            for loop in self.nodes.values()
            if loop.type == "DO_WHILE"
            for inner in walk(loop.loop_over)
        }
        self._within: dict[str, frozenset[str]] = {}
        self._next: dict[str, WorkflowTask | None] = {}
        self._raw_nodes: dict[str, msgspec.Raw] = {}
        self._raw_defs: dict[str, msgspec.Raw] = {}

    def next(self, ref: str) -> WorkflowTask | None:
        """The node that follows a reference name, None at an end."""
        if ref not in self._next:
            self._next[ref] = self._find_next(ref)
        return self._next[ref]

    def raw_node(self, ref: str) -> msgspec.Raw:
        """The JSON of a node."""
        raw = self._raw_nodes.get(ref)
        if raw is None:
            raw = self._raw_nodes[ref] = msgspec.Raw(msgspec.json.encode(self.nodes[ref]))
        return raw

    def raw_task_def(self, ref: str) -> msgspec.Raw | None:
        """The JSON of a node's task definition."""
        raw = self._raw_defs.get(ref)
        if raw is None and self.nodes[ref].task_definition is not None:
            raw = self._raw_defs[ref] = msgspec.Raw(msgspec.json.encode(self.nodes[ref].task_definition))
        return raw

    def _find_next(self, ref: str) -> WorkflowTask | None:
        node = self.nodes.get(ref)
        if node is not None and node.type == "TERMINATE":
            return None
        tops = self.value.tasks
        for i, top in enumerate(tops):
            following = tops[i + 1] if i + 1 < len(tops) else None
            if top.task_reference_name == ref:
                return following
            inner = self._next_inside(top, ref, None)
            if inner is not None:
                return inner
            if self.has(top, ref):
                return None if top.type == "DO_WHILE" else following
        return None

    def has(self, node: WorkflowTask, ref: str) -> bool:
        """Whether a node holds a reference name; forked tasks of dynamic forks are in no node."""
        name = node.task_reference_name or ""
        within = self._within.get(name)
        if within is None:
            within = frozenset(n.task_reference_name or "" for inner in children(node) for n in walk(inner))
            self._within[name] = within
        return ref in within

    def _next_inside(self, node: WorkflowTask, ref: str, parent: WorkflowTask | None) -> WorkflowTask | None:
        if node.type in _BRANCHING:
            found = self._next_in_lists(node, ref)
            if found is not None:
                return found
            return node if node.type == "DO_WHILE" and self.has(node, ref) else None
        if node.type != "FORK_JOIN":
            return None
        found = self._next_in_lists(node, ref)
        if found is not None or parent is None:
            return found
        ends = any(branch and branch[-1].task_reference_name == ref for branch in node.fork_tasks)
        return self._next_inside(parent, node.task_reference_name or "", parent) if ends else None

    def _next_in_lists(self, node: WorkflowTask, ref: str) -> WorkflowTask | None:
        for branch in children(node):
            for i, child in enumerate(branch):
                if child.task_reference_name != ref:
                    inner = self._next_inside(child, ref, node)
                    if inner is not None:
                        return inner
                    if not self.has(child, ref):
                        continue
                if i + 1 < len(branch):
                    return branch[i + 1]
                break
        return None
