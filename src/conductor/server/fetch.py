"""HTTP requests on behalf of workflows, which must not become a way into the network of the machine that runs them.

A name is resolved once, every address it has is checked, and the connection goes to a checked address, so a name that
changes between check and use (DNS rebinding) gains nothing. Redirects are followed by the same rules, hop by hop.
"""

from __future__ import annotations

import ipaddress
import socket
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

import urllib3
from urllib3.util import Retry, Timeout, Url, parse_url

from conductor.server.settings import FetchPolicy

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: Where clouds serve credentials to whoever asks from the inside, besides the link-local network.
METADATA = frozenset(
    ipaddress.ip_address(text) for text in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_PORTS = {"http": 80, "https": 443}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ZIPPED = frozenset({"gzip", "x-gzip", "deflate"})
#: Headers that belong to one origin and stay there.
_CREDENTIALS = frozenset({"authorization", "x-authorization", "cookie", "proxy-authorization"})


class FetchRefused(Exception):
    """The rules do not let a workflow ask this address; the message says which rule."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer: its status, reason, headers in order, and body."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of a name, which is given in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), None)


class Fetcher:
    """Sends requests by a policy; it blocks. Raises FetchRefused, or what urllib3 and sockets raise."""

    def __init__(self, policy: FetchPolicy):
        self._policy = policy

    def __call__(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        connect_seconds: float = 3.0,
        read_seconds: float = 3.0,
    ) -> Fetched:
        timeout = Timeout(connect=connect_seconds, read=read_seconds)
        kept = dict(headers)
        for _ in range(self._policy.most_redirects + 1):
            answer = self._hop(method, _target(url), kept, body, timeout)
            location = answer.header("location") if answer.status in _REDIRECTS else None
            if location is None:
                return answer
            there = urljoin(url, location)
            if _origin(_target(there)) != _origin(_target(url)):
                kept = {name: value for name, value in kept.items() if name.lower() not in _CREDENTIALS}
            if answer.status == 303 or (answer.status in (301, 302) and method == "POST"):
                method, body = "GET", None
            url = there
        raise FetchRefused(f"more than {self._policy.most_redirects} redirects")

    def _hop(self, method: str, url: Url, headers: dict[str, str], body: bytes | None, timeout: Timeout) -> Fetched:
        assert url.host is not None
        host, port = url.host.strip("[]"), url.port or _PORTS[url.scheme or "http"]
        address = self._policy_address(host, port)
        pool = _pool(url.scheme or "http", host, address, port, timeout)
        with pool:
            answer = pool.urlopen(
                method,
                url.request_uri,
                body=body,
                headers={"Host": url.netloc or host, "Accept-Encoding": "identity", **headers},
                retries=Retry(0, redirect=False),
                redirect=False,
                preload_content=False,
                assert_same_host=False,
            )
            try:
                content = self._content(answer)
            finally:
                answer.close()
        return Fetched(answer.status, answer.reason or "", list(answer.headers.items()), content)

    def _content(self, answer: urllib3.BaseHTTPResponse) -> bytes:
        """The body, within the bounds on its size, before and after it is unpacked, and on the time that it takes."""
        most, deadline = self._policy.most_bytes, time.monotonic() + self._policy.most_seconds
        content = b""
        while part := answer.read1(1 << 16, decode_content=False):
            content += part
            if len(content) > most:
                raise FetchRefused(f"the answer is larger than {most} bytes")
            if time.monotonic() > deadline:
                raise FetchRefused(f"the answer took longer than {self._policy.most_seconds:.0f} s to arrive")
        if answer.headers.get("content-encoding", "identity").lower() in _ZIPPED:
            content = zlib.decompressobj(wbits=47).decompress(content, most + 1)
            if len(content) > most:
                raise FetchRefused(f"the answer is larger than {most} bytes")
        return content

    def _policy_address(self, host: str, port: int) -> str:
        """An address of the host that may be asked. Raises FetchRefused where any of its addresses may not."""
        found = [entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        for text in found:
            reason = refusal(self._policy, host, ipaddress.ip_address(str(text).partition("%")[0]), port)
            if reason is not None:
                raise FetchRefused(f"{host}: {reason}")
        return str(found[0])


def refusal(policy: FetchPolicy, host: str, address: Address, port: int) -> str | None:
    """Why a workflow may not ask this address, or None."""
    name = host.lower().rstrip(".")
    if policy.only and not _listed(policy.only, name, address):
        return "not on the list of hosts that HTTP tasks are limited to"
    if _listed(policy.allow, name, address):
        return None
    address = _unwrapped(address)
    if address.is_link_local or address in METADATA:
        return "link-local and cloud metadata addresses are not reachable from HTTP tasks"
    if address.is_multicast or (address.is_reserved and not address.is_private):
        return "not an address that answers HTTP requests"
    if address.is_loopback or address.is_unspecified:
        if port == policy.own_port:
            return "the server's own API is not reachable from HTTP tasks"
        return None if policy.local else "addresses of this machine are not reachable from HTTP tasks"
    if not address.is_global and not policy.local:
        return "private networks are not reachable from HTTP tasks"
    return None


def _listed(entries: tuple[str, ...], name: str, address: Address) -> bool:
    for entry in entries:
        if entry.lower() == name:
            return True
        try:
            if address in ipaddress.ip_network(entry, strict=False):
                return True
        except (ValueError, TypeError):
            continue
    return False


def _unwrapped(address: Address) -> Address:
    """The IPv4 address inside of an IPv6 one that only carries it."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return inner
        if address in _NAT64 or (int(address) >> 32 == 0 and int(address) > 1):
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _target(url: str) -> Url:
    try:
        target = parse_url(url)
    except urllib3.exceptions.LocationParseError:
        raise FetchRefused(f"not a URL: {url[:200]}") from None
    if target.scheme not in _PORTS or not target.host:
        raise FetchRefused(f"only http and https URLs can be asked: {url[:200]}")
    return target


def _origin(url: Url) -> tuple[str | None, str | None, int | None]:
    return url.scheme, url.host, url.port or _PORTS.get(url.scheme or "")


def _pool(scheme: str, host: str, address: str, port: int, timeout: Timeout) -> urllib3.HTTPConnectionPool:
    if scheme == "https":
        return urllib3.HTTPSConnectionPool(
            address, port, timeout=timeout, maxsize=1, server_hostname=host, assert_hostname=host
        )
    return urllib3.HTTPConnectionPool(address, port, timeout=timeout, maxsize=1)
