"""The query language of the search endpoints."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.engine.errors import InvalidInput, ValidationFailed
from conductor.engine.search import TASKS, WORKFLOWS, Query, parse
from conductor.engine.settings import SearchRequest

COLUMNS = {
    "workflowId": "id", "workflowType": "name", "status": "status", "correlationId": "correlation_id",
    "parentWorkflowId": "parent_id", "startTime": "created", "endTime": "ended", "updateTime": "updated",
}  # fmt: skip
ROWS = [
    {"key": 1, "id": "a", "name": "w_f", "status": "RUNNING", "correlation_id": "C-1", "parent_id": None,
     "created": 10, "ended": 0, "updated": 10},
    {"key": 2, "id": "b", "name": "w_f", "status": "COMPLETED", "correlation_id": "c 2", "parent_id": "a",
     "created": 20, "ended": 30, "updated": 30},
    {"key": 3, "id": "c", "name": "wxf", "status": "FAILED", "correlation_id": None, "parent_id": None,
     "created": 30, "ended": 40, "updated": 40},
]  # fmt: skip


def read(row: dict[str, Any], field: str) -> Any:
    return "workflow" if field == "classifier" else row[COLUMNS[field]] or ("" if "Time" not in field else 0)


def in_memory(query: Query, rows: list[dict[str, Any]] = ROWS) -> str:
    total, page = query.page(rows, read, str)
    assert total >= len(page)
    return "".join(row["id"] for row in page)


def in_sql(query: Query, rows: list[dict[str, Any]] = ROWS) -> str:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE TABLE workflows ({', '.join(rows[0])})")
        connection.executemany(
            f"INSERT INTO workflows VALUES ({', '.join('?' * len(rows[0]))})",
            [tuple(row[column] for column in rows[0]) for row in rows],
        )
        where, parameters = query.where(WORKFLOWS)
        statement = f"SELECT id FROM workflows WHERE {where} ORDER BY {query.order_by(WORKFLOWS)} LIMIT ? OFFSET ?"
        found = connection.execute(statement, [*parameters, query.size, query.start]).fetchall()
    return "".join(row[0] for row in found)


def search(**parameters: Any) -> str:
    query = parse(SearchRequest(**parameters), WORKFLOWS)
    assert in_memory(query) == in_sql(query) or query.text
    return in_memory(query)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "abc"),
        ("workflowType=w_f", "ab"),
        ('workflowType="w_f"', "ab"),
        ("workflowType = 'w_f'", "ab"),
        ("workflowType=W_F", ""),
        ("workflowType=W*", "abc"),
        ("workflowType=w_*", "ab"),
        ("workflowType=*X*", "c"),
        ("workflowType=w%", ""),
        ("workflowType IN (w_f)", "ab"),
        ("workflowType IN(w_f, wxf)", "abc"),
        ("workflowType=w_f,wxf", "abc"),
        ("workflowType=w_f AND status=RUNNING", "a"),
        ("workflowType=w_f AND  status=RUNNING", "a"),
        ("(workflowType=w_f) AND (status=RUNNING)", "a"),
        ("workflowType=w_f and status=RUNNING", ""),
        ("workflowType=w_f OR status=RUNNING", ""),
        ("workflowType=w_f AND ", "ab"),
        ("Status=RUNNING", "a"),
        ("status=", ""),
        ("status>COMPLETED", "ac"),
        ("status!=RUNNING", "abc"),
        ("status RUNNING", "abc"),
        ("status=R'; DROP TABLE workflows; --", ""),
        ("correlationId=c 2", "b"),
        ("correlationId=c*", "ab"),
        ("correlationId=", "c"),
        ("parentWorkflowId=", "ac"),
        ('parentWorkflowId=""', "ac"),
        ("startTime>10", "bc"),
        ("startTime<20", "a"),
        ("startTime=20", "b"),
        ("startTime>'10'", "bc"),
        ("startTime>-1", "abc"),
        ("startTime IN (10,30)", "ac"),
        ("endTime=0", "a"),
        ("version=1", "abc"),
        ("taskId=x", "abc"),
        ("classifier=workflow", "abc"),
        ("classifier=agent", ""),
        ("workflowId IN (a,c) AND endTime>0", "c"),
    ],
)
def test_a_query_finds_what_it_finds_on_the_real_server(query: str, found: str) -> None:
    """Clauses are joined by AND; unknown fields match everything; the same in memory and in SQL."""
    assert search(query=query) == found


@pytest.mark.parametrize(
    "query", ["garbage", "=", "status", "a1=1", "workflowType  =  w", "status=RUNNING AND garbage"]
)
def test_what_is_no_clause_is_refused_in_the_servers_words(query: str) -> None:
    """The error names the clause."""
    with pytest.raises(InvalidInput, match="Incorrectly formatted query string: "):
        search(query=query)


@pytest.mark.parametrize("value", ["abc", "=5", "1.5", "9" * 20, ""])
def test_a_time_that_is_no_number_is_refused(value: str) -> None:
    """The error names field and value."""
    with pytest.raises(InvalidInput, match="startTime"):
        search(query=f"startTime>{value}")


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        ("startTime:DESC", "cba"),
        ("startTime:desc", "cba"),
        ("startTime", "abc"),
        ("startTime:UP", "abc"),
        ("zz:DESC", "abc"),
        ("workflowType:DESC|startTime:DESC", "cba"),
        ("workflowType:ASC|startTime:DESC", "bac"),
        ("|startTime:DESC|", "cba"),
        ("", "abc"),
    ],
)
def test_sorting_takes_known_fields_with_an_order(sort: str, found: str) -> None:
    """Everything else is ignored, as on the server."""
    assert search(sort=sort) == found


def test_pages_are_cut_after_sorting() -> None:
    """A start below zero is the beginning, a size below zero no limit."""
    assert search(sort="startTime:DESC", start=1, size=1) == "b"
    assert search(size=0) == ""
    assert search(start=-1, size=-1) == "abc"
    assert search(start=9) == ""


def test_top_level_and_classifier_are_conditions_like_others() -> None:
    """Both are parameters of their own."""
    assert search(top_level_only=True) == "ac"
    assert search(classifier="agent,workflow") == "abc"
    assert search(classifier="agent") == ""


@pytest.mark.parametrize(("text", "found"), [("*", "abc"), ("", "abc"), ("C-1", "a"), ("c-1", "a"), ("zz", "")])
def test_free_text_is_part_of_the_summary_whatever_the_case(text: str, found: str) -> None:
    """The summary's text is searched."""
    assert search(free_text=text) == found


def test_a_page_of_workflows_has_a_largest_size() -> None:
    """The error is the server's, its path names the method."""
    with pytest.raises(ValidationFailed) as failed:
        parse(SearchRequest(size=5001), WORKFLOWS, where="searchWorkflows.arg1")

    (error,) = failed.value.errors
    assert error.path == "searchWorkflows.arg1"
    assert error.message == "Cannot return more than 5000 workflows. Please use pagination."
    assert parse(SearchRequest(size=5001), TASKS).size == 5001


def test_fields_of_a_tasks_workflow_are_sql_of_its_own() -> None:
    """A task is found by its workflow's type, id and correlation id."""
    query = parse(SearchRequest(query="workflowType=w AND workflowId=x AND status=FAILED"), TASKS)
    schema = "CREATE TABLE workflows (key, id, name, correlation_id); CREATE TABLE tasks (key, id, status)"
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(schema)
        connection.execute("INSERT INTO workflows VALUES (5, 'x', 'w', NULL)")
        connection.execute("INSERT INTO tasks VALUES (?, 't', 'FAILED'), (1, 'u', 'FAILED')", (5 << 23 | 3,))
        where, parameters = query.where(TASKS)

        assert connection.execute(f"SELECT id FROM tasks WHERE {where}", parameters).fetchall() == [("t",)]


texts = st.text("aAbB*%_\\ '\"(),éÉ", max_size=6)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "key": st.just(0), "id": texts, "name": texts, "status": st.sampled_from(["RUNNING", "FAILED"]),
            "correlation_id": st.none() | texts, "parent_id": st.none() | texts,
            "created": st.integers(0, 3), "ended": st.integers(0, 3), "updated": st.just(0),
        }
    ),
    min_size=1, max_size=5,
)  # fmt: skip
clauses = st.tuples(
    st.sampled_from(sorted(WORKFLOWS)), st.sampled_from(["=", ">", "<", " IN "]), texts | st.integers(0, 3).map(str)
).map("".join)


@given(rows, st.lists(clauses, max_size=3), st.lists(st.sampled_from(sorted(WORKFLOWS)), max_size=2))
def test_memory_and_sql_find_the_same(found: list[dict[str, Any]], query: list[str], sort: list[str]) -> None:
    """A query means the same to both stores, for any text, and nothing of it becomes SQL."""
    found = [{**row, "key": key} for key, row in enumerate(found)]
    request = SearchRequest(query=" AND ".join(query), sort="|".join(f"{field}:DESC" for field in sort))
    try:
        parsed = parse(request, WORKFLOWS)
    except InvalidInput:
        return

    assert in_memory(parsed, found) == in_sql(parsed, found)


@given(st.text(max_size=40), st.text(max_size=20))
def test_any_text_is_a_query_or_a_clear_refusal(query: str, sort: str) -> None:
    """Nothing but InvalidInput comes out of a user's text."""
    try:
        parsed = parse(SearchRequest(query=query, sort=sort), WORKFLOWS)
    except InvalidInput:
        return
    in_sql(parsed)
