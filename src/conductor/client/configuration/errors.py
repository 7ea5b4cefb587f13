"""The one error of settings."""

from __future__ import annotations


class ConfigurationError(ValueError):
    """A setting is wrong; the message names the setting, where its value came from, and what was expected."""
