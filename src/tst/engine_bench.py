"""An engine under a clock that the test moves, and a few words to write workflows with."""

from __future__ import annotations

from random import Random
from typing import Any

from conductor.engine.expressions import Environment
from conductor.engine.model import (
    StartWorkflowRequest,
    SubWorkflowParams,
    Task,
    TaskDef,
    TaskResult,
    Workflow,
    WorkflowDef,
    WorkflowTask,
)
from conductor.engine.service import Engine
from conductor.engine.settings import EngineSettings
from conductor.engine.store.memory import MemoryStore

START = 1_700_000_000_000


class Bench:
    """An engine with a virtual clock, and what a test says to it."""

    def __init__(self, **settings: Any) -> None:
        self.now = START
        self.made = 0
        self.settings = EngineSettings(**settings)
        self.store = MemoryStore()
        self.engine = self.open()

    def open(self) -> Engine:
        return Engine(
            self.settings,
            store=self.store,
            clock=lambda: self.now,
            new_id=self._new_id,
            random=Random(7),
            environment=Environment(),
        )

    def restart(self) -> None:
        """Forget what is in memory; what was not written is lost."""
        self.engine = self.open()

    def _new_id(self) -> str:
        self.made += 1
        return f"00000000-0000-7000-8000-{self.made:012d}"

    def task_def(self, name: str, **fields: Any) -> None:
        fields.setdefault("retry_count", 0)
        fields.setdefault("retry_delay_seconds", 0)
        self.engine.register_task_defs([TaskDef(name=name, **fields)])

    def workflow_def(self, name: str, *tasks: WorkflowTask, **fields: Any) -> None:
        self.engine.update_workflow_defs([WorkflowDef(name=name, tasks=list(tasks), **fields)])

    def start(self, name: str, workflow_input: dict[str, Any] | None = None, **fields: Any) -> str:
        return self.engine.start_workflow(StartWorkflowRequest(name=name, input=workflow_input or {}, **fields))

    def run(self, *tasks: WorkflowTask, workflow_input: dict[str, Any] | None = None, **fields: Any) -> str:
        """Register and start a workflow of these tasks."""
        self.workflow_def("w", *tasks, **fields)
        return self.start("w", workflow_input)

    def poll(self, name: str, count: int = 1, **fields: Any) -> list[Task]:
        return self.engine.poll(name, "worker", fields.get("domain"), count)

    def answer(self, task: Task, status: str = "COMPLETED", output: dict[str, Any] | None = None, **more: Any) -> None:
        self.engine.update_task(
            TaskResult(
                workflow_instance_id=task.workflow_instance_id,
                task_id=task.task_id,
                status=status,  # type: ignore[arg-type]
                output_data=output or {},
                **more,
            )
        )

    def work(self, name: str, status: str = "COMPLETED", output: dict[str, Any] | None = None, **more: Any) -> Task:
        """Poll a task, which must be there, and answer it."""
        (task,) = self.poll(name)
        self.answer(task, status, output, **more)
        return task

    def pass_time(self, seconds: float) -> None:
        """Move the clock, stopping at each deadline on the way."""
        until = self.now + int(seconds * 1000)
        while (due := self.engine.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self.engine.tick(self.now)
        self.now = until

    def get(self, workflow_id: str) -> Workflow:
        return self.engine.get_workflow(workflow_id)

    def trace(self, workflow_id: str) -> list[tuple[Any, ...]]:
        """(reference name, type, status, retry count, seq) of its tasks."""
        return [
            (t.reference_task_name, t.task_type, t.status, t.retry_count, t.seq) for t in self.get(workflow_id).tasks
        ]

    def task(self, workflow_id: str, ref: str) -> Task:
        """The last task of a reference name."""
        return next(t for t in reversed(self.get(workflow_id).tasks) if t.reference_task_name == ref)


def simple(name: str, ref: str | None = None, **fields: Any) -> WorkflowTask:
    return WorkflowTask(name=name, task_reference_name=ref or name, **fields)


def node(kind: str, ref: str, **fields: Any) -> WorkflowTask:
    return WorkflowTask(type=kind, name=fields.pop("name", ref), task_reference_name=ref, **fields)


def sub_workflow(ref: str, name: str, **fields: Any) -> WorkflowTask:
    return node("SUB_WORKFLOW", ref, sub_workflow_param=SubWorkflowParams(name=name), **fields)
