"""`conductor worker`: run the workers of a module, without a main method of one's own."""

from __future__ import annotations

import logging
import os
import sys

import click

from conductor.client.automator.task_handler import TaskHandler, WorkerStartError
from conductor.client.configuration.configuration import Configuration
from conductor.client.configuration.errors import ConfigurationError
from conductor.client.configuration.settings.metrics_settings import MetricsSettings


@click.command()
@click.argument("modules", nargs=-1, required=True, metavar="MODULE...")
@click.option("--server", metavar="URL", help="The Conductor server's API. Default: CONDUCTOR_SERVER_URL.")
@click.option("--metrics", metavar="DIR", help="Write metrics.log into this folder.")
@click.option(
    "--metrics-port", type=int, metavar="PORT", help="Serve /metrics, /health and /ready on this port of localhost."
)
@click.option(
    "--grace", default=30.0, show_default=True, metavar="SECONDS", help="At the end, tasks get this long to finish."
)
@click.option("--log-level", default="INFO", show_default=True, metavar="LEVEL", help="DEBUG, INFO, WARNING or ERROR.")
def worker(
    modules: tuple[str, ...],
    server: str | None,
    metrics: str | None,
    metrics_port: int | None,
    grace: float,
    log_level: str,
) -> None:
    """Run the workers that MODULE... define with @worker_task, one process each, until Ctrl-C or SIGTERM.

    \b
    conductor worker shop.workers
    conductor worker shop.workers billing.workers --server http://localhost:8080/api --metrics /var/tmp/shop
    """
    logging.basicConfig(level=log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    sys.path.insert(0, os.getcwd())  # as `python -m` does: the modules are the user's own
    settings = None
    if metrics is not None or metrics_port is not None:
        settings = MetricsSettings(directory=metrics, http_port=metrics_port)
    try:
        handler = TaskHandler(
            configuration=Configuration(server_api_url=server),
            metrics_settings=settings,
            import_modules=list(modules),
            shutdown_grace_seconds=grace,
        )
        if not handler.workers:
            raise click.ClickException(
                f"no worker is defined in {', '.join(modules)}: decorate a function with @worker_task"
            )
        with handler:
            handler.start_processes()
            click.echo(f"{len(handler.workers)} workers poll {handler.configuration.host}; Ctrl-C ends them", err=True)
            handler.join_processes()
    except (ConfigurationError, WorkerStartError) as error:
        raise click.ClickException(str(error)) from None
