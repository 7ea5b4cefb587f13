"""What the real server says is understood: run by `make test-oss`."""

from __future__ import annotations

import os

import pytest

from conductor.client.configuration.configuration import Configuration
from conductor.client.configuration.settings.authentication_settings import AuthenticationSettings
from conductor.client.http.api_client import ApiClient
from conductor.client.http.rest import NotFoundError, RequestError, ServerError

pytestmark = [
    pytest.mark.oss,
    pytest.mark.skipif("CONDUCTOR_OSS_URL" not in os.environ, reason="CONDUCTOR_OSS_URL does not name a server"),
]


@pytest.fixture
def client() -> ApiClient:
    settings = AuthenticationSettings("canary-key", "canary-secret")
    url = os.environ.get("CONDUCTOR_OSS_URL", "http://localhost:8080/api")
    return ApiClient(Configuration(server_api_url=url, authentication_settings=settings))


def test_an_open_server_needs_no_token(client: ApiClient) -> None:
    """It has no /token: calls go through without credentials, though a key is set."""
    assert isinstance(client.call("GET", "/metadata/taskdefs", response_type=list[dict[str, object]]), list)
    assert client.get_authentication_headers() == {}


def test_what_is_not_there_is_not_found(client: ApiClient) -> None:
    """With the server's own message."""
    with pytest.raises(NotFoundError, match="404 Not Found: No such workflow found by id: none"):
        client.call("GET", "/workflow/{id}", path_params={"id": "none"})


def test_what_is_wrong_is_said_field_by_field(client: ApiClient) -> None:
    """With the path of the field."""
    with pytest.raises(RequestError) as raised:
        client.call("POST", "/metadata/taskdefs", body=[{}])
    assert [error.path for error in raised.value.validation_errors] == ["registerTaskDef.arg0[0].name"]


def test_a_500_for_malformed_json_is_the_server_s_error(client: ApiClient) -> None:
    """The real server answers 500 where others answer 400."""
    with pytest.raises(ServerError, match="JSON parse error"):
        client.call("POST", "/tasks", body=b"{bad", headers={"Content-Type": "application/json"})
