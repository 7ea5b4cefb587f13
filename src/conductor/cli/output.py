"""What commands print with: results to stdout, progress and errors to stderr, colours only on a screen."""

from __future__ import annotations

from rich.console import Console

STATUS_STYLE = {
    "COMPLETED": "green",
    "RUNNING": "cyan",
    "IN_PROGRESS": "cyan",
    "SCHEDULED": "yellow",
    "PAUSED": "yellow",
    "SKIPPED": "dim",
    "COMPLETED_WITH_ERRORS": "yellow",
}


def stdout() -> Console:
    """The console for results."""
    return Console(highlight=False)


def stderr() -> Console:
    """The console for progress and remarks."""
    return Console(stderr=True, highlight=False)


def styled(status: str | None) -> str:
    """A status in its colour; whatever is not known to be good is red."""
    return f"[{STATUS_STYLE.get(status or '', 'red')}]{status or '-'}[/]"


def milliseconds(ms: float | None) -> str:
    """A duration for a reader: `12 ms`, `3.4 s`, `5 m 03 s`; `-` for none."""
    if ms is None or ms < 0:
        return "-"
    if ms < 1000:
        return f"{ms:.0f} ms"
    if ms < 60_000:
        return f"{ms / 1000:.1f} s"
    minutes, seconds = divmod(round(ms / 1000), 60)
    return f"{minutes} m {seconds:02} s"
