"""Environment variables that definitions refer to as `${workflow.env.NAME}`."""

from __future__ import annotations

from conductor.client.http.models.environment_variable import EnvironmentVariable
from conductor.client.orkes.orkes_base_client import OrkesBaseClient


class OrkesEnvironmentClient(OrkesBaseClient):
    """Everything under `/environment`: values that the server was started with, read only."""

    def get_environment_variables(self) -> list[EnvironmentVariable]:
        """All variables."""
        return self.environmentResourceApi.get_all()

    def get_environment_variable(self, key: str) -> str | None:
        """A variable's value, None where there is none of that name."""
        return self.environmentResourceApi.get(key) or None
