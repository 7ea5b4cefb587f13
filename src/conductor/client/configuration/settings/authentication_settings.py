"""The key with which a client asks Conductor for a token."""

from __future__ import annotations

from conductor.client.configuration.errors import ConfigurationError


class AuthenticationSettings:
    """An access key: its id and its secret, exchanged for a token at ``POST /token``.

    Both empty means no authentication; one without the other is a `ConfigurationError`. Neither is ever shown.
    """

    def __init__(self, key_id: str | None = None, key_secret: str | None = None) -> None:
        for name, value in (("key_id", key_id), ("key_secret", key_secret)):
            if value is not None and not isinstance(value, str):
                raise ConfigurationError(f"AuthenticationSettings.{name}: expected a str, got {type(value).__name__}")
        if bool(key_id) != bool(key_secret):
            given, missing = ("key_id", "key_secret") if key_id else ("key_secret", "key_id")
            raise ConfigurationError(f"AuthenticationSettings: {given} is given but {missing} is not")
        self.key_id = key_id or None
        self.key_secret = key_secret or None

    def __bool__(self) -> bool:
        return bool(self.key_id)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AuthenticationSettings):
            return NotImplemented
        return (self.key_id, self.key_secret) == (other.key_id, other.key_secret)

    def __hash__(self) -> int:
        return hash((self.key_id, self.key_secret))

    def __repr__(self) -> str:
        return f"AuthenticationSettings(key_id={'***' if self else None!r}, key_secret={'***' if self else None!r})"
