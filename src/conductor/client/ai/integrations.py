"""How the server reaches a provider: the configuration part of an integration."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from typing import Any


class IntegrationConfig(ABC):
    """What `AIOrchestrator` takes for the configuration of an integration."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """The configuration by the server's names."""


class OpenAIConfig(IntegrationConfig):
    """OpenAI; the key is taken from OPENAI_API_KEY where none is given."""

    def __init__(self, api_key: str | None = None) -> None:
        self.api_key = api_key if api_key is not None else os.environ.get("OPENAI_API_KEY")

    def to_dict(self) -> dict[str, Any]:
        return {"api_key": self.api_key}


class AzureOpenAIConfig(IntegrationConfig):
    """OpenAI on Azure."""

    def __init__(self, api_key: str, endpoint: str) -> None:
        self.api_key, self.endpoint = api_key, endpoint

    def to_dict(self) -> dict[str, Any]:
        return {"api_key": self.api_key, "endpoint": self.endpoint}


class WeaviateConfig(IntegrationConfig):
    """Weaviate."""

    def __init__(self, api_key: str, endpoint: str, classname: str) -> None:
        self.api_key, self.endpoint, self.classname = api_key, endpoint, classname

    def to_dict(self) -> dict[str, Any]:
        return {"api_key": self.api_key, "endpoint": self.endpoint}


class PineconeConfig(IntegrationConfig):
    """Pinecone; what is not given is taken from PINECONE_API_KEY, _ENDPOINT, _ENV and _PROJECT."""

    def __init__(
        self,
        api_key: str | None = None,
        endpoint: str | None = None,
        environment: str | None = None,
        project_name: str | None = None,
    ) -> None:
        self.api_key = _or_variable(api_key, "PINECONE_API_KEY")
        self.endpoint = _or_variable(endpoint, "PINECONE_ENDPOINT")
        self.environment = _or_variable(environment, "PINECONE_ENV")
        self.project_name = _or_variable(project_name, "PINECONE_PROJECT")

    def to_dict(self) -> dict[str, Any]:
        return {
            "api_key": self.api_key,
            "endpoint": self.endpoint,
            "projectName": self.project_name,
            "environment": self.environment,
        }


def _or_variable(value: str | None, name: str) -> str | None:
    return os.environ.get(name) if value is None else value
