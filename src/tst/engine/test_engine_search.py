"""Searches over executions, on both stores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conductor.engine.errors import InvalidInput, ValidationFailed
from conductor.engine.settings import SearchRequest
from conductor.engine.store.sqlite import SqliteStore
from tst.engine_bench import Bench, node, simple


@pytest.fixture(params=["memory", "sqlite"])
def searched(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """An engine with a dozen workflows: of two names, finished, failed and open."""
    bench = Bench()
    if request.param == "sqlite":
        bench.store = SqliteStore(tmp_path / "db")  # type: ignore[assignment]
        bench.engine = bench.open()
    bench.task_def("a")
    bench.workflow_def("one", simple("a"))
    bench.workflow_def("two", node("NOOP", "n"))
    for number in range(6):
        bench.pass_time(1)
        bench.start("one", {"k": f"Value{number}"}, correlation_id=f"c{number % 2}")
        bench.start("two", {"k": number})
    bench.work("a", "FAILED", reason_for_incompletion="no")
    bench.work("a")
    bench.engine.flush()
    yield bench
    bench.engine.close()


def ids(page: Any) -> list[str]:
    return [result.workflow_id for result in page.results]


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("", 12),
        ("workflowType=one", 6),
        ("workflowType IN (one,two)", 12),
        ("workflowType=o*", 6),
        ('workflowType="one" AND status=RUNNING', 4),
        ("status IN (FAILED,RUNNING)", 5),
        ("correlationId=c1", 3),
        ("correlationId=c1 AND workflowType=two", 0),
        ("version=7", 12),
        ("endTime=0", 4),
    ],
)
def test_conditions_find_the_workflows_that_meet_them(searched: Bench, query: str, hits: int) -> None:
    """Unknown fields match everything, as on the server."""
    page = searched.engine.search_workflows(SearchRequest(query=query))
    assert (page.total_hits, len(page.results)) == (hits, hits)


def test_times_are_compared_and_pages_are_sorted(searched: Bench) -> None:
    """totalHits counts all of them."""
    engine = searched.engine
    first = engine.search_workflows(SearchRequest(query="workflowType=one", sort="startTime:ASC", size=2))
    later = engine.search_workflows(SearchRequest(query="workflowType=one", sort="startTime:DESC", size=2, start=4))
    assert ids(first) == ids(later)[::-1]
    assert first.total_hits == 6
    middle = searched.now - 3000
    query = f"workflowType=one AND startTime>{middle}"
    assert engine.search_workflows(SearchRequest(query=query)).total_hits == 3
    assert engine.search_workflows(SearchRequest(query=query, size=0)).results == []


def test_a_text_is_found_in_the_summary(searched: Bench) -> None:
    """Whatever its case."""
    page = searched.engine.search_workflows(SearchRequest(free_text="vALUE3"))
    (found,) = page.results
    assert (page.total_hits, found.input, found.status) == (1, "{k=Value3}", "RUNNING")
    assert (found.correlation_id, found.end_time, found.input_size) == ("c1", None, 10)
    assert found.start_time == "2023-11-14T22:13:24.000Z"


def test_tasks_and_workflows_by_their_tasks_are_found(searched: Bench) -> None:
    """As summaries, and as what they are."""
    engine = searched.engine
    request = SearchRequest(query="taskType=a AND status=FAILED")
    (summary,) = engine.search_tasks(request).results
    (task,) = engine.search_tasks_v2(request).results
    assert (summary.task_id, summary.reason_for_incompletion) == (task.task_id, "no")
    (workflow,) = engine.search_workflows_by_tasks_v2(request).results
    assert (workflow.workflow_id, workflow.status, workflow.tasks) == (summary.workflow_id, "FAILED", [])
    assert ids(engine.search_workflows_by_tasks(request)) == [summary.workflow_id]
    assert engine.search_tasks(SearchRequest(query="workflowType=two")).total_hits == 6
    by_id = SearchRequest(query=f"workflowId={summary.workflow_id}")
    assert [r.status for r in engine.search_workflows_v2(by_id).results] == ["FAILED"]


def test_a_query_that_is_none_is_refused(searched: Bench) -> None:
    """And so is a page that is too large."""
    with pytest.raises(InvalidInput, match="Incorrectly formatted query string: garbage"):
        searched.engine.search_workflows(SearchRequest(query="garbage"))
    with pytest.raises(ValidationFailed):
        searched.engine.search_workflows(SearchRequest(size=5001))
