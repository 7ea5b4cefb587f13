"""TLS settings do what they say, on real certificates; proxies are used, and told apart from servers."""

from __future__ import annotations

import base64
import logging
import select
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from conductor.client.configuration import ConfigurationError
from conductor.client.http import _tls
from conductor.client.http.rest import ApiException, SetupError, UnreachableError

CANARY = "canary-pass"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def context_for(authority: trustme.CA, *names: str, ask_client: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*(names or ("localhost",))).configure_cert(context)
    if ask_client:
        authority.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_files(authority: trustme.CA, folder: Path) -> tuple[str, str]:
    certificate = authority.issue_cert("worker@example.com")
    cert, key = folder / "client.pem", folder / "client.key"
    certificate.cert_chain_pems[0].write_to_path(str(cert))
    certificate.private_key_pem.write_to_path(str(key))
    return str(cert), str(key)


def test_a_server_is_trusted_by_its_authority_only(serve: Any, client_of: Any, authority: Any, ca_file: str) -> None:
    """ssl_ca_cert makes the call succeed; without it the error says what is wrong and what to set."""
    server = serve(context=context_for(authority))
    assert client_of(server, ssl_ca_cert=ca_file).call("GET", "/x", response_type=list[int]) == []
    with pytest.raises(SetupError, match=r"certificate is not trusted: .*ssl_ca_cert") as raised:
        client_of(server).call("GET", "/x")
    assert not raised.value.transient
    assert len(server.requests) == 1


def test_the_usual_variable_for_authorities_is_honoured(
    serve: Any, client_of: Any, authority: Any, ca_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSL_CERT_FILE stands in for ssl_ca_cert."""
    monkeypatch.setenv("SSL_CERT_FILE", ca_file)
    assert client_of(serve(context=context_for(authority))).call("GET", "/x", response_type=list[int]) == []


def test_verification_can_be_turned_off_with_one_warning(
    serve: Any, client_of: Any, authority: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """verify_ssl=False talks to anybody, and says so once and not at each call."""
    monkeypatch.setattr(_tls, "_warned", set())
    server = serve(context=context_for(authority, "other.example"))
    client = client_of(server, verify_ssl=False)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            client.call("GET", "/x")
        client_of(server, verify_ssl=False, pool_size=7).call("GET", "/x")
    assert [r.message for r in caplog.records if "verify_ssl=False" in r.message] == [caplog.records[0].message]


def test_the_name_in_the_certificate_counts(serve: Any, client_of: Any, authority: Any, ca_file: str) -> None:
    """A certificate for another name is refused, unless that name, or none, is asked for."""
    server = serve(context=context_for(authority, "conductor.internal"))
    with pytest.raises(SetupError, match="not trusted"):
        client_of(server, ssl_ca_cert=ca_file).call("GET", "/x")
    with pytest.raises(SetupError):
        client_of(server, ssl_ca_cert=ca_file, assert_hostname="else.internal").call("GET", "/x")
    for name in ("conductor.internal", False):
        client_of(server, ssl_ca_cert=ca_file, assert_hostname=name).call("GET", "/x")
    assert len(server.requests) == 2


def test_a_client_certificate_is_shown_where_the_server_asks(
    serve: Any, client_of: Any, authority: Any, ca_file: str, tmp_path: Path
) -> None:
    """With cert_file and key_file the call succeeds, without them it is a typed error."""
    server = serve(context=context_for(authority, ask_client=True))
    cert, key = client_files(authority, tmp_path)
    client = client_of(server, ssl_ca_cert=ca_file, cert_file=cert, key_file=key)
    assert client.call("GET", "/x", response_type=list[int]) == []
    with pytest.raises(ApiException):
        client_of(server, ssl_ca_cert=ca_file).call("POST", "/x")
    assert len(server.requests) == 1


@pytest.mark.parametrize("field", ["ssl_ca_cert", "cert_file", "key_file"])
def test_a_missing_or_wrong_file_is_named(client_of: Any, tmp_path: Path, field: str) -> None:
    """The error names the setting and the file, before anything is sent."""
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("nothing")
    base = {"cert_file": str(wrong)} if field == "key_file" else {}
    for path in (str(tmp_path / "absent.pem"), str(wrong)):
        with pytest.raises(ConfigurationError, match=r"(cert_file|key_file|ssl_ca_cert): (no such file|cannot use)"):
            client_of("https://localhost:1", **{**base, field: path}).call("GET", "/x")


def test_https_to_a_plain_server_is_explained(serve: Any, client_of: Any) -> None:
    """The likely mistake is named."""
    with pytest.raises(SetupError, match="does not speak TLS"):
        client_of(serve().url.replace("http:", "https:")).call("GET", "/x")


class Proxy:
    """A forwarding proxy: CONNECT is tunnelled to one server, anything else is answered itself."""

    def __init__(self, serve: Any, reply: Any, target: Any = None, status: int = 200) -> None:
        self._reply, self._target, self._status = reply, target, status
        self.server = serve(self._answer)

    @property
    def requests(self) -> list[Any]:
        return list(self.server.requests)

    @property
    def address(self) -> str:
        return str(self.server.address)

    def _answer(self, request: Any) -> bytes | None:
        if request.method != "CONNECT" or self._status != 200:
            return bytes(self._reply(self._status, ["by proxy"]))
        with socket.create_connection(("127.0.0.1", self._target.port)) as upstream:
            request.sock.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            _pump(request.sock, upstream)
        return None


def _pump(a: socket.socket, b: socket.socket) -> None:
    while True:
        for ready in select.select([a, b], [], [], 10)[0]:
            if not (data := ready.recv(65536)):
                return
            (b if ready is a else a).sendall(data)


def test_http_goes_through_the_proxy_that_is_set(serve: Any, client_of: Any, reply: Any) -> None:
    """The proxy gets the whole address and the password; the server is never called."""
    server, proxy = serve(), Proxy(serve, reply)
    client = client_of(server, proxy=f"http://user:{CANARY}@{proxy.address}")
    assert client.call("GET", "/x", response_type=list[str]) == ["by proxy"]
    request = proxy.requests[0]
    assert request.target == f"{server.url}/x"
    assert base64.b64decode(request.headers["proxy-authorization"].split()[1]) == f"user:{CANARY}".encode()
    assert server.requests == []


def test_https_goes_through_a_tunnel(serve: Any, client_of: Any, reply: Any, authority: Any, ca_file: str) -> None:
    """The token is for the server alone: the proxy sees only where the tunnel leads."""
    server = serve(context=context_for(authority))
    proxy = Proxy(serve, reply, target=server)
    client = client_of(server, proxy=proxy.address, ssl_ca_cert=ca_file)
    client.configuration.update_token("token")
    assert client.call("GET", "/x", response_type=list[str]) == []
    assert server.requests[0].headers["x-authorization"] == "token"
    assert [r.method for r in proxy.requests] == ["CONNECT"]
    assert "x-authorization" not in proxy.requests[0].headers


def test_the_environment_s_proxy_is_used_but_for_what_it_excepts(
    serve: Any, client_of: Any, reply: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTP_PROXY counts; NO_PROXY excepts names, and networks."""
    server, proxy = serve(), Proxy(serve, reply)
    monkeypatch.setenv("http_proxy", f"http://{proxy.address}")
    assert client_of(server).call("GET", "/x", response_type=list[str]) == ["by proxy"]
    monkeypatch.setenv("no_proxy", "elsewhere.example,localhost,10.0.0.0/8")
    assert client_of(server).call("GET", "/x", response_type=list[str]) == []
    monkeypatch.setenv("no_proxy", "127.0.0.0/8")
    url = server.url.replace("localhost", "127.0.0.1")
    assert client_of(url).call("GET", "/x", response_type=list[str]) == []
    assert len(proxy.requests) == 1


def test_a_proxy_in_trouble_is_told_apart_from_the_server(
    serve: Any, client_of: Any, reply: Any, authority: Any, ca_file: str
) -> None:
    """A proxy that is down or refuses is blamed, without its password."""
    server = serve(context=context_for(authority))
    with pytest.raises(UnreachableError, match="the proxy does not answer: connection refused") as down:
        client_of(server, proxy=f"http://u:{CANARY}@127.0.0.1:1").call("GET", "/x")
    refusing = Proxy(serve, reply, status=407)
    with pytest.raises(SetupError, match=r"the proxy refuses: .*407") as refused:
        client_of(server, proxy=f"http://u:{CANARY}@{refusing.address}", ssl_ca_cert=ca_file).call("GET", "/x")
    assert CANARY not in f"{down.value!r} {down.value} {refused.value!r} {refused.value}"


@pytest.mark.parametrize("proxy", ["socks5://p:1", "ftp://p", "http://"])
def test_a_proxy_that_cannot_be_used_is_a_clear_error(client_of: Any, proxy: str) -> None:
    """Kinds of proxies that are not supported are refused by name."""
    with pytest.raises(ConfigurationError, match=r"Configuration\.proxy"):
        client_of("http://localhost:1", proxy=proxy).call("GET", "/x")
