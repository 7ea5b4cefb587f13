"""JSON that remembers on which line each of its parts is, for errors that a person can act on."""

from __future__ import annotations

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, Final

Path = tuple["str | int", ...]

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_SCALAR: Final = re.compile(r"[^\s,\]}]+")


class JsonSyntaxError(ValueError):
    """The text is not JSON; `line` says where."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class JsonLines:
    """A JSON text: its `value`, where its parts are, and which keys stand twice in one object.

    Raises:
        JsonSyntaxError: it is not JSON.
    """

    def __init__(self, text: str) -> None:
        try:
            self.value: Any = json.loads(text, parse_constant=_no_constant)
        except json.JSONDecodeError as error:
            raise JsonSyntaxError(f"not valid JSON: {error.msg} (column {error.colno})", error.lineno) from None
        except (ValueError, RecursionError) as error:
            raise JsonSyntaxError(f"not valid JSON: {error or 'nested too deeply'}", 1) from None
        self._text = text
        self._offsets: dict[Path, int] = {}
        self.duplicates: list[Path] = []
        self._scan(0, ())

    def line(self, path: Path) -> int:
        """The line of a part; where the path leads to nothing, of the nearest part that it goes through."""
        while path and path not in self._offsets:
            path = path[:-1]
        return self._text.count("\n", 0, self._offsets.get(path, 0)) + 1

    def _scan(self, at: int, path: Path) -> int:
        """Note the parts of the value that begins here; the text is valid. Gives the place after it."""
        at = self._skip(at)
        self._offsets.setdefault(path, at)
        if self._text[at] == "{":
            return self._scan_object(at + 1, path)
        if self._text[at] == "[":
            return self._scan_array(at + 1, path)
        if self._text[at] == '"':
            return int(scanstring(self._text, at + 1)[1])
        match = _SCALAR.match(self._text, at)
        return match.end() if match else at + 1

    def _scan_object(self, at: int, path: Path) -> int:
        at = self._skip(at)
        while self._text[at] != "}":
            key, after = scanstring(self._text, at + 1)
            here = (*path, key)
            if here in self._offsets:
                self.duplicates.append(here)
            self._offsets[here] = at
            at = self._skip(self._scan(self._skip(after) + 1, here))
            at = self._skip(at + 1) if self._text[at] == "," else at
        return at + 1

    def _scan_array(self, at: int, path: Path) -> int:
        at, index = self._skip(at), 0
        while self._text[at] != "]":
            at = self._skip(self._scan(at, (*path, index)))
            at, index = (self._skip(at + 1) if self._text[at] == "," else at), index + 1
        return at + 1

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self._text, at)
        return match.end() if match else at


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")
