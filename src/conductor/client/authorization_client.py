"""`AuthorizationClient`, under the name by which it is imported."""

from __future__ import annotations

from conductor.client.orkes.orkes_authorization_client import OrkesAuthorizationClient as AuthorizationClient

__all__ = ["AuthorizationClient"]
