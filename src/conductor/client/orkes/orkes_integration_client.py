"""Integrations with AI providers, vector databases and the like (Orkes servers)."""

from __future__ import annotations

from conductor.client.http.models.integration import Integration
from conductor.client.http.models.integration_api import IntegrationApi
from conductor.client.http.models.integration_api_update import IntegrationApiUpdate
from conductor.client.http.models.integration_def import IntegrationDef
from conductor.client.http.models.integration_update import IntegrationUpdate
from conductor.client.http.models.prompt_template import PromptTemplate
from conductor.client.http.models.tag_object import TagObject
from conductor.client.orkes.models.metadata_tag import MetadataTag
from conductor.client.orkes.orkes_base_client import OrkesBaseClient


class OrkesIntegrationClient(OrkesBaseClient):
    """Everything under `/integrations`."""

    def associate_prompt_with_integration(self, ai_integration: str, model_name: str, prompt_name: str) -> None:
        """Let a model use a prompt."""
        self.integrationApi.associate_prompt_with_integration(ai_integration, model_name, prompt_name)

    def delete_integration_api(self, api_name: str, integration_name: str) -> None:
        """Remove a model of an integration. By its older name `api_name` is the integration, the other the model."""
        self.integrationApi.delete_integration_api(api_name, integration_name)

    def delete_integration(self, integration_name: str) -> None:
        """Remove an integration."""
        self.integrationApi.delete_integration_provider(integration_name)

    def get_integration_api(self, api_name: str, integration_name: str) -> IntegrationApi:
        """A model of an integration. By its older name `api_name` is the integration, the other the model."""
        return self.integrationApi.get_integration_api(api_name, integration_name)

    def get_integration_apis(self, integration_name: str) -> list[IntegrationApi]:
        """The models of an integration."""
        return self.integrationApi.get_integration_apis(integration_name)

    def get_integration(self, integration_name: str) -> Integration:
        """An integration."""
        return self.integrationApi.get_integration_provider(integration_name)

    def get_integrations(self) -> list[Integration]:
        """All integrations."""
        return self.integrationApi.get_integration_providers()

    def get_prompts_with_integration(self, ai_integration: str, model_name: str) -> list[PromptTemplate]:
        """The prompts that a model may use."""
        return self.integrationApi.get_prompts_with_integration(ai_integration, model_name)

    def save_integration_api(self, integration_name: str, api_name: str, api_details: IntegrationApiUpdate) -> None:
        """Make a model of an integration, or replace it."""
        self.integrationApi.save_integration_api(api_details, integration_name, api_name)

    def save_integration(self, integration_name: str, integration_details: IntegrationUpdate) -> None:
        """Make an integration, or replace it."""
        self.integrationApi.save_integration_provider(integration_details, integration_name)

    def get_token_usage_for_integration(self, name: str, integration_name: str) -> int:
        """The tokens that a model has used."""
        return self.integrationApi.get_token_usage_for_integration(name, integration_name)

    def get_token_usage_for_integration_provider(self, name: str) -> dict[str, str]:
        """The tokens that an integration has used."""
        return self.integrationApi.get_token_usage_for_integration_provider(name)

    def delete_tag_for_integration(self, body: list[MetadataTag], tag_name: str, integration_name: str) -> None:
        """Take tags off a model."""
        self.integrationApi.delete_tag_for_integration(body, tag_name, integration_name)

    def delete_tag_for_integration_provider(self, body: list[MetadataTag], name: str) -> None:
        """Take tags off an integration."""
        self.integrationApi.delete_tag_for_integration_provider(body, name)

    def put_tag_for_integration(self, body: list[MetadataTag], name: str, integration_name: str) -> None:
        """Replace a model's tags."""
        self.integrationApi.put_tag_for_integration(body, name, integration_name)

    def put_tag_for_integration_provider(self, body: list[MetadataTag], name: str) -> None:
        """Replace an integration's tags."""
        self.integrationApi.put_tag_for_integration_provider(body, name)

    def get_tags_for_integration(self, name: str, integration_name: str) -> list[TagObject]:
        """A model's tags."""
        return self.integrationApi.get_tags_for_integration(name, integration_name)

    def get_tags_for_integration_provider(self, name: str) -> list[TagObject]:
        """An integration's tags."""
        return self.integrationApi.get_tags_for_integration_provider(name)

    def get_integration_available_apis(self, integration_name: str) -> list[str]:
        """The models that an integration could have."""
        return self.integrationApi.get_integration_available_apis(integration_name)

    def get_integration_provider_defs(self) -> list[IntegrationDef]:
        """The kinds of integrations that there are."""
        return self.integrationApi.get_integration_provider_defs()

    def get_providers_and_integrations(self) -> list[str]:
        """The names of all integrations and their models."""
        return self.integrationApi.get_providers_and_integrations()
