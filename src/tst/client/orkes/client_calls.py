"""Calls every method of every high-level client, and writes down the requests that this makes.

It runs with either package: the tests with ours, and with conductor-python 2.0.0 as

    python src/tst/client/orkes/client_calls.py > src/tst/corpora/peer-calls.json
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

CLIENTS = (
    "authorization", "integration", "metadata", "prompt", "scheduler", "schema", "secret", "service_registry", "task",
    "workflow",
)  # fmt: skip
#: They take other objects than requests and names.
LEFT_OUT = {"run_now", "reconcile", "execute_workflow_with_return_strategy"}


def arguments() -> dict[str, Any]:
    """A value for each parameter, by its name."""
    from conductor.client.http import models as m
    from conductor.client.http.models.correlation_ids_search_request import CorrelationIdsSearchRequest
    from conductor.client.http.models.create_or_update_role_request import CreateOrUpdateRoleRequest
    from conductor.client.http.models.integration_api_update import IntegrationApiUpdate
    from conductor.client.http.models.integration_update import IntegrationUpdate
    from conductor.client.http.models.subject_ref import SubjectType
    from conductor.client.http.models.target_ref import TargetType
    from conductor.client.http.models.workflow_test_request import WorkflowTestRequest
    from conductor.client.orkes.models.metadata_tag import MetadataTag

    task = m.WorkflowTask(name="t", task_reference_name="r", type="SIMPLE", input_parameters={"a": 1})
    definition = m.WorkflowDef(name="w", version=2, tasks=[task], timeout_seconds=60, owner_email="a@b.c")
    start = m.StartWorkflowRequest(name="w", version=2, input={"k": [1, {"n": None}]}, correlation_id="c")
    tag = MetadataTag("team", "red")
    return {
        "access": ["READ"], "api_details": IntegrationApiUpdate(enabled=True, description="d"), "apps": True,
        "auth_config": m.AuthenticationConfig(id="i", application_id="app"), "auto_increment": True,
        "batch_request": CorrelationIdsSearchRequest(correlation_ids=["c"], workflow_names=["w"]), "body": [tag],
        "count": 3, "create": True,
        "create_or_update_application_request": m.CreateOrUpdateApplicationRequest(name="n"),
        "create_role_request": CreateOrUpdateRoleRequest(name="n", permissions=["p"]), "data": b"proto",
        "include_completed": True, "include_tasks": True, "input": {"k": 1}, "limit": 4, "models": ["m1", "m2"],
        "include_output": True, "include_variables": False, "archive_workflow": False, "use_latest_def": True,
        "integration_details": IntegrationUpdate(type="openai", enabled=True), "message": {"text": "t"}, "n": 2,
        "add_or_update_method.method": m.ServiceMethod(id=1, method_name="x", operation_name="y"),
        "output": {"o": 1}, "overwrite": False,
        "priority": 5, "query": "status = 'FAILED'", "rateLimit": 7, "resume_subworkflow_tasks": True, "size": 5,
        "rerun_workflow_request": m.RerunWorkflowRequest(re_run_from_task_id="t"), "start": 10, "task_ref_name": "r",
        "request": m.SkipTaskRequest(task_input={"i": 1}), "save_schedule_request": m.SaveScheduleRequest(
            name="s", cron_expression="0 0 * ? * *", start_workflow_request=start, paused=True),
        "schedule_start_time": 1, "schedule_end_time": 2, "start_at": 1, "end_at": 2, "schema": m.SchemaDef(
            name="s", version=1, type=m.SchemaType.JSON, data={"type": "object"}), "version": 2,
        "service_registry": m.ServiceRegistry(name="s", type="HTTP", service_uri="http://h"), "status": "COMPLETED",
        "start_workflow_request": start, "stop_words": ["stop"], "subject": m.SubjectRef(type=SubjectType.USER, id="u"),
        "tag": tag, "tags": [tag], "target": m.TargetRef(type=TargetType.WORKFLOW_DEF, id="w"), "temperature": 0.5,
        "task_def": m.TaskDef(name="t", timeout_seconds=10, owner_email="a@b.c"), "test_request": WorkflowTestRequest(
            name="w", workflow_def=definition), "timeout_in_millisecond": 50, "top_p": 0.8,
        "trigger_failure_workflow": True,
        "task_result": m.TaskResult(task_id="t", workflow_instance_id="w", output_data={"a": 1}, status="COMPLETED"),
        "update_requesst": m.WorkflowStateUpdate(task_reference_name="r", variables={"v": 1}),
        "update_role_request": CreateOrUpdateRoleRequest(name="n", permissions=["p"]), "user_ids": ["u1", "u2"],
        "upsert_group_request": m.UpsertGroupRequest(description="d", roles=["ADMIN"]), "variables": {"v": 1},
        "upsert_user_request": m.UpsertUserRequest(name="n", roles=["USER"]), "wait_for_seconds": 3,
        "wait_until_task_ref_names": ["r1", "r2"], "workflow_def": definition, "correlation_ids": ["c1", "c2"],
    }  # fmt: skip


class Recorder(BaseHTTPRequestHandler):
    """Answers every request with `null` and remembers it."""

    seen: list[list[Any]]

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        content: Any = body.decode() if body else None
        try:
            content = json.loads(body) if body else None
        except ValueError:
            pass
        type(self).seen.append([self.command, url.path, sorted(map(list, parse_qsl(url.query))), content])
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"null")

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def recorder() -> Iterator[tuple[str, list[list[Any]]]]:
    """A server's address, and the requests that it gets."""
    handler = type("Handler", (Recorder,), {"seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api", handler.seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def clients(url: str) -> Iterator[tuple[str, Any]]:
    from conductor.client.configuration.configuration import Configuration

    configuration = Configuration(server_api_url=url)
    for name in CLIENTS:
        cls = "Orkes" + "".join(word.title() for word in name.split("_")) + "Client"
        module = importlib.import_module(f"conductor.client.orkes.orkes_{name}_client")
        yield cls, getattr(module, cls)(configuration)


def record(methods: dict[str, list[str]] | None = None) -> dict[str, Any]:
    """The requests of each method, called with what it asks for, and with everything that it takes.

    Args:
        methods: the methods to call and the parameters to give them; all of them where left out.
    """
    found: dict[str, Any] = {}
    with recorder() as (url, seen):
        values = arguments()
        for cls, client in clients(url):
            for name, method in inspect.getmembers(client, inspect.ismethod):
                if name.startswith("_") or name in LEFT_OUT:
                    continue
                parameters = inspect.signature(method).parameters.values()
                required = [p.name for p in parameters if p.default is p.empty]
                for how, names in (("required", required), ("all", [p.name for p in parameters])):
                    key = f"{cls}.{name} {how}"
                    if methods is not None:
                        if key not in methods:
                            continue
                        names = methods[key]
                    seen.clear()
                    given = {p: values.get(f"{name}.{p}", values.get(p, f"{p}-1")) for p in names}
                    try:
                        method(**given)
                    except Exception as error:
                        if not seen:
                            seen.append(["no request", type(error).__name__, [], None])
                    found[key] = {"parameters": names, "requests": [list(request) for request in seen]}
    return found


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):
        calls = record()
    lines = (f"{json.dumps(key)}: {json.dumps(call)}" for key, call in sorted(calls.items()))
    print("{\n" + ",\n".join(lines) + "\n}")
