"""``/metrics``, ``/health`` and ``/ready`` over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from socket import socket
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import urlsplit

_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class MetricsServer:
    """Serves on a socket that listens already, in threads of its own."""

    def __init__(
        self,
        listener: socket,
        render: Callable[[], bytes],
        is_healthy: Callable[[], bool] | None,
        is_ready: Callable[[], bool] | None,
    ) -> None:
        host, self.port = listener.getsockname()[:2]
        handler = type("Handler", (_Handler,), {
            "render": staticmethod(render),
            "checks": {"/health": is_healthy, "/ready": is_ready},
            "local_only": host in ("127.0.0.1", "::1"),
        })  # fmt: skip
        self._server = _Server((host, self.port), handler, bind_and_activate=False)
        self._server.socket.close()
        self._server.socket = listener
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.2,), name="conductor-metrics-http", daemon=True
        )

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingMixIn, HTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A scraper that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    render: Callable[[], bytes]
    checks: dict[str, Callable[[], bool] | None]
    local_only: bool
    timeout = 10
    server_version, sys_version = "conductor", ""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if self.local_only and not self._is_for_this_machine():
            # A page on the web may make a browser on this machine ask: under the page's own name, not under ours.
            self._answer(403, "text/plain", b"only this machine may ask\n")
        elif path == "/metrics":
            self._answer(200, "text/plain; version=0.0.4; charset=utf-8", self.render())
        elif path in self.checks:
            check = self.checks[path]
            up = check is None or check()
            self._answer(
                200 if up else 503, "application/json", json.dumps({"status": "UP" if up else "DOWN"}).encode()
            )
        else:
            self._answer(404, "text/plain", b"there are /metrics, /health and /ready\n")

    do_HEAD = do_GET

    def _is_for_this_machine(self) -> bool:
        name = urlsplit(f"//{self.headers.get('Host', 'localhost')}").hostname
        return name in _LOCAL_NAMES

    def _answer(self, status: int, content_type: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Scrapes are not logged."""
