"""Numbers of many processes end up right in one file, whatever becomes of the processes."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.parser import text_string_to_metric_families

from conductor.client.configuration import ConfigurationError
from conductor.client.configuration.settings.metrics_settings import MetricsSettings
from conductor.client.event import (
    PollFailure,
    PollStarted,
    SyncEventDispatcher,
    TaskExecutionCompleted,
    TaskExecutionFailure,
    TaskExecutionStarted,
    TaskUpdateCompleted,
    TaskUpdateFailure,
    WorkflowStarted,
)
from conductor.client.telemetry._mapped import MappedFile, key_of
from conductor.client.telemetry.exporter import Exporter, mark_process_dead, prepare_metrics, serve_metrics
from conductor.client.telemetry.metrics_collector import (
    CanonicalMetricsCollector,
    LegacyMetricsCollector,
    MetricsCollector,
)
from conductor.client.telemetry.metrics_collector_base import MetricsCollectorBase
from conductor.client.telemetry.metrics_factory import create_metrics_collector, create_metrics_collector_for_parent

SOURCE = str(Path(__file__).resolve().parents[3])
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def settings(tmp_path: Path) -> MetricsSettings:
    return MetricsSettings(str(tmp_path), update_interval=0.01)


@pytest.fixture
def exporter(settings: MetricsSettings) -> Iterator[Exporter]:
    prepare_metrics(settings)
    exporter = Exporter(settings)
    yield exporter
    exporter.close()


def parse(text: bytes) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((name, frozenset(labels.items())))


def until(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(0.005)
    return result


def tell_everything(dispatcher: SyncEventDispatcher) -> None:
    """One of each event that a task's life brings."""
    task = ("t", "id", "w", "wf")
    for event in (
        PollStarted("t", "w", 1),
        PollFailure("t", 20.0, TimeoutError("a long text, never the same twice")),
        TaskExecutionStarted(*task),
        TaskExecutionCompleted(*task, 30.0, 1234),
        TaskExecutionFailure(*task, ValueError("bad input 17"), 40.0),
        TaskUpdateCompleted(*task, 5.0),
        TaskUpdateFailure(*task, ConnectionError("no"), 1, None, 7.0),
        WorkflowStarted("wf", 1, False, cause=KeyError("x")),
    ):
        dispatcher.publish(event)


def test_the_canonical_family_has_histograms_of_the_right_values(exporter: Exporter, settings: MetricsSettings) -> None:
    """Seconds and bytes land in their buckets; an error's label is its class and not its text."""
    collector = CanonicalMetricsCollector(settings)
    tell_everything(SyncEventDispatcher([collector]))
    collector.flush()
    samples = parse(exporter.render())
    assert value(samples, "task_poll_total", taskType="t") == 1
    assert value(samples, "task_poll_error_total", taskType="t", exception="TimeoutError") == 1
    assert value(samples, "task_execute_error_total", taskType="t", exception="ValueError") == 1
    assert value(samples, "task_update_error_total", taskType="t", exception="ConnectionError") == 1
    assert value(samples, "workflow_start_error_total", workflowType="wf", exception="KeyError") == 1
    seconds = "task_execute_time_seconds"
    assert value(samples, f"{seconds}_bucket", taskType="t", status="SUCCESS", le="0.025") == 0
    assert value(samples, f"{seconds}_bucket", taskType="t", status="SUCCESS", le="0.05") == 1
    assert value(samples, f"{seconds}_sum", taskType="t", status="FAILURE") == pytest.approx(0.04)
    assert value(samples, "task_update_time_seconds_count", taskType="t", status="FAILURE") == 1
    assert value(samples, "task_result_size_bytes_sum", taskType="t") == 1234
    assert value(samples, "task_result_size_bytes_bucket", taskType="t", le="10000.0") == 1
    collector.close()


def test_the_legacy_family_has_last_values_and_quantiles(exporter: Exporter, settings: MetricsSettings) -> None:
    """The last value, five quantiles of recent ones, and count and sum of all."""
    collector = MetricsCollector(settings)
    for i in range(2000):
        collector.record_task_execute_time("t", i / 1000)
    collector.record_task_result_payload_size("t", 77)
    collector.record_api_request_time("GET", "/x/{id}", "200", 0.5)
    collector.flush()
    samples = parse(exporter.render())
    name, labels = "task_execute_time_seconds", {"taskType": "t", "status": "SUCCESS"}
    assert value(samples, "task_execute_time", taskType="t") == 1.999
    assert value(samples, name, **labels, quantile="0.5") == 1.5
    assert value(samples, name, **labels, quantile="0.99") == 1.99
    assert value(samples, f"{name}_count", **labels) == 2000
    assert value(samples, f"{name}_sum", **labels) == pytest.approx(1999.0)
    assert value(samples, "task_result_size", taskType="t") == 77
    assert value(samples, "http_api_client_request", method="GET", uri="/x/{id}", status="200", quantile="0.9") == 0.5
    collector.close()


def _work(settings: MetricsSettings, number: int, wait: Any) -> None:
    collector = create_metrics_collector(settings)
    assert collector is not None
    for _ in range(number):
        collector.increment_task_poll("t")
    collector.set_active_workers("t", number)
    collector.record_task_poll_time("t", number)
    collector.flush()
    if wait is not None:
        wait.wait(30)
    collector.close()


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_counters_of_processes_that_ended_count_on_and_their_gauges_go(
    exporter: Exporter, settings: MetricsSettings, method: str
) -> None:
    """Three processes count; one ends well, one is killed, one lives: totals stay, live values are the living one's."""
    context: Any = multiprocessing.get_context(method)
    done, never = context.Event(), context.Event()  # an event that a killed process waited for cannot be set any more
    processes = [context.Process(target=_work, args=(settings, n, w)) for n, w in ((1, None), (2, never), (4, done))]
    for process in processes:
        process.start()
    try:
        # What each process writes last: before it is there, the others need not be.
        count, labels = "task_poll_time_seconds_count", {"taskType": "t", "status": "SUCCESS"}
        until(lambda: value(parse(exporter.render()), count, **labels) == 3)
        os.kill(processes[1].pid, signal.SIGKILL)
        for process in processes[:2]:
            process.join(10)
        mark_process_dead(settings, processes[1].pid)
        samples = parse(exporter.render())
        assert value(samples, "task_poll_total", taskType="t") == 7
        assert value(samples, "active_workers", taskType="t") == 4
        assert value(samples, "task_poll_time", taskType="t") == 4
        assert value(samples, count, **labels) == 3
    finally:
        done.set()
        processes[2].join(10)
    samples = parse(exporter.render())
    assert value(samples, "task_poll_total", taskType="t") == 7
    assert value(samples, "active_workers", taskType="t") is None


def test_many_restarts_leave_a_handful_of_files(exporter: Exporter, settings: MetricsSettings) -> None:
    """What ended processes counted is added up, so that a restart loop does not fill the disk."""
    for _ in range(100):
        collector = CanonicalMetricsCollector(settings, background=False)
        collector.increment_task_poll("t")
        collector.close()
        exporter.render()
    assert value(parse(exporter.render()), "task_poll_total", taskType="t") == 100
    assert len(os.listdir(settings.metrics_directory)) <= 6


def test_a_new_run_does_not_show_an_old_one(settings: MetricsSettings) -> None:
    """Files of processes that ended before the start are gone; a live process of another handler keeps its own."""
    old = CanonicalMetricsCollector(settings, background=False)
    old.increment_task_poll("old")
    old.close()
    other = CanonicalMetricsCollector(settings, background=False)
    other.increment_task_poll("other")
    prepare_metrics(settings)
    samples = parse(Exporter(settings).render())
    assert value(samples, "task_poll_total", taskType="old") is None
    assert value(samples, "task_poll_total", taskType="other") == 1
    other.close()


def test_two_that_add_up_in_one_folder_add_nothing_twice(settings: MetricsSettings) -> None:
    """Two handlers may share a folder: what a dead process counted counts once."""
    prepare_metrics(settings)
    collector = CanonicalMetricsCollector(settings, background=False)
    for _ in range(3):
        collector.increment_task_poll("t")
    collector.close()
    exporters = [Exporter(settings) for _ in range(2)]
    for exporter in exporters * 2:
        assert value(parse(exporter.render()), "task_poll_total", taskType="t") == 3
    for exporter in exporters:
        exporter.close()


def test_other_people_s_files_are_left_alone(exporter: Exporter, settings: MetricsSettings) -> None:
    """A folder may hold anything: databases, broken files, metrics of others."""
    folder = Path(settings.metrics_directory)
    names = ("app.db", "counter_123.db", "gauge_all_1.db", "owner.lock", "histogram_9-x.db")
    for name in names:
        (folder / name).write_bytes(b"SQLite format 3\x00")
    prepare_metrics(settings)
    exporter.render()
    assert {name for name in names if (folder / name).exists()} == set(names)


def test_a_broken_file_of_ours_is_left_out_with_one_line(
    exporter: Exporter, settings: MetricsSettings, caplog: pytest.LogCaptureFixture
) -> None:
    """Garbage where a process left its numbers harms nobody else's."""
    good, bad = (CanonicalMetricsCollector(settings, background=False) for _ in range(2))
    good.increment_task_poll("good")
    bad.increment_task_poll("bad")
    before = set(Path(settings.metrics_directory).glob("counter_*"))
    for path in before:
        content = path.read_bytes()
        if b'"bad"' in content:
            path.write_bytes(content.replace(b'"bad"', b'"ba"x'))
    for _ in range(2):
        samples = parse(exporter.render())
    assert value(samples, "task_poll_total", taskType="good") == 1
    assert len([r for r in caplog.records if "broken" in r.message]) == 1
    good.close()
    bad.close()


@pytest.mark.parametrize("cls", [LegacyMetricsCollector, CanonicalMetricsCollector])
def test_series_are_bounded_whatever_the_labels(
    exporter: Exporter, settings: MetricsSettings, cls: type[MetricsCollectorBase]
) -> None:
    """Ten thousand task types and errors make at most 500 series, and every one is counted."""
    collector = cls(settings)
    for i in range(10_000):
        collector.increment_task_execution_error(f"type{i}", f"text {i}")
        collector.record_task_execute_time(f"type{i}", 0.1)
    collector.flush()
    samples = parse(exporter.render())
    assert len(samples) <= 500
    errors = {labels: v for (name, labels), v in samples.items() if name == "task_execute_error_total"}
    assert sum(errors.values()) == 10_000
    assert max(errors.values()) > 9_000
    collector.close()


def test_many_threads_lose_no_count(exporter: Exporter, settings: MetricsSettings) -> None:
    """Eight threads count while another writes: the total is exact."""
    collector = CanonicalMetricsCollector(settings)

    def count() -> None:
        for _ in range(5_000):
            collector.increment_task_poll("t")

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    collector.flush()
    assert value(parse(exporter.render()), "task_poll_total", taskType="t") == 40_000
    collector.close()


def test_a_forked_process_starts_from_nothing(exporter: Exporter, settings: MetricsSettings) -> None:
    """A collector that is inherited counts for the child alone, in files of the child's."""
    collector = CanonicalMetricsCollector(settings)
    collector.increment_task_poll("t")
    collector.flush()
    context: Any = multiprocessing.get_context("fork")

    def child() -> None:
        collector.increment_task_poll("t")
        collector.close()

    process = context.Process(target=child)
    process.start()
    process.join(10)
    assert value(parse(exporter.render()), "task_poll_total", taskType="t") == 2
    collector.close()


def test_a_collector_reaches_other_processes_without_its_numbers(settings: MetricsSettings) -> None:
    """Pickling takes the settings along, so that listeners may be given before processes start."""
    collector = CanonicalMetricsCollector(settings)
    other = pickle.loads(pickle.dumps(collector))  # noqa: S301
    assert (type(other), other.settings.directory) == (CanonicalMetricsCollector, settings.directory)


def test_the_environment_chooses_the_family(settings: MetricsSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """WORKER_CANONICAL_METRICS decides, and the families never share a folder."""
    monkeypatch.delenv("WORKER_CANONICAL_METRICS", raising=False)
    legacy = settings.metrics_directory
    assert isinstance(create_metrics_collector(settings), LegacyMetricsCollector)
    monkeypatch.setenv("WORKER_CANONICAL_METRICS", "true")
    assert isinstance(create_metrics_collector_for_parent(settings), CanonicalMetricsCollector)
    assert settings.metrics_directory == os.path.join(legacy, "canonical")
    assert create_metrics_collector(None) is None


def test_the_file_is_whole_at_every_moment_and_right_at_the_end(settings: MetricsSettings) -> None:
    """A reader never sees half a file; the last numbers are in it when the exporter has stopped."""
    prepare_metrics(settings)
    stop = threading.Event()
    thread = threading.Thread(target=serve_metrics, args=(settings, stop))
    thread.start()
    collector = CanonicalMetricsCollector(settings)
    seen: list[float] = []
    try:
        for _ in range(50):
            collector.increment_task_poll("t")
            time.sleep(0.003)
            if os.path.exists(settings.file_path):
                content = Path(settings.file_path).read_bytes()
                if content:
                    assert content.endswith(b"\n")
                    seen.append(value(parse(content), "task_poll_total", taskType="t") or 0)
        until(lambda: b"50.0" in Path(settings.file_path).read_bytes())
        collector.increment_task_poll("t")
        collector.close()
    finally:
        stop.set()
        thread.join(10)
    assert seen == sorted(seen)
    assert value(parse(Path(settings.file_path).read_bytes()), "task_poll_total", taskType="t") == 51
    assert [name for name in os.listdir(settings.directory) if name.startswith(".")] == []


def test_the_exporter_ends_with_its_parent(settings: MetricsSettings) -> None:
    """When the program is killed, the process beside it does not stay."""
    code = f"""
import multiprocessing, os, signal, sys
from conductor.client.configuration.settings.metrics_settings import MetricsSettings
from conductor.client.telemetry.exporter import serve_metrics
context = multiprocessing.get_context("fork")
settings = MetricsSettings({settings.directory!r}, update_interval=0.01)
process = context.Process(target=serve_metrics, args=(settings, context.Event()))
process.start()
print(process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    source = str(Path(__file__).resolve().parents[3])
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        timeout=30,
        check=False,
        env={**os.environ, "PYTHONPATH": source},
    )
    pid = int(ended.stdout)
    until(lambda: not _exists(pid))


def _exists(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]
    except FileNotFoundError:
        return False


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Any]:
    settings = MetricsSettings(str(tmp_path), update_interval=0.01, http_port=0)
    prepare_metrics(settings)
    stop, ports, state = threading.Event(), list[int](), {"healthy": True, "ready": False}
    thread = threading.Thread(
        target=serve_metrics,
        args=(settings, stop),
        kwargs={
            "is_healthy": lambda: state["healthy"], "is_ready": lambda: state["ready"], "on_listening": ports.append,
        },
    )  # fmt: skip
    thread.start()
    until(lambda: ports)
    yield settings, ports[0], state
    stop.set()
    thread.join(10)


def get(port: int, path: str, **headers: str) -> tuple[int, bytes]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_metrics_health_and_readiness_are_served(served: Any) -> None:
    """/metrics is as of now; /health and /ready say what the handler says."""
    settings, port, state = served
    collector = CanonicalMetricsCollector(settings, background=False)
    collector.increment_task_poll("t")
    status, content = get(port, "/metrics")
    assert (status, value(parse(content), "task_poll_total", taskType="t")) == (200, 1)
    assert (get(port, "/health")[0], get(port, "/ready")[0], get(port, "/other")[0]) == (200, 503, 404)
    state.update(healthy=False, ready=True)
    assert json.loads(get(port, "/health")[1]) == {"status": "DOWN"}
    assert json.loads(get(port, "/ready")[1]) == {"status": "UP"}
    collector.close()


def test_only_this_machine_may_ask(served: Any) -> None:
    """The port listens on localhost, and a web page that made a browser ask under its own name is refused."""
    _, port, _ = served
    assert get(port, "/metrics", Host="evil.example")[0] == 403
    assert get(port, "/metrics", Host=f"localhost:{port}")[0] == 200
    assert get(port, "/metrics", Host=f"[::1]:{port}")[0] == 200
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=1).close()


def test_a_port_that_is_taken_is_one_clear_error(tmp_path: Path) -> None:
    """The setting, the address and the reason are in it, before any worker starts."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"http_port: cannot listen on 127.0.0.1:{port}: address already"):
            prepare_metrics(MetricsSettings(str(tmp_path), http_port=port))


@pytest.mark.parametrize("directory", ["/proc/none", "/dev/null/x"])
def test_a_folder_that_cannot_be_used_is_one_clear_error(directory: str) -> None:
    """The setting, the folder and the reason are in it."""
    with pytest.raises(ConfigurationError, match=r"MetricsSettings\.directory: cannot (make|write to) '"):
        prepare_metrics(MetricsSettings(directory))


@pytest.mark.parametrize(
    "wrong",
    [{"file_name": "a/b"}, {"file_name": ""}, {"update_interval": 0}, {"http_port": 70000}, {"max_series": "x"}],
)
def test_settings_out_of_range_are_refused(wrong: Any) -> None:
    """The error names the field."""
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        MetricsSettings("/tmp", **wrong)


def test_a_full_disk_costs_the_metrics_and_not_the_worker(
    settings: MetricsSettings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks are taken when a file is made: where there are none left, one line is logged and work goes on."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    collector = CanonicalMetricsCollector(settings, background=False)
    with caplog.at_level(logging.ERROR):
        for _ in range(5):
            collector.increment_task_poll("t")
    assert [r.getMessage() for r in caplog.records] == [
        f"metrics cannot be written to {settings.metrics_directory}: [Errno 28] No space left on device"
    ]
    monkeypatch.undo()
    collector.increment_task_poll("t")
    assert value(parse(Exporter(settings).render()), "task_poll_total", taskType="t") == 6
    collector.close()


def test_nothing_heavy_is_imported_before_there_is_something_to_count() -> None:
    """Importing events, settings and telemetry leaves prometheus_client and multiprocessing alone."""
    code = """
import sys
import conductor.client.event, conductor.client.telemetry.metrics_factory, conductor.client.telemetry.exporter
heavy = {"prometheus_client", "multiprocessing", "http.server", "urllib3", "opentelemetry"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30, env={**os.environ, "PYTHONPATH": SOURCE})


@given(st.lists(st.tuples(st.text(max_size=40), st.floats(allow_nan=False)), max_size=60))
def test_what_is_written_is_what_the_library_reads(pairs: list[tuple[str, float]]) -> None:
    """A file of ours, however it grows, is one of prometheus-client's, key by key."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "counter_1.db"
        file = MappedFile(path, 64)
        for text, number in pairs:
            file.write(key_of("metric", "sample", {"label": text}, "help"), number, 1.0)
        read = {key: number for key, number, *_ in MmapedDict.read_all_values_from_file(str(path))}
        file.close()
    assert read == {mmap_key("metric", "sample", ["label"], [text], "help"): number for text, number in pairs}


def test_a_task_is_not_kept_for_the_metrics(settings: MetricsSettings) -> None:
    """What a runner tells is counted; the task with its payload is free as soon as it is done with."""

    class Payload:
        pass

    payload = Payload()
    alive = weakref.ref(payload)
    collector = CanonicalMetricsCollector(MetricsSettings(settings.directory, update_interval=3600))
    dispatcher = SyncEventDispatcher([collector])
    dispatcher.tell(TaskExecutionStarted, "t", "id", "w", "wf", payload)
    del payload
    assert alive() is None
    collector.close()


def test_numbers_of_the_wrong_kind_are_one_line_in_the_log(
    exporter: Exporter, settings: MetricsSettings, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is told, counting goes on."""
    collector = CanonicalMetricsCollector(settings, background=False)
    for _ in range(3):
        collector.heard_task_execution_completed("t", "id", "w", "wf", "long")  # type: ignore[arg-type]
    collector.increment_task_poll("t")
    assert value(parse(exporter.render()), "task_poll_total", taskType="t") == 1
    assert len(caplog.records) == 1
    collector.close()
