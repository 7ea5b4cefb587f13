"""Requests of HTTP tasks: where they may go, and what an answer may do."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from conductor.client.configuration.configuration import Configuration
from conductor.client.http.models import StartWorkflowRequest, WorkflowDef
from conductor.client.orkes_clients import OrkesClients
from conductor.server.fetch import Fetcher, FetchRefused, refusal
from conductor.server.settings import FetchPolicy
from conductor.testing import embedded

NEVER = [
    "169.254.169.254", "169.254.0.1", "fe80::1", "fd00:ec2::254", "100.100.100.200", "168.63.129.16",
    "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "::a9fe:a9fe", "224.0.0.1",
]  # fmt: skip
NUMBERS = ["2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "0xa9.254.0251.254"]
LOCAL_POLICY = FetchPolicy(local=True)
LOCAL = ["127.0.0.1", "::1", "0.0.0.0", "::", "127.1.2.3", "::ffff:127.0.0.1", "10.0.0.1", "192.168.1.1", "fd12::1"]


def why(policy: FetchPolicy, address: str, host: str = "x", port: int = 80) -> str | None:
    return refusal(policy, host, ipaddress.ip_address(address), port)


@pytest.mark.parametrize("address", NEVER)
def test_metadata_and_link_local_addresses_are_never_asked(address: str) -> None:
    """However the address is wrapped, and even by a server for this machine alone."""
    assert why(FetchPolicy(local=True), address)


@pytest.mark.parametrize("written", NUMBERS)
def test_an_address_written_as_another_number_is_the_same_address(written: str) -> None:
    """Decimal, hexadecimal and octal forms resolve to what they mean."""
    with pytest.raises(FetchRefused, match="metadata"):
        Fetcher(LOCAL_POLICY)("GET", f"http://{written}/latest/meta-data", {}, None)


@pytest.mark.parametrize("address", LOCAL)
def test_local_addresses_are_asked_only_by_a_server_for_this_machine(address: str) -> None:
    """Loopback and private networks follow the policy."""
    assert why(FetchPolicy(local=True), address) is None
    assert why(FetchPolicy(local=False), address)


def test_what_is_allowed_by_name_or_network_is_asked() -> None:
    """`allow` lifts a refusal, for that name or network only."""
    policy = FetchPolicy(allow=("10.0.0.0/8", "metadata.test"), local=False)

    assert why(policy, "10.1.2.3") is None
    assert why(policy, "169.254.169.254", host="metadata.test") is None
    assert why(policy, "192.168.1.1")


def test_requests_can_be_limited_to_a_list() -> None:
    """`only` shuts out all that is not on it."""
    policy = FetchPolicy(only=("api.example.com",))

    assert why(policy, "93.184.216.34", host="API.example.com.") is None
    assert why(policy, "93.184.216.34", host="www.example.com")


def test_the_servers_own_port_is_not_asked() -> None:
    """A workflow does not drive the server that runs it."""
    assert why(FetchPolicy(own_port=8080, local=True), "127.0.0.1", port=8080)
    assert why(FetchPolicy(own_port=8080, local=True), "127.0.0.1", port=8081) is None


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "gopher://x/", "ftp://x/", "x", "", "http://", "http:///x", "//x"]
)
def test_only_http_urls_are_asked(url: str) -> None:
    """Any other scheme, or none, is refused."""
    with pytest.raises(FetchRefused):
        Fetcher(LOCAL_POLICY)("GET", url, {}, None)


class Site(BaseHTTPRequestHandler):
    """Answers what the path asks for, and remembers the headers it was sent."""

    seen: list[tuple[str, str, dict[str, str]]] = []

    def do_GET(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        self.rfile.read(length)
        self.seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
        if self.path.startswith("/to/"):
            self._answer(302, b"", location=self.path[4:])
        elif self.path == "/bomb":
            self._answer(200, gzip.compress(b"\0" * 5_000_000), content_encoding="gzip")
        elif self.path == "/big":
            self._answer(200, b"x" * 2_000_000)
        else:
            self._answer(200, self.path.encode())

    do_POST = do_GET

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    Site.seen = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_answer_comes_with_status_headers_and_body(site: str) -> None:
    """The plain case, with a query in the URL."""
    answer = Fetcher(LOCAL_POLICY)("POST", f"{site}/a?b=c", {"x": "y"}, b"{}")

    assert (answer.status, answer.body) == (200, b"/a?b=c")
    assert Site.seen[0][0] == "POST"
    assert Site.seen[0][2]["host"] == site.removeprefix("http://")


def test_a_redirect_is_followed_by_the_same_rules(site: str) -> None:
    """To a metadata address it is refused like a direct request."""
    assert Fetcher(LOCAL_POLICY)("GET", f"{site}/to/{site}/b", {}, None).body == b"/b"
    with pytest.raises(FetchRefused, match="metadata"):
        Fetcher(LOCAL_POLICY)("GET", f"{site}/to/http://169.254.169.254/", {}, None)


def test_redirects_without_end_are_given_up(site: str) -> None:
    """Five are followed."""
    loop = "/to" * 10 + "/x"
    with pytest.raises(FetchRefused, match="5 redirects"):
        Fetcher(LOCAL_POLICY)("GET", f"{site}{loop}", {}, None)


def test_credentials_stay_with_the_origin_they_were_given_for(site: str) -> None:
    """A redirect to another origin loses them."""
    other = site.replace("127.0.0.1", "localhost")
    Fetcher(LOCAL_POLICY)("GET", f"{site}/to/{other}/b", {"X-Authorization": "token", "X-Other": "1"}, None)

    headers = Site.seen[-1][2]
    assert "x-authorization" not in headers
    assert headers["x-other"] == "1"


@pytest.mark.parametrize("path", ["/big", "/bomb"])
def test_an_answer_that_is_too_large_is_refused_whatever_it_is_packed_in(site: str, path: str) -> None:
    """The bound holds before and after decompression."""
    with pytest.raises(FetchRefused, match="larger than 1000000 bytes"):
        Fetcher(FetchPolicy(local=True, most_bytes=1_000_000))("GET", site + path, {}, None)


def test_a_name_is_resolved_once_and_the_checked_address_is_asked(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that changes its answer between check and use changes nothing."""
    port = int(site.rpartition(":")[2])
    asked = []
    resolve = socket.getaddrinfo

    def rebinding(host: str, *args: object, **kwargs: object) -> object:
        if host == "rebind.test":
            asked.append(host)
            host = "127.0.0.1" if len(asked) == 1 else "169.254.169.254"
        return resolve(host, *args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    answer = Fetcher(LOCAL_POLICY)("GET", f"http://rebind.test:{port}/a", {}, None)

    assert answer.body == b"/a"
    assert asked == ["rebind.test"]
    assert Site.seen[0][2]["host"] == f"rebind.test:{port}"


def test_an_http_task_is_held_to_the_policy() -> None:
    """By the engine that a server runs: its own port and metadata addresses fail the task, another server answers."""
    with embedded() as server:
        client = OrkesClients(Configuration(server_api_url=server.url)).get_workflow_client()
        for url, status in [
            (f"{server.base_url}/health", "FAILED"),
            ("http://169.254.169.254/latest/meta-data", "FAILED"),
        ]:
            task = {
                "name": "ask",
                "taskReferenceName": "ask",
                "type": "HTTP",
                "inputParameters": {"uri": url, "method": "GET"},
            }
            definition = msgspec.convert({"name": "asks", "version": 1, "tasks": [task]}, WorkflowDef)
            run = client.execute_workflow(StartWorkflowRequest(name="asks", version=1, workflow_def=definition))
            assert run.status == status
            assert "not reachable from HTTP tasks" in str(run.tasks[0].reason_for_incompletion)
