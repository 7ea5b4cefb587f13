"""What the high-level clients share: one API client, and the generated API classes on it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Generic, TypeVar, overload

from conductor.client.configuration.configuration import Configuration
from conductor.client.http.api_client import ApiClient, CallObserver

if TYPE_CHECKING:
    from conductor.client.http.api.admin_resource_api import AdminResourceApi
    from conductor.client.http.api.application_resource_api import ApplicationResourceApi
    from conductor.client.http.api.authorization_resource_api import AuthorizationResourceApi
    from conductor.client.http.api.environment_resource_api import EnvironmentResourceApi
    from conductor.client.http.api.event_resource_api import EventResourceApi
    from conductor.client.http.api.gateway_auth_resource_api import GatewayAuthResourceApi
    from conductor.client.http.api.group_resource_api import GroupResourceApi
    from conductor.client.http.api.health_check_resource_api import HealthCheckResourceApi
    from conductor.client.http.api.integration_resource_api import IntegrationResourceApi
    from conductor.client.http.api.metadata_resource_api import MetadataResourceApi
    from conductor.client.http.api.prompt_resource_api import PromptResourceApi
    from conductor.client.http.api.provider_resource_api import ProviderResourceApi
    from conductor.client.http.api.queue_admin_resource_api import QueueAdminResourceApi
    from conductor.client.http.api.role_resource_api import RoleResourceApi
    from conductor.client.http.api.scheduler_bulk_resource_api import SchedulerBulkResourceApi
    from conductor.client.http.api.scheduler_resource_api import SchedulerResourceApi
    from conductor.client.http.api.schema_resource_api import SchemaResourceApi
    from conductor.client.http.api.secret_resource_api import SecretResourceApi
    from conductor.client.http.api.service_registry_resource_api import ServiceRegistryResourceApi
    from conductor.client.http.api.tags_api import TagsApi
    from conductor.client.http.api.task_resource_api import TaskResourceApi
    from conductor.client.http.api.token_resource_api import TokenResourceApi
    from conductor.client.http.api.user_resource_api import UserResourceApi
    from conductor.client.http.api.workflow_bulk_resource_api import WorkflowBulkResourceApi
    from conductor.client.http.api.workflow_resource_api import WorkflowResourceApi


A = TypeVar("A")


class _OnDemand(Generic[A]):
    """An attribute that makes a generated API class of the client's own when it is first asked for."""

    def __init__(self, module: str) -> None:
        self._module, self._name = module, "".join(word.title() for word in module.split("_"))

    def __set_name__(self, owner: type, attribute: str) -> None:
        self._attribute = attribute

    @overload
    def __get__(self, client: None, owner: type) -> _OnDemand[A]: ...
    @overload
    def __get__(self, client: OrkesBaseClient, owner: type) -> A: ...
    def __get__(self, client: OrkesBaseClient | None, owner: type) -> _OnDemand[A] | A:
        if client is None:
            return self
        module = importlib.import_module(f"conductor.client.http.api.{self._module}")
        made: A = getattr(module, self._name)(client.api_client)
        client.__dict__[self._attribute] = made
        return made


class OrkesBaseClient:
    """A client of one server.

    Args:
        configuration: where the server is and how to connect; clients with equal settings share connections and token.
        metrics_collector: is told of every request.
    """

    def __init__(
        self, configuration: Configuration | None = None, metrics_collector: CallObserver | None = None
    ) -> None:
        self.configuration = configuration or Configuration()
        self.metrics_collector = metrics_collector
        self.api_client = ApiClient(self.configuration, metrics_collector=metrics_collector)

    # The names that an error suggests.

    def _workflow_names(self) -> dict[str, list[int]]:
        return {
            name: [summary.version or 0 for summary in versions]
            for name, versions in self.metadataResourceApi.get_workflow_names_and_versions().items()
        }

    def _task_def_names(self) -> list[str]:
        return [definition.name or "" for definition in self.metadataResourceApi.get_task_defs()]

    workflowResourceApi: _OnDemand[WorkflowResourceApi] = _OnDemand("workflow_resource_api")
    workflowBulkResourceApi: _OnDemand[WorkflowBulkResourceApi] = _OnDemand("workflow_bulk_resource_api")
    taskResourceApi: _OnDemand[TaskResourceApi] = _OnDemand("task_resource_api")
    metadataResourceApi: _OnDemand[MetadataResourceApi] = _OnDemand("metadata_resource_api")
    schedulerResourceApi: _OnDemand[SchedulerResourceApi] = _OnDemand("scheduler_resource_api")
    schedulerBulkResourceApi: _OnDemand[SchedulerBulkResourceApi] = _OnDemand("scheduler_bulk_resource_api")
    secretResourceApi: _OnDemand[SecretResourceApi] = _OnDemand("secret_resource_api")
    environmentResourceApi: _OnDemand[EnvironmentResourceApi] = _OnDemand("environment_resource_api")
    eventResourceApi: _OnDemand[EventResourceApi] = _OnDemand("event_resource_api")
    adminResourceApi: _OnDemand[AdminResourceApi] = _OnDemand("admin_resource_api")
    queueAdminResourceApi: _OnDemand[QueueAdminResourceApi] = _OnDemand("queue_admin_resource_api")
    healthCheckResourceApi: _OnDemand[HealthCheckResourceApi] = _OnDemand("health_check_resource_api")
    providerResourceApi: _OnDemand[ProviderResourceApi] = _OnDemand("provider_resource_api")
    applicationResourceApi: _OnDemand[ApplicationResourceApi] = _OnDemand("application_resource_api")
    userResourceApi: _OnDemand[UserResourceApi] = _OnDemand("user_resource_api")
    groupResourceApi: _OnDemand[GroupResourceApi] = _OnDemand("group_resource_api")
    roleResourceApi: _OnDemand[RoleResourceApi] = _OnDemand("role_resource_api")
    authorizationResourceApi: _OnDemand[AuthorizationResourceApi] = _OnDemand("authorization_resource_api")
    gatewayAuthResourceApi: _OnDemand[GatewayAuthResourceApi] = _OnDemand("gateway_auth_resource_api")
    tokenResourceApi: _OnDemand[TokenResourceApi] = _OnDemand("token_resource_api")
    integrationApi: _OnDemand[IntegrationResourceApi] = _OnDemand("integration_resource_api")
    promptApi: _OnDemand[PromptResourceApi] = _OnDemand("prompt_resource_api")
    schemaApi: _OnDemand[SchemaResourceApi] = _OnDemand("schema_resource_api")
    serviceRegistryResourceApi: _OnDemand[ServiceRegistryResourceApi] = _OnDemand("service_registry_resource_api")
    tagsApi: _OnDemand[TagsApi] = _OnDemand("tags_api")
