"""All clients of one server from one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conductor.client.configuration.configuration import Configuration
from conductor.client.http.api_client import CallObserver

if TYPE_CHECKING:
    from conductor.client.orkes.orkes_admin_client import OrkesAdminClient
    from conductor.client.orkes.orkes_agent_client import OrkesAgentClient
    from conductor.client.orkes.orkes_authorization_client import OrkesAuthorizationClient
    from conductor.client.orkes.orkes_environment_client import OrkesEnvironmentClient
    from conductor.client.orkes.orkes_event_client import OrkesEventClient
    from conductor.client.orkes.orkes_integration_client import OrkesIntegrationClient
    from conductor.client.orkes.orkes_metadata_client import OrkesMetadataClient
    from conductor.client.orkes.orkes_prompt_client import OrkesPromptClient
    from conductor.client.orkes.orkes_scheduler_client import OrkesSchedulerClient
    from conductor.client.orkes.orkes_schema_client import OrkesSchemaClient
    from conductor.client.orkes.orkes_secret_client import OrkesSecretClient
    from conductor.client.orkes.orkes_service_registry_client import OrkesServiceRegistryClient
    from conductor.client.orkes.orkes_task_client import OrkesTaskClient
    from conductor.client.orkes.orkes_workflow_client import OrkesWorkflowClient
    from conductor.client.workflow.executor.workflow_executor import WorkflowExecutor


class OrkesClients:
    """Makes clients; they share connections and the token. Each is imported when it is asked for."""

    def __init__(
        self, configuration: Configuration | None = None, metrics_collector: CallObserver | None = None
    ) -> None:
        self.configuration = configuration or Configuration()
        self.metrics_collector = metrics_collector

    def get_workflow_client(self) -> OrkesWorkflowClient:
        """Workflow executions."""
        from conductor.client.orkes.orkes_workflow_client import OrkesWorkflowClient

        return OrkesWorkflowClient(self.configuration, self.metrics_collector)

    def get_task_client(self) -> OrkesTaskClient:
        """Tasks."""
        from conductor.client.orkes.orkes_task_client import OrkesTaskClient

        return OrkesTaskClient(self.configuration, self.metrics_collector)

    def get_metadata_client(self) -> OrkesMetadataClient:
        """Definitions."""
        from conductor.client.orkes.orkes_metadata_client import OrkesMetadataClient

        return OrkesMetadataClient(self.configuration, self.metrics_collector)

    def get_scheduler_client(self) -> OrkesSchedulerClient:
        """Schedules."""
        from conductor.client.orkes.orkes_scheduler_client import OrkesSchedulerClient

        return OrkesSchedulerClient(self.configuration, self.metrics_collector)

    def get_secret_client(self) -> OrkesSecretClient:
        """Secrets."""
        from conductor.client.orkes.orkes_secret_client import OrkesSecretClient

        return OrkesSecretClient(self.configuration, self.metrics_collector)

    def get_workflow_executor(self) -> WorkflowExecutor:
        """What runs workflows that were built in Python."""
        from conductor.client.workflow.executor.workflow_executor import WorkflowExecutor

        return WorkflowExecutor(self.configuration, self.metrics_collector)

    def get_event_client(self) -> OrkesEventClient:
        """Event handlers."""
        from conductor.client.orkes.orkes_event_client import OrkesEventClient

        return OrkesEventClient(self.configuration, self.metrics_collector)

    def get_environment_client(self) -> OrkesEnvironmentClient:
        """Environment variables of the server."""
        from conductor.client.orkes.orkes_environment_client import OrkesEnvironmentClient

        return OrkesEnvironmentClient(self.configuration, self.metrics_collector)

    def get_admin_client(self) -> OrkesAdminClient:
        """The server's health, configuration and queues."""
        from conductor.client.orkes.orkes_admin_client import OrkesAdminClient

        return OrkesAdminClient(self.configuration, self.metrics_collector)

    def get_agent_client(self) -> OrkesAgentClient:
        """Agents."""
        from conductor.client.orkes.orkes_agent_client import OrkesAgentClient

        return OrkesAgentClient(self.configuration, self.metrics_collector)

    # Orkes servers only, from here on

    def get_authorization_client(self) -> OrkesAuthorizationClient:
        """Users, groups, applications, permissions."""
        from conductor.client.orkes.orkes_authorization_client import OrkesAuthorizationClient

        return OrkesAuthorizationClient(self.configuration, self.metrics_collector)

    def get_integration_client(self) -> OrkesIntegrationClient:
        """Integrations with AI providers and the like."""
        from conductor.client.orkes.orkes_integration_client import OrkesIntegrationClient

        return OrkesIntegrationClient(self.configuration, self.metrics_collector)

    def get_prompt_client(self) -> OrkesPromptClient:
        """Prompt templates."""
        from conductor.client.orkes.orkes_prompt_client import OrkesPromptClient

        return OrkesPromptClient(self.configuration, self.metrics_collector)

    def get_schema_client(self) -> OrkesSchemaClient:
        """Schemas."""
        from conductor.client.orkes.orkes_schema_client import OrkesSchemaClient

        return OrkesSchemaClient(self.configuration, self.metrics_collector)

    def get_service_registry_client(self) -> OrkesServiceRegistryClient:
        """Registered services."""
        from conductor.client.orkes.orkes_service_registry_client import OrkesServiceRegistryClient

        return OrkesServiceRegistryClient(self.configuration, self.metrics_collector)


ConductorClients = OrkesClients
