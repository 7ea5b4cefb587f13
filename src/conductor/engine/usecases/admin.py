"""Use cases of operators: secrets, environment, configuration, repair."""

from __future__ import annotations

from typing import Any

from conductor.engine.errors import NotYet
from conductor.engine.model import CredentialMeta, EnvironmentVariable
from conductor.engine.starting import Starting


class Admin(Starting):
    """Secrets (`/secrets`), environment (`/environment`), administration (`/admin`), health."""

    def secret_names(self) -> list[str]:
        """`GET /secrets`, `POST /secrets`."""
        raise NotYet

    def secret_metas(self) -> list[CredentialMeta]:
        """`GET /secrets/v2`."""
        raise NotYet

    def get_secret(self, key: str) -> str:
        """`GET /secrets/{key}`. Raises NotFound, InvalidInput (key)."""
        raise NotYet

    def has_secret(self, key: str) -> bool:
        """`GET /secrets/{key}/exists`."""
        raise NotYet

    def put_secret(self, key: str, value: str) -> None:
        """`PUT /secrets/{key}`. Raises ReadOnly, InvalidInput."""
        raise NotYet

    def remove_secret(self, key: str) -> None:
        """`DELETE /secrets/{key}`. Raises ReadOnly."""
        raise NotYet

    def environment(self) -> list[EnvironmentVariable]:
        """`GET /environment`."""
        raise NotYet

    def get_environment(self, key: str) -> str | None:
        """`GET /environment/{key}`."""
        raise NotYet

    def requeue_sweep(self, workflow_id: str) -> bool:
        """Look at a workflow again soon (`POST /admin/sweep/requeue/{workflowId}`). Raises NotFound."""
        raise NotYet

    def repair_workflow(self, workflow_id: str) -> bool:
        """`POST /admin/consistency/verifyAndRepair/{workflowId}`; whether something was mended."""
        raise NotYet

    def get_config(self) -> dict[str, Any]:
        """`GET /admin/config`."""
        raise NotYet

    def health(self) -> dict[str, Any]:
        """`GET /health`."""
        raise NotYet
