"""Registers the definition of a worker's task when the worker starts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import msgspec

from conductor.client.http.api.metadata_resource_api import MetadataResourceApi
from conductor.client.http.api_client import ApiClient
from conductor.client.http.models.schema_def import SchemaDef, SchemaType
from conductor.client.http.models.task_def import TaskDef
from conductor.client.http.rest import ApiException, NotFoundError
from conductor.client.worker.json_schema import generate_json_schema_from_function
from conductor.client.worker.worker_interface import WorkerInterface

logger = logging.getLogger(__name__)


def register_task_def(worker: WorkerInterface, api_client: ApiClient) -> bool:
    """Register the definitions of a worker's tasks. Never fatal: what goes wrong is logged, and the worker works.

    With a template and `overwrite_task_def` the template replaces what is registered. In all other cases a definition
    that exists stays as it is, so that the limits an operator has set are never lost to a bare name.

    Args:
        worker: asked for its names, `task_def_template`, `overwrite_task_def`, `register_schema`, `strict_schema`.
        api_client: of the server.

    Returns:
        Whether all went well.
    """
    metadata = MetadataResourceApi(api_client)
    succeeded = True
    for name in worker.task_definition_names:
        try:
            _register(worker, name, metadata, _schemas(worker, name, api_client))
        except ApiException as error:
            succeeded = False
            logger.warning("the definition of task %r was not registered: %s", name, error)
    return succeeded


def _register(worker: WorkerInterface, name: str, metadata: MetadataResourceApi, schemas: dict[str, SchemaDef]) -> None:
    template = worker.task_def_template
    if template is not None and worker.overwrite_task_def:
        task_def = _task_def(template, name, schemas)
        try:
            metadata.update_task_def(task_def)
        except NotFoundError:
            metadata.register_task_def([task_def])
        return
    try:
        metadata.get_task_def(name)
    except NotFoundError:
        metadata.register_task_def([_task_def(template, name, schemas)])
    else:
        logger.debug("task %r is defined on the server already; its definition stays", name)


def _task_def(template: TaskDef | None, name: str, schemas: dict[str, SchemaDef]) -> TaskDef:
    """A copy of the template under the task's name; the template itself may serve several workers."""
    task_def = TaskDef() if template is None else msgspec.convert(msgspec.to_builtins(template), TaskDef)
    task_def.name = name
    task_def.input_schema = schemas.get("input") or task_def.input_schema
    task_def.output_schema = schemas.get("output") or task_def.output_schema
    return task_def


def _schemas(worker: WorkerInterface, name: str, api_client: ApiClient) -> dict[str, SchemaDef]:
    """Register the schemas of input and output where the server knows schemas; references to them."""
    function: Callable[..., Any] | None = getattr(worker, "execute_function", None)
    if not worker.register_schema or function is None:
        return {}
    found = generate_json_schema_from_function(function, name, worker.strict_schema) or {}
    references: dict[str, SchemaDef] = {}
    for part, schema in found.items():
        if schema is None:
            continue
        body = SchemaDef(name=f"{name}_{part}", version=1, type=SchemaType.JSON, data=schema)
        try:
            api_client.call("POST", "/schema", body=body, query={"newVersion": False})
        except NotFoundError:
            logger.debug("this server knows no schemas; those of task %r are not registered", name)
            return {}
        references[part] = SchemaDef(name=body.name, version=1, type=SchemaType.JSON)
    return references
