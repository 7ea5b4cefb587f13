"""Logging set up for programs that have none. Nothing in the package touches handlers or levels unless asked here."""

from __future__ import annotations

import logging

from conductor.client.configuration.errors import ConfigurationError

DEFAULT_FORMAT = "%(asctime)s %(name)-12s %(levelname)-8s %(message)s"


def configure_logging(level: int | str = logging.INFO, log_format: str = DEFAULT_FORMAT) -> None:
    """Send log records to standard error, unless the root logger has handlers of its own.

    Sets the level of the root logger where it had no handler, and of the ``conductor`` logger always.
    """
    number = parse_level(level, "level")
    logging.basicConfig(format=log_format, level=number)
    logging.getLogger("conductor").setLevel(number)
    logging.getLogger("urllib3").setLevel(max(number, logging.WARNING))


def parse_level(value: int | str, source: str) -> int:
    """A level by name or number; `source` names the setting in errors."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = str(value).strip().upper()
    number = int(text) if text.isdecimal() else logging.getLevelName(text)
    if not isinstance(number, int):
        raise ConfigurationError(f"{source}: {value!r} is not a log level; expected DEBUG, INFO, WARNING or ERROR")
    return number
