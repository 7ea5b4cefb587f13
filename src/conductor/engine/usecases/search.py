"""Use cases that search executions."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from conductor.engine.definition import Definition
from conductor.engine.model import SearchPage, Task, TaskSummary, Workflow, WorkflowDef, WorkflowSummary
from conductor.engine.search import TASKS, WORKFLOWS, parse
from conductor.engine.settings import SearchRequest
from conductor.engine.starting import Starting
from conductor.engine.state import Execution, TaskRecord, WorkflowRecord
from conductor.engine.store.port import TaskRow, WorkflowRow
from conductor.engine.summaries import task_summary, workflow_summary
from conductor.engine.views import task_view, workflow_view


class Search(Starting):
    """Search over open and finished executions. Reads the store only: may be called from another thread."""

    def search_workflows(self, request: SearchRequest) -> SearchPage:
        """Summaries (`GET /workflow/search`). Raises InvalidInput (query, size)."""
        return self._workflows(request, "searchWorkflows.arg1", _summary)

    def search_workflows_v2(self, request: SearchRequest) -> SearchPage:
        """Workflows without tasks (`GET /workflow/search-v2`)."""
        return self._workflows(request, "searchWorkflowsV2.arg1", self._shown)

    def search_workflows_by_tasks(self, request: SearchRequest) -> SearchPage:
        """Summaries of workflows whose tasks match (`GET /workflow/search-by-tasks`)."""
        return self._workflows_by_tasks(request, _summary)

    def search_workflows_by_tasks_v2(self, request: SearchRequest) -> SearchPage:
        """Workflows whose tasks match (`GET /workflow/search-by-tasks-v2`)."""
        return self._workflows_by_tasks(request, self._shown)

    def search_tasks(self, request: SearchRequest) -> SearchPage:
        """Summaries (`GET /tasks/search`)."""
        total, rows = self.store.search_tasks(parse(request, TASKS), _task_text)
        return SearchPage(total_hits=total, results=[_task_summary(*row) for row in rows])

    def search_tasks_v2(self, request: SearchRequest) -> SearchPage:
        """Tasks (`GET /tasks/search-v2`)."""
        total, rows = self.store.search_tasks(parse(request, TASKS), _task_text)
        return SearchPage(total_hits=total, results=[self._shown_task(*row) for row in rows])

    def _workflows(
        self, request: SearchRequest, where: str, shown: Callable[[WorkflowRow], WorkflowSummary | Workflow]
    ) -> SearchPage:
        query = parse(request, WORKFLOWS, where=where)
        total, rows = self.store.search_workflows(query, _workflow_text)
        return SearchPage(total_hits=total, results=[shown(row) for row in rows])

    def _workflows_by_tasks(
        self, request: SearchRequest, shown: Callable[[WorkflowRow], WorkflowSummary | Workflow]
    ) -> SearchPage:
        total, rows = self.store.search_tasks(parse(request, TASKS), _task_text)
        workflows = {workflow.key: workflow for _, workflow in rows}
        return SearchPage(total_hits=total, results=[shown(workflow) for workflow in workflows.values()])

    def _shown(self, row: WorkflowRow) -> Workflow:
        return workflow_view(self._bare(row), include_tasks=False)

    def _shown_task(self, task: TaskRow, workflow: WorkflowRow) -> Task:
        return task_view(self._bare(workflow), msgspec.json.decode(task.body, type=TaskRecord))

    def _bare(self, row: WorkflowRow) -> Execution:
        """An execution without its tasks, apart from those that the engine works with."""
        record = msgspec.json.decode(row.body, type=WorkflowRecord)
        raw = self._read_snapshot(record.definition)
        return Execution(row.key, record, Definition(msgspec.json.decode(raw, type=WorkflowDef), raw))


def _summary(row: WorkflowRow) -> WorkflowSummary:
    return workflow_summary(msgspec.json.decode(row.body, type=WorkflowRecord))


def _task_summary(task: TaskRow, workflow: WorkflowRow) -> TaskSummary:
    record = msgspec.json.decode(task.body, type=TaskRecord)
    return task_summary(record, msgspec.json.decode(workflow.body, type=WorkflowRecord))


def _workflow_text(row: WorkflowRow) -> str:
    return msgspec.json.encode(_summary(row)).decode()


def _task_text(row: tuple[TaskRow, WorkflowRow]) -> str:
    return msgspec.json.encode(_task_summary(*row)).decode()
