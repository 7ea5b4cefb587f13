"""Files of the server on this machine: who runs, keys, backups."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from conductor.server.backup import BackupError, back_up
from conductor.server.home import Instance, default_database, home, instances, registered
from conductor.server.http_server import StartError
from conductor.server.keys import load_keys

INSTANCE = Instance("http://127.0.0.1:8080", 1, ":memory:", 0.0)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("CONDUCTOR_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_a_server_is_known_while_it_runs() -> None:
    """And no longer."""
    with registered(8080, INSTANCE):
        assert instances() == {8080: INSTANCE}
    assert instances() == {}


def test_a_dead_server_is_not_taken_for_a_running_one(own_home: Path) -> None:
    """What it left behind is not believed, even if its process id lives."""
    with registered(8080, INSTANCE):
        left = (own_home / "servers" / "8080.json").read_bytes()
    (own_home / "servers" / "8080.json").write_bytes(left)

    assert instances() == {}
    with registered(8080, INSTANCE):
        assert instances() == {8080: INSTANCE}


def test_files_are_for_their_owner_only(own_home: Path) -> None:
    """The folder and the files in it."""
    with registered(8080, INSTANCE):
        assert stat.S_IMODE((own_home / "servers" / "8080.json").stat().st_mode) == 0o600


def test_the_home_folder_can_be_chosen_and_has_a_default(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CONDUCTOR_HOME, else the platform's data folder."""
    assert default_database() == own_home / "conductor.db"
    monkeypatch.delenv("CONDUCTOR_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert home().name == "conductor"


def test_a_keys_file_is_made_with_one_key_for_its_owner_only(tmp_path: Path) -> None:
    """And is read the same the next time."""
    path = tmp_path / "keys.json"
    keys = load_keys(path)

    assert len(keys) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_keys(path) == keys


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"a": 1}', '{"a": ""}', "a: b"])
def test_a_keys_file_without_keys_is_refused(tmp_path: Path, content: str) -> None:
    """With its path in the error."""
    path = tmp_path / "keys.json"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(StartError, match=r"keys\.json"):
        load_keys(path)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_keys_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """The error says how to mend it."""
    path = tmp_path / "keys.json"
    path.write_text('{"a": "b"}')
    path.chmod(0o644)
    with pytest.raises(StartError, match="chmod 600"):
        load_keys(path)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "c.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma journal_mode=wal")
        connection.execute("create table t(x)")
        connection.executemany("insert into t values (?)", [(str(n) * 100,) for n in range(10_000)])
        connection.commit()
    return path


def test_a_backup_is_whole_while_the_database_is_written_to(database: Path, tmp_path: Path) -> None:
    """A writer goes on meanwhile; the copy is one moment's state."""
    stop = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(database)) as connection:
            while not stop.is_set():
                connection.execute("insert into t values ('x')")
                connection.commit()

    writer = threading.Thread(target=write)
    writer.start()
    size = back_up(str(database), tmp_path / "copy.db")
    stop.set()
    writer.join()

    assert size == (tmp_path / "copy.db").stat().st_size
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("select count(*) >= 10000 from t").fetchone() == (1,)


def test_a_backup_that_cannot_be_made_says_why(database: Path, tmp_path: Path) -> None:
    """And leaves no part of itself."""
    (tmp_path / "there").write_text("")
    for source, target, reason in [
        (":memory:", tmp_path / "a", "in memory"),
        (str(tmp_path / "none.db"), tmp_path / "a", "no database"),
        (str(database), tmp_path / "there", "exists"),
        (str(database), tmp_path / "no" / "a", "cannot back up"),
    ]:
        with pytest.raises(BackupError, match=reason):
            back_up(source, target)
    assert not list(tmp_path.glob("*.part"))
