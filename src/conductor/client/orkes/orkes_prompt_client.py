"""Prompt templates (Orkes servers)."""

from __future__ import annotations

from typing import Any

from conductor.client.http.models.prompt_template import PromptTemplate
from conductor.client.http.models.prompt_test_request import PromptTemplateTestRequest
from conductor.client.http.models.tag_object import TagObject
from conductor.client.orkes.models.metadata_tag import MetadataTag
from conductor.client.orkes.orkes_base_client import OrkesBaseClient


class OrkesPromptClient(OrkesBaseClient):
    """Everything under `/prompts`."""

    def save_prompt(
        self,
        prompt_name: str,
        description: str,
        prompt_template: str,
        models: list[str] | None = None,
        version: int | None = None,
        auto_increment: bool = False,
    ) -> None:
        """Keep a prompt template."""
        self.promptApi.save_message_template(
            prompt_template,
            description,
            prompt_name,
            models=models or None,
            version=version,
            auto_increment="true" if auto_increment else None,
        )

    def get_prompt(self, prompt_name: str) -> PromptTemplate:
        """A prompt template."""
        return self.promptApi.get_message_template(prompt_name)

    def get_prompts(self) -> list[PromptTemplate]:
        """All prompt templates."""
        return self.promptApi.get_message_templates()

    def delete_prompt(self, prompt_name: str) -> None:
        """Remove a prompt template."""
        self.promptApi.delete_message_template(prompt_name)

    def get_tags_for_prompt_template(self, prompt_name: str) -> list[TagObject]:
        """A prompt template's tags."""
        return self.promptApi.get_tags_for_prompt_template(prompt_name)

    def update_tag_for_prompt_template(self, prompt_name: str, tags: list[MetadataTag]) -> None:
        """Replace a prompt template's tags."""
        self.promptApi.put_tag_for_prompt_template(tags, prompt_name)

    def delete_tag_for_prompt_template(self, prompt_name: str, tags: list[MetadataTag]) -> None:
        """Take tags off a prompt template."""
        self.promptApi.delete_tag_for_prompt_template(tags, prompt_name)

    def test_prompt(
        self,
        prompt_text: str,
        variables: dict[str, Any],
        ai_integration: str,
        text_complete_model: str,
        temperature: float = 0.1,
        top_p: float = 0.9,
        stop_words: list[str] | None = None,
    ) -> str:
        """What a model answers to a prompt."""
        return self.promptApi.test_message_template(
            PromptTemplateTestRequest(
                prompt=prompt_text,
                prompt_variables=variables,
                llm_provider=ai_integration,
                model=text_complete_model,
                temperature=temperature,
                top_p=top_p,
                stop_words=stop_words,
            )
        )
