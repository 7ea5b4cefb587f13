"""Settings: what they are and where their values come from. Nothing here opens a socket."""

from conductor.client.configuration.errors import ConfigurationError
from conductor.client.configuration.log import configure_logging

__all__ = ["ConfigurationError", "configure_logging"]
