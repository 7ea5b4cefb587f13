"""Conductor for Python: a client and worker SDK, and an embedded engine. Importing this package does nothing else."""

from conductor._version import __version__

__all__ = ["__version__"]
