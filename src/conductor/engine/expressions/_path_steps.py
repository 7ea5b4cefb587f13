"""The steps of a compiled path: each maps one node to the nodes that it selects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from conductor.engine.expressions._path_functions import FUNCTIONS


class ReadError(Exception):
    """A read that the server would suppress. `empties`: a path of many nodes gives none, rather than null."""

    def __init__(self, message: str, *, empties: bool = False) -> None:
        super().__init__(message)
        self.empties = empties


@dataclass(slots=True)
class Budget:
    """Nodes that a read may still visit, and seconds that its regular expressions may still take."""

    nodes: int
    regex_seconds: float = 0.1

    def spend(self, nodes: int = 1) -> None:
        self.nodes -= nodes
        if self.nodes < 0:
            raise ReadError("the path visits too many nodes")


class Step(Protocol):
    """One step. `definite`: selects at most one node by its place."""

    @property
    def definite(self) -> bool: ...

    def of(self, node: Any, reading: Reading) -> Iterable[Any]:
        """The nodes selected from one node."""
        ...

    def of_scanned(self, node: Any, reading: Reading) -> Iterable[Any]:
        """The nodes selected from one node that `..` came by."""
        ...


@dataclass(slots=True)
class Reading:
    """One read of a document: its root (`$` in filters and arguments) and what it may cost."""

    root: Any
    budget: Budget

    def select(self, nodes: list[Any], steps: Iterable[Step]) -> list[Any]:
        for step in steps:
            selected: list[Any] = []
            for node in nodes:
                self.budget.spend()
                selected.extend(step.of(node, self))
            nodes = selected
        return nodes


@dataclass(frozen=True, slots=True)
class Properties:
    """`.a`, `['a']`, `['a','b']`: several names at the end of a path make one smaller object of them."""

    names: tuple[str, ...]
    last: bool = False

    @property
    def definite(self) -> bool:
        return len(self.names) == 1 or self.last

    def of(self, node: Any, reading: Reading) -> Iterable[Any]:
        if not isinstance(node, Mapping):
            return ()
        present = {name: node[name] for name in self.names if name in node}
        return (present,) if self.last and len(self.names) > 1 else present.values()

    def of_scanned(self, node: Any, reading: Reading) -> Iterable[Any]:
        complete = isinstance(node, Mapping) and (not self.definite or all(name in node for name in self.names))
        return self.of(node, reading) if complete else ()


@dataclass(frozen=True, slots=True)
class Index:
    """`[0]`, `[-1]`, `[0,2]`."""

    indexes: tuple[int, ...]

    @property
    def definite(self) -> bool:
        return len(self.indexes) == 1

    def of(self, node: Any, reading: Reading) -> Iterable[Any]:
        if not isinstance(node, (list, tuple)):
            return ()
        return [node[index] for index in self.indexes if -len(node) <= index < len(node)]

    of_scanned = of


@dataclass(frozen=True, slots=True)
class Slice:
    """`[1:3]`, `[-2:]`, `[:2]`; the server has no step."""

    start: int | None
    stop: int | None
    definite: bool = False

    def of(self, node: Any, reading: Reading) -> Iterable[Any]:
        return node[self.start : self.stop] if isinstance(node, (list, tuple)) else ()

    of_scanned = of


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`.*`, `[*]`."""

    definite: bool = False

    def of(self, node: Any, reading: Reading) -> Iterable[Any]:
        return children(node)

    of_scanned = of


@dataclass(frozen=True, slots=True)
class Scan:
    """`..`: the next step, of the node and of everything below it, parents first."""

    step: Step
    definite: bool = False

    def of(self, node: Any, reading: Reading) -> Iterator[Any]:
        open_nodes = [node]
        while open_nodes:
            reading.budget.spend()
            current = open_nodes.pop()
            if isinstance(current, (Mapping, list, tuple)):
                yield from self.step.of_scanned(current, reading)
                open_nodes.extend(reversed(children(current)))

    of_scanned = of


class Predicate(Protocol):
    def accepts(self, node: Any, reading: Reading) -> bool: ...


@dataclass(frozen=True, slots=True)
class Filter:
    """`[?(...)]`: the elements of a list that it accepts, or an object itself."""

    predicate: Predicate
    definite: bool = False

    def of(self, node: Any, reading: Reading) -> Iterator[Any]:
        candidates = node if isinstance(node, (list, tuple)) else (node,) if isinstance(node, Mapping) else ()
        for candidate in candidates:
            reading.budget.spend()
            if self.predicate.accepts(candidate, reading):
                yield candidate

    def of_scanned(self, node: Any, reading: Reading) -> Iterable[Any]:
        return self.of(node, reading) if isinstance(node, Mapping) else ()


@dataclass(frozen=True, slots=True)
class Function:
    """`.length()`, `.sum($.other)`."""

    name: str
    arguments: tuple[Literal | PathArgument, ...] = field(default=())
    definite: bool = True

    def of(self, node: Any, reading: Reading) -> Iterable[Any]:
        function = FUNCTIONS.get(self.name)
        if function is None:
            raise ReadError(f"there is no function '{self.name}'")
        try:
            return (function(node, [argument.value(reading) for argument in self.arguments]),)
        except (ValueError, IndexError, OverflowError) as error:
            raise ReadError(str(error)) from None

    def of_scanned(self, node: Any, reading: Reading) -> Iterable[Any]:
        return ()


@dataclass(frozen=True, slots=True)
class Literal:
    """An argument written out."""

    content: Any

    def value(self, reading: Reading) -> Any:
        return self.content


@dataclass(frozen=True, slots=True)
class PathArgument:
    """An argument that is itself a path from the root."""

    steps: tuple[Step, ...]

    def value(self, reading: Reading) -> Any:
        nodes = reading.select([reading.root], self.steps)
        if all(step.definite for step in self.steps):
            return nodes[-1] if nodes else None
        return nodes


def children(node: Any) -> list[Any]:
    if isinstance(node, Mapping):
        return list(node.values())
    return list(node) if isinstance(node, (list, tuple)) else []
