"""Where the settings of a worker come from."""

from __future__ import annotations

import logging
import os
import pickle
import time
from pathlib import Path
from typing import Any

import pytest

from conductor.client.configuration.errors import ConfigurationError
from conductor.client.http.models.task import Task
from conductor.client.worker import _settings_file
from conductor.client.worker.worker import Worker
from conductor.client.worker.worker_config import (
    configure_worker,
    get_worker_config_oneline,
    get_worker_config_summary,
    resolve_worker_config,
)
from conductor.client.worker.worker_interface import WorkerInterface

#: From the one that counts most to the one that counts least.
ORDER = (
    "conductor.worker.greet_me.thread_count",
    "conductor_worker_greet_me_thread_count",
    "CONDUCTOR_WORKER_GREET_ME_THREAD_COUNT",
    "CONDUCTOR_WORKER_greet_me_THREAD_COUNT",
    "conductor.worker.all.thread_count",
    "CONDUCTOR_WORKER_ALL_THREAD_COUNT",
    "conductor_worker_thread_count",
    "CONDUCTOR_WORKER_THREAD_COUNT",
)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty current directory, and no settings in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.lower().startswith(("conductor_", "conductor.")):
            monkeypatch.delenv(name)


def greet() -> None:
    """Nothing to do."""


def worker(**options: Any) -> Worker:
    return Worker("greet_me", greet, **options)


def write(text: str, name: str = "conductor.toml") -> Path:
    Path(name).write_text(text)
    return Path(name).absolute()


def test_the_first_source_that_is_set_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight variables, then the file, then the code."""
    write("[worker.greet_me]\nthread_count = 90\n[worker.all]\nthread_count = 91\n")
    for number, variable in enumerate(ORDER, 1):
        monkeypatch.setenv(variable, str(number))
    for number, variable in enumerate(ORDER, 1):
        assert resolve_worker_config("greet_me", thread_count=99)["thread_count"] == number
        monkeypatch.delenv(variable)
    assert resolve_worker_config("greet_me", thread_count=99)["thread_count"] == 90
    assert resolve_worker_config("other", thread_count=99)["thread_count"] == 91
    Path("conductor.toml").unlink()
    assert resolve_worker_config("greet_me", thread_count=99)["thread_count"] == 99


def test_a_worker_takes_all_settings_of_its_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each by its type; where they came from is said."""
    monkeypatch.setenv("CONDUCTOR_WORKER_GREET_ME_POLLING_INTERVAL", "12.5")
    monkeypatch.setenv("conductor.worker.greet_me.domain", "eu")
    monkeypatch.setenv("CONDUCTOR_WORKER_WORKER_ID", "me")
    monkeypatch.setenv("CONDUCTOR_WORKER_ALL_LEASE_EXTEND_ENABLED", "Yes")
    monkeypatch.setenv("CONDUCTOR_WORKER_ALL_OVERWRITE_TASK_DEF", "off")
    monkeypatch.setenv("CONDUCTOR_WORKER_DOMAIN", "")
    write('[worker.greet_me]\nprocesses = 2\ngroup = "light"\npoll_timeout = 5000\nstrict_schema = true\n')
    made = worker()
    sources = configure_worker(made)
    assert (made.poll_interval, made.domain, made.get_identity(), made.lease_extend_enabled) == (12.5, "eu", "me", True)
    assert (made.overwrite_task_def, made.processes, made.group, made.poll_timeout) == (False, 2, "light", 5000)
    assert sources["poll_interval"] == "CONDUCTOR_WORKER_GREET_ME_POLLING_INTERVAL"
    assert sources["processes"].endswith("conductor.toml: worker.greet_me.processes")
    assert made.strict_schema is True


def test_a_name_with_a_dash_can_be_written_in_a_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no letter or digit may be written as _."""
    monkeypatch.setenv("CONDUCTOR_WORKER_PACK_TEA_THREAD_COUNT", "3")
    assert resolve_worker_config("pack-tea")["thread_count"] == 3


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("CONDUCTOR_WORKER_THREAD_COUNT", "many", "expected a whole number of at least 1, got 'many'"),
        ("CONDUCTOR_WORKER_THREAD_COUNT", "0", "expected a whole number of at least 1, got '0'"),
        ("CONDUCTOR_WORKER_THREAD_COUNT", "1.5", "expected a whole number of at least 1, got '1.5'"),
        ("CONDUCTOR_WORKER_POLL_INTERVAL", "-1", "expected milliseconds, a number of at least 0, got '-1'"),
        ("CONDUCTOR_WORKER_POLL_INTERVAL", "nan", "expected milliseconds, a number of at least 0, got 'nan'"),
        ("CONDUCTOR_WORKER_ALL_PAUSED", "maybe", "expected true or false, got 'maybe'"),
        ("conductor.worker.all.paused", "2", "expected true or false, got '2'"),
    ],
)
def test_a_malformed_variable_is_an_error_that_names_it(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, message: str
) -> None:
    """Not a warning, not ignored."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError) as caught:
        configure_worker(worker())
    assert str(caught.value) == f"{variable}: {message}"


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("CONDUCTOR_WORKER_ALL_THREAD_CUONT", "'thread_cuont'; did you mean 'thread_count'?"),
        ("CONDUCTOR_WORKER_GREET_ME_THREADS", "'threads'"),
        ("conductor.worker.greet_me.poll_intervall", "'poll_intervall'; did you mean 'poll_interval'?"),
        ("CONDUCTOR_WORKER_DOMAIM", "'domaim'; did you mean 'domain'?"),
    ],
)
def test_a_variable_that_names_no_setting_is_an_error(
    monkeypatch: pytest.MonkeyPatch, variable: str, hint: str
) -> None:
    """A typo must not be found out in production."""
    monkeypatch.setenv(variable, "1")
    with pytest.raises(ConfigurationError) as caught:
        configure_worker(worker())
    assert str(caught.value) == f"{variable}: no setting of a worker is called {hint}"


@pytest.mark.parametrize(
    "variable",
    ["CONDUCTOR_WORKER_SERVICE_HOST", "CONDUCTOR_WORKER_PORT_8080_TCP_ADDR", "CONDUCTOR_WORKER_ISOLATION",
     "CONDUCTOR_WORKER_OTHER_TASK_THREAD_COUNT"],
)  # fmt: skip
def test_variables_of_others_are_left_alone(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """Such as Kubernetes makes for a service of that name, and settings of workers that are not here."""
    monkeypatch.setenv(variable, "10.0.0.1")
    configure_worker(worker())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[worker.greet_me\n", "not valid TOML: "),
        ("[workers.greet_me]\nthread_count = 1\n", "workers: unknown table; did you mean 'worker'?"),
        ("[worker.greet_me]\nthread_cuont = 1\n",
         "worker.greet_me.thread_cuont: unknown setting; did you mean 'thread_count'?"),
        ("[worker.other]\nthread_count = 'x'\n",
         "worker.other.thread_count: expected a whole number of at least 1, got 'x'"),
        ("[worker]\nthread_count = 1\n", "worker.thread_count: expected a table of settings, got 1"),
        ("worker = 1\n", "worker: expected a table for each worker, or for `all`"),
        ("[worker.all]\nthread_count = true\n",
         "worker.all.thread_count: expected a whole number of at least 1, got True"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_file_is_an_error_that_names_file_and_key(text: str, message: str) -> None:
    """Also for workers that are not here."""
    path = write(text)
    with pytest.raises(ConfigurationError) as caught:
        configure_worker(worker())
    assert str(caught.value).startswith(f"{path}: {message}")


def test_the_file_may_be_named_or_be_the_projects_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """CONDUCTOR_CONFIG_FILE, then conductor.toml, then [tool.conductor] of pyproject.toml."""
    project = write("[tool.other]\nx = 1\n[tool.conductor.worker.all]\nthread_count = 2\n", "pyproject.toml")
    assert configure_worker(worker())["thread_count"] == f"{project}: tool.conductor.worker.all.thread_count"
    write("[worker.all]\nthread_count = 3\n")
    assert resolve_worker_config("greet_me")["thread_count"] == 3
    monkeypatch.setenv("CONDUCTOR_CONFIG_FILE", str(write("[worker.all]\nthread_count = 4\n", "mine.toml")))
    assert resolve_worker_config("greet_me")["thread_count"] == 4
    monkeypatch.setenv("CONDUCTOR_CONFIG_FILE", "none.toml")
    with pytest.raises(ConfigurationError, match=r"CONDUCTOR_CONFIG_FILE: none.toml: no such file"):
        resolve_worker_config("greet_me")


def test_a_value_in_the_code_is_checked_too() -> None:
    """By the same rules."""
    with pytest.raises(
        ConfigurationError, match="worker 'greet_me': thread_count: expected a whole number of at least 1"
    ):
        configure_worker(worker(thread_count=0))


def test_paused_is_read_again_while_the_worker_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the file, also in another process; a mistake in it keeps the last state and is told once."""
    monkeypatch.setattr(_settings_file, "_CHECK_INTERVAL_SECONDS", 0.0)
    write("[worker.greet_me]\npaused = true\n")
    made = worker(paused=False)
    configure_worker(made)
    made = pickle.loads(pickle.dumps(made))  # noqa: S301 - our own bytes
    assert made.is_paused()
    write("[worker.greet_me]\npaused = false # go on\n")
    assert not made.is_paused()
    write("[worker.all]\npaused = true\n")
    assert made.is_paused()
    Path("conductor.toml").unlink()
    assert made.is_paused()


def test_a_file_that_breaks_while_the_worker_runs_is_told_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An editor's half-written file must not wake a paused worker."""
    write("[worker.all]\npaused = true\n")
    made = worker()
    configure_worker(made)
    assert made.is_paused()
    write("[worker.all]\npaused = \n")
    monkeypatch.setattr(time, "monotonic", lambda: 1e12)
    with caplog.at_level(logging.ERROR):
        assert made.is_paused()
    assert "stays paused" in caplog.text
    assert "not valid TOML" in caplog.text


def test_paused_may_be_an_attribute_a_method_or_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A subclass of old defines a method."""

    class Asks(WorkerInterface):
        answer = False

        def execute(self, task: Task) -> Any:
            return None

        def paused(self) -> bool:
            return self.answer

    asks = Asks("x")
    configure_worker(asks)
    assert not asks.is_paused()
    asks.answer = True
    assert asks.is_paused()
    assert worker(paused=True).is_paused()
    monkeypatch.setenv("CONDUCTOR_WORKER_ALL_PAUSED", "false")
    configure_worker(asks)
    assert asks.is_paused()
    monkeypatch.setenv("CONDUCTOR_WORKER_ALL_PAUSED", "true")
    made = worker()
    configure_worker(made)
    assert made.is_paused()


def test_settings_are_shown_with_their_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a block and in one line."""
    monkeypatch.setenv("CONDUCTOR_WORKER_GREET_THREAD_COUNT", "3")
    resolved = resolve_worker_config("greet", poll_interval=100, domain="eu")
    assert "  thread_count: 3 (from CONDUCTOR_WORKER_GREET_THREAD_COUNT)" in get_worker_config_summary(
        "greet", resolved
    )
    assert "  domain: eu (from code)" in get_worker_config_summary("greet", resolved)
    line = get_worker_config_oneline("greet", resolved)
    assert line.startswith(
        f"Conductor Worker[name=greet, pid={os.getpid()}, status=active, poll_interval=100ms, domain=eu"
    )
