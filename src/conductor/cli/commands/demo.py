"""`conductor demo`: the main job from end to end, on the embedded server or on any Conductor server.

It starts a server (unless told of one), registers a folder of definitions, starts the Python and C++ workers under
TaskHandler, runs the order workflow on real input, and shows how it goes, what came out, how long each task took, and
where the metrics are.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec
from rich.live import Live

from conductor.cli import output
from conductor.cli.commands import _demo_view as view
from conductor.client.automator.task_handler import WorkerStartError
from conductor.client.http.rest import ApiException

if TYPE_CHECKING:
    from conductor.client.automator.task_handler import TaskHandler
    from conductor.client.configuration.configuration import Configuration
    from conductor.client.http.models.workflow import Workflow

WORKFLOW = "order_fulfilment"
REFRESH_SECONDS = 0.05
POLL_TIMEOUT_MS = 200
TERMINAL = frozenset({"COMPLETED", "FAILED", "TIMED_OUT", "TERMINATED"})


@click.command()
@click.option(
    "--input",
    "source",
    metavar="FILE|JSON",
    help="The order: a JSON file, or JSON itself. Default: the one that ships.",
)
@click.option(
    "--server",
    metavar="URL",
    help="Run on this Conductor server, e.g. http://localhost:8080/api, and not on the embedded one.",
)
@click.option("--definitions", metavar="DIR", help="Register this folder of definitions. Default: the one that ships.")
@click.option("--metrics", metavar="DIR", help="Write metrics.log into this folder. Default: a new temporary one.")
@click.option("--timeout", metavar="SECONDS", default=60.0, show_default=True, help="Give the workflow this long.")
@click.option("--verbose", is_flag=True, help="Show the log lines of the workers and the server.")
def demo(
    source: str | None, server: str | None, definitions: str | None, metrics: str | None, timeout: float, verbose: bool
) -> int:
    """Run a workflow of Python and C++ workers and look at it.

    \b
    conductor demo
    conductor demo --input orders.json
    conductor demo --input '{"order": {"id": "A-1", "lines": [{"item": "tea", "quantity": 2, "unit_cents": 450}]}}'
    conductor demo --server http://localhost:8080/api
    """
    logging.basicConfig(level=logging.INFO if verbose else logging.ERROR, format="%(levelname)s %(name)s: %(message)s")
    order = read_input(source or str(shipped("examples", "orders.json")))
    metrics_directory = writable(Path(metrics or tempfile.mkdtemp(prefix="conductor-demo-")))
    began = time.monotonic()
    try:
        with contextlib.ExitStack() as stack:
            url = server or stack.enter_context(embedded_server())
            workflow = run(
                url, order, Path(definitions) if definitions else shipped("workflows"), metrics_directory, timeout
            )
    except (ApiException, WorkerStartError) as error:
        raise click.ClickException(str(error)) from None
    output.stdout().print(view.summary(workflow, metrics_directory / "metrics.log", time.monotonic() - began))
    return 0 if workflow.status == "COMPLETED" else 1


def writable(directory: Path) -> Path:
    """The directory, made where it is not there.

    Raises:
        click.ClickException: nothing can be written to it.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            return directory
    except OSError as error:
        raise click.ClickException(
            f"cannot write metrics into {directory}: {error.strerror}; use --metrics DIR"
        ) from None


def shipped(*parts: str) -> Path:
    """A file or folder that ships with the project: beside the package when installed, at the top of a checkout."""
    package = Path(__file__).resolve().parents[2]
    candidates = (package / "_shipped" / Path(*parts), package.parents[1] / Path(*parts))
    for path in candidates:
        if path.exists():
            return path
    raise click.ClickException(
        f"{Path(*parts)} is missing from this installation (looked at {', '.join(map(str, candidates))})"
    )


def read_input(source: str) -> dict[str, Any]:
    """The workflow's input from a JSON file or from JSON itself.

    Raises:
        click.ClickException: it cannot be read, is no JSON or no JSON object; the message says where.
    """
    inline = source.lstrip().startswith(("{", "["))
    where = "--input" if inline else source
    try:
        text = source.encode() if inline else Path(source).read_bytes()
        value = msgspec.json.decode(text)
    except OSError as error:
        raise click.ClickException(f"cannot read the input {source}: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{where}: not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise click.ClickException(
            f"{where}: the workflow's input must be a JSON object, this is a {type(value).__name__}"
        )
    return value


@contextlib.contextmanager
def embedded_server() -> Iterator[str]:
    """An embedded server in a process of its own, in memory, on a free port; its API's URL."""
    from conductor.server.http_server import StartError
    from conductor.testing import embedded

    server = embedded(process=True)
    try:
        url = server.__enter__().url
    except StartError as error:
        raise click.ClickException(f"the embedded server did not start: {error}") from None
    try:
        yield url
    finally:
        server.__exit__(None, None, None)


def run(url: str, order: dict[str, Any], definitions: Path, metrics: Path, timeout: float) -> Workflow:
    """Register, start the workers, run the workflow, stop the workers; the finished workflow."""
    from conductor.client.configuration.configuration import Configuration

    configuration = Configuration(server_api_url=url)
    register(definitions, configuration)
    with workers(configuration, metrics) as handler:
        handler.start_processes()
        return follow(configuration, order, timeout)


def register(folder: Path, configuration: Configuration) -> None:
    """Register a folder of definitions; a malformed one is the user's one clear line."""
    from conductor.client.workflow.definitions import DefinitionError, load_definitions, register

    try:
        register(load_definitions(folder), configuration)
    except DefinitionError as error:
        raise click.ClickException(str(error)) from None


def workers(configuration: Configuration, metrics: Path) -> TaskHandler:
    """The two workers of the README, one process each."""
    from conductor.client.automator.task_handler import TaskHandler
    from conductor.client.configuration.settings.metrics_settings import MetricsSettings
    from conductor.client.example.worker.cpp.simple_cpp_worker import SimpleCppWorker
    from conductor.client.example.worker.python.simple_python_worker import SimplePythonWorker

    both = [SimpleCppWorker("cpp_task_example"), SimplePythonWorker("python_task_example")]
    for worker in both:  # a poll in flight is waited for at the end, and nobody wants to wait for a demo
        worker.poll_timeout = POLL_TIMEOUT_MS
    return TaskHandler(
        workers=both,
        configuration=configuration,
        metrics_settings=MetricsSettings(directory=str(metrics), file_name="metrics.log", update_interval=0.1),
        scan_for_annotated_workers=False,
    )


def follow(configuration: Configuration, order: dict[str, Any], timeout: float) -> Workflow:
    """Start the workflow and draw its tasks until it ends or the time is over."""
    from conductor.client.http.api.workflow_resource_api import WorkflowResourceApi
    from conductor.client.http.api_client import ApiClient
    from conductor.client.http.models.start_workflow_request import StartWorkflowRequest

    api = WorkflowResourceApi(ApiClient(configuration))
    workflow_id = api.start_workflow(StartWorkflowRequest(name=WORKFLOW, version=1, input=order))
    deadline = time.monotonic() + timeout
    with Live(console=output.stderr(), refresh_per_second=10, transient=True) as live:
        while True:
            workflow = api.get_execution_status(workflow_id, include_tasks=True)
            live.update(view.progress(workflow))
            if workflow.status in TERMINAL:
                return workflow
            if time.monotonic() > deadline:
                late = f"workflow {workflow_id} is still {workflow.status} after {timeout:g} s"
                raise click.ClickException(f"{late}; {view.waiting_for(workflow)}")
            time.sleep(REFRESH_SECONDS)
