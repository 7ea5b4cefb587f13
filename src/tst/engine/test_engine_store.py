"""What is kept: the stores, group commit, failed writes, locks, formats of the file."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conductor.engine.errors import EngineError, NotFound, Unavailable
from conductor.engine.loop import EngineLoop
from conductor.engine.model import StartWorkflowRequest, TaskDef, TaskResult, WorkflowDef
from conductor.engine.service import Engine
from conductor.engine.settings import EngineSettings
from conductor.engine.store.lock import FileInUse
from conductor.engine.store.memory import MemoryStore
from conductor.engine.store.port import Store, WorkflowRow, Writes
from conductor.engine.store.sqlite import SqliteStore
from conductor.engine.store.statements import migrations, statements
from tst.engine_bench import Bench, node, simple


@pytest.fixture(params=["memory", "sqlite"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Opens one and the same store again and again."""
    opened: list[Any] = []
    kept = MemoryStore()

    def open_one() -> Store:
        for store in opened:
            store.close()
        opened.clear()
        opened.append(kept if request.param == "memory" else SqliteStore(tmp_path / "db"))
        return opened[0]

    yield open_one
    for store in opened:
        store.close()


def test_both_stores_keep_and_find_the_same(open_store: Callable[[], Store]) -> None:
    """An execution, its tasks, logs and definitions are there after the store was opened again."""
    bench = Bench()
    bench.store = open_store()  # type: ignore[assignment]
    bench.engine = bench.open()
    bench.task_def("a", retry_count=1)
    workflow_id = bench.run(simple("a"), simple("b"), workflow_input={"x": [1, None, "ä"]})
    bench.start("w", correlation_id="c")
    failed = bench.work("a", "FAILED")
    bench.engine.add_task_log(failed.task_id or "", "line")
    bench.engine.flush()
    before = bench.get(workflow_id)

    bench.store = open_store()  # type: ignore[assignment]
    bench.engine = bench.open()

    assert bench.get(workflow_id) == before
    assert bench.engine.get_task(failed.task_id or "").status == "FAILED"
    assert [entry.log for entry in bench.engine.get_task_logs(failed.task_id or "")] == ["line"]
    assert len(bench.engine.get_running_workflows("w")) == 2
    assert [len(found) for found in bench.engine.get_correlated_workflows("w", ["c", "d"]).values()] == [1, 0]
    assert bench.engine.get_task_def("a").retry_count == 1
    assert len(bench.poll("a", 5)) == 2


def test_what_a_workflow_leaves_behind_is_gone_with_it(open_store: Callable[[], Store]) -> None:
    """Its tasks and their logs."""
    bench = Bench()
    store = bench.store = open_store()  # type: ignore[assignment]
    bench.engine = bench.open()
    workflow_id = bench.run(simple("a"))
    task_id = bench.work("a").task_id or ""
    bench.engine.add_task_log(task_id, "line")
    bench.engine.flush()
    bench.engine.remove_workflow(workflow_id)
    bench.engine.flush()

    assert (store.workflow(workflow_id), store.task(task_id), store.logs(task_id)) == (None, None, [])


def test_a_change_is_written_once_however_often_it_changes(bench: Bench) -> None:
    """A batch holds the last state of each row."""
    bench.store.batches = []
    workflow_id = bench.run(simple("a"))
    bench.work("a")
    bench.engine.flush()

    (batch,) = bench.store.batches
    assert [row.id for row in batch.workflows] == [workflow_id]
    assert [row.status for row in batch.tasks] == ["COMPLETED"]


# -- failed writes -----------------------------------------------------------------------------------------------------


class Failing(MemoryStore):
    """A store that can be told not to write."""

    fails = False

    def write(self, writes: Writes) -> None:
        if self.fails:
            raise Unavailable("disk full")
        super().write(writes)


def test_a_batch_that_cannot_be_written_is_undone(bench: Bench) -> None:
    """Workflows, queues, deadlines and definitions are what they are on disk, and work goes on from there."""
    store = bench.store = Failing()
    bench.engine = bench.open()
    bench.task_def("a", response_timeout_seconds=10)
    kept = bench.run(simple("a"))
    bench.engine.flush()
    before = bench.get(kept)

    store.fails = True
    (task,) = bench.poll("a")
    lost = bench.start("w")
    bench.task_def("new")
    bench.engine.terminate_workflow(lost)
    with pytest.raises(Unavailable, match="disk full"):
        bench.engine.flush()

    assert bench.get(kept) == before
    with pytest.raises(NotFound):
        bench.get(lost)
    assert [d.name for d in bench.engine.get_task_defs()] == ["a"]
    store.fails = False
    bench.pass_time(60)
    assert bench.get(kept) == before
    (again,) = bench.poll("a")
    assert (again.task_id, again.poll_count) == (task.task_id, 1)
    bench.answer(again)
    bench.engine.flush()
    assert bench.get(kept).status == "COMPLETED"


def test_those_who_wait_for_a_batch_that_fails_are_told(tmp_path: Path) -> None:
    """And so are those whose changes were built on it; later ones are not."""

    async def scenario() -> None:
        store = Failing()
        engine = Engine(store=store)
        async with EngineLoop(engine):
            engine.register_task_defs([TaskDef(name="a")])
            await engine.durable()
            store.fails = True
            engine.register_task_defs([TaskDef(name="b")])
            with pytest.raises(Unavailable):
                await engine.durable()
            store.fails = False
            engine.register_task_defs([TaskDef(name="c")])
            await engine.durable()
            assert [d.name for d in engine.get_task_defs()] == ["a", "c"]

    asyncio.run(scenario())


def test_a_full_disk_refuses_writes_and_keeps_reading(tmp_path: Path) -> None:
    """When there is room again, it writes again."""

    async def scenario() -> None:
        engine = Engine(EngineSettings(database=str(tmp_path / "db")))
        engine.register_task_defs([TaskDef(name="a")])
        engine.flush()
        limit = engine.store._writer.execute("PRAGMA page_count").fetchone()[0]  # type: ignore[attr-defined]
        engine.store._writer.execute(f"PRAGMA max_page_count = {limit}")  # type: ignore[attr-defined]
        async with EngineLoop(engine):
            engine.register_task_defs([TaskDef(name="b", description="x" * 100_000)])
            with pytest.raises(Unavailable, match="full"):
                await engine.durable()
            assert [d.name for d in engine.get_task_defs()] == ["a"]
            engine.store._writer.execute("PRAGMA max_page_count = 1000000")  # type: ignore[attr-defined]
            engine.register_task_defs([TaskDef(name="b", description="x" * 100_000)])
            await engine.durable()

    asyncio.run(scenario())


# -- the file ----------------------------------------------------------------------------------------------------------


def test_a_file_has_one_server_at_a_time(tmp_path: Path) -> None:
    """The second one is told who has it, and gets it when that one has gone, however it went."""
    script = (
        "import sys, time\n"
        "from conductor.engine.store.sqlite import SqliteStore\n"
        "store = SqliteStore(sys.argv[1])\n"
        "print('open', flush=True)\n"
        "time.sleep(60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "db")], stdout=subprocess.PIPE, env=environment
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(FileInUse, match=f"process {other.pid}") as refusal:
            SqliteStore(tmp_path / "db")
        assert refusal.value.pid == other.pid
        other.kill()
    SqliteStore(tmp_path / "db").close()


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """It is not touched."""
    SqliteStore(tmp_path / "db").close()
    with sqlite3.connect(tmp_path / "db") as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(EngineError, match="written by a newer version of this program"):
        SqliteStore(tmp_path / "db")


def test_a_file_of_another_program_is_refused(tmp_path: Path) -> None:
    """A database, or no database at all."""
    with sqlite3.connect(tmp_path / "theirs") as connection:
        connection.execute("CREATE TABLE t (a)")
    connection.close()
    with pytest.raises(EngineError, match="is a database of another program"):
        SqliteStore(tmp_path / "theirs")
    (tmp_path / "text").write_text("hello " * 1000)
    with pytest.raises(EngineError, match="is not a database of this engine"):
        SqliteStore(tmp_path / "text")


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Inputs and outputs are nobody else's business."""
    SqliteStore(tmp_path / "db").close()
    assert (tmp_path / "db").stat().st_mode & 0o077 == 0


def tables_of(script: str) -> list[tuple[str, str]]:
    connection = sqlite3.connect(":memory:")
    connection.executescript(script)
    found = connection.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()
    connection.close()
    return found


def test_the_schema_is_what_the_migrations_give() -> None:
    """schema.sql is for readers; the migrations are what runs."""
    from conductor.engine.store import statements as module

    schema = Path(module.__file__).with_name("schema.sql").read_text(encoding="utf-8")
    assert tables_of("".join(migrations())) == tables_of(schema)


def test_each_statement_is_sql_of_the_schema() -> None:
    """None of them names a column that is not there."""
    connection = sqlite3.connect(":memory:")
    connection.executescript("".join(migrations()))
    for name, statement in statements().items():
        parameters = [None] * statement.count("?")
        assert connection.execute(f"EXPLAIN {statement}", parameters).fetchall(), name
    connection.close()


def test_finding_work_at_the_start_looks_at_open_workflows_alone() -> None:
    """A year of finished ones does not make the start slower."""
    connection = sqlite3.connect(":memory:")
    connection.executescript("".join(migrations()))
    for name in ("open_tasks", "open_workflows", "open_workflow_ids", "ended_before"):
        statement = statements()[name]
        plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", [None] * statement.count("?")).fetchall()
        assert not [line for *_, line in plan if line.startswith("SCAN") and "USING" not in line], (name, plan)
    connection.close()


# -- kill -9 -----------------------------------------------------------------------------------------------------------


def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    """A process that is killed while it answers leaves everything that it answered."""
    script = (
        "import asyncio, sys\n"
        "from conductor.engine.loop import EngineLoop\n"
        "from conductor.engine.model import *\n"
        "from conductor.engine.service import Engine\n"
        "from conductor.engine.settings import EngineSettings\n"
        "async def main():\n"
        "    engine = Engine(EngineSettings(database=sys.argv[1]))\n"
        "    task = WorkflowTask(name='a', task_reference_name='a')\n"
        "    engine.update_workflow_defs([WorkflowDef(name='w', tasks=[task])])\n"
        "    async with EngineLoop(engine):\n"
        "        async def client():\n"
        "            while True:\n"
        "                workflow_id = engine.start_workflow(StartWorkflowRequest(name='w'))\n"
        "                await engine.durable()\n"
        "                print(workflow_id, flush=True)\n"
        "        await asyncio.gather(*(client() for _ in range(5)))\n"
        "asyncio.run(main())\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "db")], stdout=subprocess.PIPE, env=environment
    ) as server:
        assert server.stdout is not None
        answered = [server.stdout.readline().decode().strip() for _ in range(200)]
        server.kill()
        answered += [line.decode().strip() for line in server.stdout.read().splitlines(keepends=True)]
    store = SqliteStore(tmp_path / "db")
    engine = Engine(store=store)
    assert set(answered) <= set(engine.get_running_workflows("w"))
    assert len(engine.poll("a", None, None, 100_000)) >= len(answered)
    engine.close()


def test_a_long_list_of_open_workflows_opens_fast(tmp_path: Path) -> None:
    """Ten thousand of them; the limit is generous, the figure is in the documentation."""
    engine = Engine(EngineSettings(database=str(tmp_path / "db")))
    engine.update_workflow_defs([WorkflowDef(name="w", tasks=[simple("a"), node("WAIT", "b")])])
    for _ in range(10_000):
        engine.start_workflow(StartWorkflowRequest(name="w"))
    engine.close()
    import time

    begun = time.perf_counter()
    engine = Engine(EngineSettings(database=str(tmp_path / "db")))
    assert time.perf_counter() - begun < 5
    (task,) = engine.poll("a")
    engine.update_task(
        TaskResult(workflow_instance_id=task.workflow_instance_id, task_id=task.task_id, status="COMPLETED")
    )
    assert engine.queue_size("a") == 9999
    engine.close()


def test_a_backup_is_made_while_the_engine_works(tmp_path: Path) -> None:
    """It opens like the file itself."""
    engine = Engine(EngineSettings(database=str(tmp_path / "db")))
    engine.register_task_defs([TaskDef(name="a")])
    engine.flush()
    engine.store.backup(tmp_path / "copy")  # type: ignore[attr-defined]
    engine.register_task_defs([TaskDef(name="b")])
    engine.close()
    copy = Engine(EngineSettings(database=str(tmp_path / "copy")))
    assert [d.name for d in copy.get_task_defs()] == ["a"]
    copy.close()


def test_rows_hold_what_is_searched_by(bench: Bench) -> None:
    """A workflow's row shows its state without a look into its body."""
    workflow_id = bench.run(simple("a"))
    bench.work("a")
    bench.engine.flush()
    row = bench.store.workflow(workflow_id)
    assert isinstance(row, WorkflowRow)
    assert (row.name, row.version, row.status, row.ended) == ("w", 1, "COMPLETED", bench.now)
