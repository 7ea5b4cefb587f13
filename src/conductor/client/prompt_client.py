"""`PromptClient`, under the name by which it is imported."""

from __future__ import annotations

from conductor.client.orkes.orkes_prompt_client import OrkesPromptClient as PromptClient

__all__ = ["PromptClient"]
