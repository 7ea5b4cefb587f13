"""The file of keys that may ask for tokens: JSON, key id to secret, readable by its owner only."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

import msgspec

from conductor.server.http_server import StartError


def load_keys(path: Path) -> dict[str, str]:
    """The keys of a file, which is made with one new key where there is none.

    Raises StartError when it cannot be read or made, is open to others or is no object of strings.
    """
    try:
        if not path.exists():
            _make(path)
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise StartError(f"others can read the keys in {path}: chmod 600 {path}")
        keys = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except OSError as error:
        raise StartError(f"cannot read the keys in {path}: {error.strerror}") from None
    except msgspec.DecodeError as error:
        raise StartError(f'{path}: expected {{"key id": "secret", ...}}: {error}') from None
    if not keys or not all(key and secret for key, secret in keys.items()):
        raise StartError(f"{path} holds no key, or an empty one: delete it to have one made")
    return keys


def _make(path: Path) -> None:
    keys = {f"key-{secrets.token_hex(4)}": secrets.token_urlsafe(32)}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(keys)) + b"\n")
