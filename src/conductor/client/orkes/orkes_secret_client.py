"""Secrets that definitions refer to as `${workflow.secrets.NAME}`."""

from __future__ import annotations

from conductor.client.http.models.credential_meta import CredentialMeta
from conductor.client.http.models.tag_object import TagObject
from conductor.client.orkes._suggest import suggesting
from conductor.client.orkes.models.metadata_tag import MetadataTag
from conductor.client.orkes.orkes_base_client import OrkesBaseClient


class OrkesSecretClient(OrkesBaseClient):
    """Everything under `/secrets`. A server whose secrets come from its environment lets them be read only."""

    def put_secret(self, key: str, value: str) -> None:
        """Keep a secret."""
        self.secretResourceApi.put_secret(value, key)

    @suggesting("secret", "key", "list_all_secret_names")
    def get_secret(self, key: str) -> str:
        """A secret's value."""
        return self.secretResourceApi.get_secret(key)

    def list_all_secret_names(self) -> set[str]:
        """The names of all secrets."""
        return set(self.secretResourceApi.list_all_secret_names() or [])

    def list_secrets_with_metadata(self) -> list[CredentialMeta]:
        """The names of all secrets, and what the server tells of them besides."""
        return self.secretResourceApi.list_with_meta()

    def list_secrets_that_user_can_grant_access_to(self) -> list[str]:
        """The names of the secrets that one may pass on."""
        return self.secretResourceApi.list_secrets_that_user_can_grant_access_to()

    @suggesting("secret", "key", "list_all_secret_names")
    def delete_secret(self, key: str) -> None:
        """Forget a secret."""
        self.secretResourceApi.delete_secret(key)

    def secret_exists(self, key: str) -> bool:
        """Whether there is a secret of that name."""
        return self.secretResourceApi.secret_exists(key)

    # Orkes servers only, from here on

    def set_secret_tags(self, tags: list[MetadataTag], key: str) -> None:
        """Replace a secret's tags."""
        self.secretResourceApi.put_tag_for_secret(tags, key)

    def get_secret_tags(self, key: str) -> list[TagObject]:
        """A secret's tags."""
        return self.secretResourceApi.get_tags(key)

    def delete_secret_tags(self, tags: list[MetadataTag], key: str) -> None:
        """Take tags off a secret."""
        self.secretResourceApi.delete_tag_for_secret(tags, key)
