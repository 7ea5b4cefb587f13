"""`SecretClient`, under the name by which it is imported."""

from __future__ import annotations

from conductor.client.orkes.orkes_secret_client import OrkesSecretClient as SecretClient

__all__ = ["SecretClient"]
