"""Routing: every operation of the API document has one route, and the most literal one wins."""

from __future__ import annotations

import json

import pytest

from conductor.server.errors import Refused
from conductor.server.handlers.system import document, system_routes
from conductor.server.handlers.waiting import WaitingHandlers
from conductor.server.metrics import Metrics
from conductor.server.router import Router
from conductor.server.routes import all_routes
from conductor.server.settings import Settings

OPERATIONS = [
    (method.upper(), path) for path, operations in json.loads(document())["paths"].items() for method in operations
]


@pytest.fixture(scope="module")
def router() -> Router:
    metrics = Metrics()
    return Router(
        all_routes(WaitingHandlers(None, None, metrics).routes, system_routes(Settings(), metrics, None))  # type: ignore[arg-type]
    )


def test_the_document_is_the_servers_own() -> None:
    """All 154 operations of the pinned document are there to be routed."""
    assert len(OPERATIONS) == 154


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_operation_of_the_document_has_its_route(router: Router, method: str, path: str) -> None:
    """A request for an operation reaches the handler that was written for that very template."""
    sample = path.replace("{", "<").replace("}", ">")  # a value for each parameter that no literal segment equals

    route, params = router.match(method, sample)

    assert route.template == path
    assert set(params.values()) == {part for part in sample.split("/") if part.startswith("<")}


def test_a_literal_segment_beats_a_parameter(router: Router) -> None:
    """`/workflow/test` is the test operation for POST, and a workflow named test for GET."""
    assert router.match("POST", "/api/workflow/test")[0].template == "/api/workflow/test"
    assert router.match("GET", "/api/workflow/test")[1] == {"workflowId": "test"}


def test_path_parameters_are_decoded_after_the_path_was_split(router: Router) -> None:
    """An encoded slash belongs to the value and does not start a new segment."""
    assert router.match("GET", "/api/workflow/a%2Fb%20c")[1] == {"workflowId": "a/b c"}


@pytest.mark.parametrize(
    "path", ["/api/nope", "//api/version", "/api/version/", "/api/tasks//log", "/API/version", "/"]
)
def test_an_unknown_path_is_404(router: Router, path: str) -> None:
    """What is not exactly a known path is unknown."""
    with pytest.raises(Refused) as refused:
        router.match("GET", path)
    assert refused.value.status == 404


def test_a_known_path_with_another_method_is_405_and_says_which_are_known(router: Router) -> None:
    """The Allow header lists the methods of the path."""
    with pytest.raises(Refused) as refused:
        router.match("PUT", "/api/environment/x")
    assert refused.value.status == 405
    assert refused.value.headers == ((b"allow", b"GET,OPTIONS"),)
