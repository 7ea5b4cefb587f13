"""Use cases of operators: secrets, environment, configuration, repair."""

from __future__ import annotations

import re
from typing import Any

from conductor._version import __version__
from conductor.engine.errors import IllegalState, InvalidInput, NotFound, ReadOnly
from conductor.engine.model import CredentialMeta, EnvironmentVariable
from conductor.engine.starting import Starting

_KEY = re.compile(r"[a-zA-Z0-9_-]+")


class Admin(Starting):
    """Secrets (`/secrets`), environment (`/environment`), administration (`/admin`), health."""

    def secret_names(self) -> list[str]:
        """`GET /secrets`, `POST /secrets`."""
        return sorted(self.env.secrets)

    def secret_metas(self) -> list[CredentialMeta]:
        """`GET /secrets/v2`."""
        return [CredentialMeta(name=name, partial="****") for name in self.secret_names()]

    def get_secret(self, key: str) -> str:
        """`GET /secrets/{key}`. Raises NotFound, InvalidInput (key)."""
        value = self.env.secrets.get(_checked(key))
        if value is None:
            raise NotFound(f"Secret {key} not found")
        return value

    def has_secret(self, key: str) -> bool:
        """`GET /secrets/{key}/exists`."""
        return _checked(key) in self.env.secrets

    def put_secret(self, key: str, value: str) -> None:
        """`PUT /secrets/{key}`. Raises ReadOnly, InvalidInput."""
        if not value:
            raise InvalidInput("value is required")
        _checked(key)
        raise ReadOnly("env-backed secrets are read-only")

    def remove_secret(self, key: str) -> None:
        """`DELETE /secrets/{key}`. Raises ReadOnly."""
        _checked(key)
        raise ReadOnly("env-backed secrets are read-only")

    def environment(self) -> list[EnvironmentVariable]:
        """`GET /environment`."""
        return [EnvironmentVariable(name=name, value=value) for name, value in sorted(self.env.variables.items())]

    def get_environment(self, key: str) -> str | None:
        """`GET /environment/{key}`."""
        return self.env.variables.get(key)

    def requeue_sweep(self, workflow_id: str) -> bool:
        """Look at a workflow again soon, if there is one (`POST /admin/sweep/requeue/{workflowId}`)."""
        self.timers.set(("workflow", workflow_id, ""), self.clock())
        return True

    def repair_workflow(self, workflow_id: str) -> bool:
        """`POST /admin/consistency/verifyAndRepair/{workflowId}`; whether something was mended."""
        raise IllegalState("WorkflowRepairService is disabled.")

    def get_config(self) -> dict[str, Any]:
        """`GET /admin/config`."""
        return {
            "version": __version__,
            "db": self.settings.database,
            "durability": self.settings.durability,
            "retentionSeconds": self.settings.retention_seconds,
        }

    def health(self) -> dict[str, Any]:
        """`GET /health`."""
        return {"healthResults": [], "suppressedHealthResults": [], "healthy": True}


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise InvalidInput("key must match pattern [a-zA-Z0-9_-]+ (alphanumeric, underscore, dash only)")
    return key
