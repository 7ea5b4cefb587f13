"""Prompts, models and vector databases of an Orkes server, set up in a few calls."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from conductor.client.http.models.integration_api_update import IntegrationApiUpdate
from conductor.client.http.models.integration_update import IntegrationUpdate
from conductor.client.http.rest import NotFoundError
from conductor.client.orkes_clients import OrkesClients

if TYPE_CHECKING:
    from typing_extensions import Self

    from conductor.client.ai.configuration import LLMProvider, VectorDB
    from conductor.client.ai.integrations import IntegrationConfig
    from conductor.client.configuration.configuration import Configuration
    from conductor.client.http.models.prompt_template import PromptTemplate

NOT_FOUND_STATUS = int(HTTPStatus.NOT_FOUND)


class AIOrchestrator:
    """Keeps prompts, and what the server needs to reach providers (Orkes servers)."""

    def __init__(self, api_configuration: Configuration | None = None, prompt_test_workflow_name: str = "") -> None:
        clients = OrkesClients(api_configuration)
        self.integration_client = clients.get_integration_client()
        self.workflow_client = clients.get_workflow_client()
        self.workflow_executor = clients.get_workflow_executor()
        self.prompt_client = clients.get_prompt_client()
        self.prompt_test_workflow_name = prompt_test_workflow_name or f"prompt_test_{uuid.uuid4()}"

    def add_prompt_template(self, name: str, prompt_template: str, description: str) -> Self:
        """Keep a prompt template."""
        self.prompt_client.save_prompt(name, description, prompt_template)
        return self

    def get_prompt_template(self, template_name: str) -> PromptTemplate | None:
        """A prompt template, None where there is none of that name."""
        try:
            return self.prompt_client.get_prompt(template_name)
        except NotFoundError as error:
            if not error.is_not_found():
                raise
            return None

    def associate_prompt_template(self, name: str, ai_integration: str, ai_models: list[str]) -> None:
        """Let models use a prompt."""
        for model in ai_models:
            self.integration_client.associate_prompt_with_integration(ai_integration, model, name)

    def test_prompt_template(
        self,
        text: str,
        variables: dict[str, Any],
        ai_integration: str,
        text_complete_model: str,
        stop_words: list[str] | None = None,
        max_tokens: int = 100,
        temperature: float = 0,
        top_p: float = 1,
    ) -> str:
        """What a model answers to a prompt. The endpoint knows no limit of tokens: `max_tokens` is not sent."""
        return self.prompt_client.test_prompt(
            text, variables, ai_integration, text_complete_model, temperature, top_p, stop_words or []
        )

    def add_ai_integration(
        self,
        ai_integration_name: str,
        provider: LLMProvider,
        models: list[str],
        description: str,
        config: IntegrationConfig,
        overwrite: bool = False,
    ) -> None:
        """Make an integration with a provider of models; what is there stays as it is, unless `overwrite`."""
        self._add(ai_integration_name, "AI_MODEL", provider.value, models, description, config, overwrite=overwrite)

    def add_vector_store(
        self,
        db_integration_name: str,
        provider: VectorDB,
        indices: list[str],
        config: IntegrationConfig,
        description: str | None = None,
        overwrite: bool = False,
    ) -> None:
        """Make an integration with a vector database; what is there stays as it is, unless `overwrite`."""
        description = db_integration_name if description is None else description
        self._add(db_integration_name, "VECTOR_DB", provider.value, indices, description, config, overwrite=overwrite)

    def get_token_used(self, ai_integration: str) -> dict[str, str]:
        """The tokens that an integration has used, by model."""
        return self.integration_client.get_token_usage_for_integration_provider(ai_integration)

    def get_token_used_by_model(self, ai_integration: str, model: str) -> int:
        """The tokens that a model has used."""
        return self.integration_client.get_token_usage_for_integration(ai_integration, model)

    def _add(
        self,
        name: str,
        category: str,
        provider: str,
        parts: list[str],
        description: str,
        config: IntegrationConfig,
        *,
        overwrite: bool,
    ) -> None:
        client = self.integration_client
        if overwrite or not _is_there(client.get_integration, name):
            details = IntegrationUpdate(
                category=category, type=provider, configuration=config.to_dict(), description=description, enabled=True
            )
            client.save_integration(name, details)
        for part in parts:
            if overwrite or not _is_there(client.get_integration_api, name, part):
                client.save_integration_api(name, part, IntegrationApiUpdate(description=description, enabled=True))


def _is_there(get: Any, *names: str) -> bool:
    try:
        return get(*names) is not None
    except NotFoundError:
        return False
