"""For tests of workers and workflows: a server in a `with`, an environment that skips time.

from conductor.testing import embedded

with embedded() as server:
    configuration = Configuration(server_api_url=server.url)
"""

from __future__ import annotations

from conductor.testing.embedded import EmbeddedServer, embedded

__all__ = ["EmbeddedServer", "embedded"]
