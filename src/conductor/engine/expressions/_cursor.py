"""A place in a text, for the two small parsers of paths and filters."""

from __future__ import annotations

_CLOSING = {"(": ")", "[": "]", "{": "}"}


class InvalidPath(ValueError):
    """The text is no JSONPath."""


class Cursor:
    """Reads a text from left to right."""

    __slots__ = ("at", "text")

    def __init__(self, text: str, at: int = 0) -> None:
        self.text = text
        self.at = at

    @property
    def ended(self) -> bool:
        return self.at >= len(self.text)

    @property
    def char(self) -> str:
        """The character here; empty at the end."""
        return self.text[self.at : self.at + 1]

    def skip_blanks(self) -> None:
        while self.char == " ":
            self.at += 1

    def take(self, expected: str) -> bool:
        """Step over a text if it stands here."""
        if not self.text.startswith(expected, self.at):
            return False
        self.at += len(expected)
        return True

    def fail(self, what: str) -> InvalidPath:
        return InvalidPath(f"{what} at position {self.at} of '{self.text}'")

    def quoted(self) -> str:
        """The string that begins here with a quote; a backslash escapes."""
        quote, self.at = self.char, self.at + 1
        out: list[str] = []
        while self.char != quote:
            if self.ended:
                raise self.fail("a string is not closed")
            out.append(self._escaped() if self.char == "\\" else self.char)
            self.at += 1
        self.at += 1
        return "".join(out)

    def _escaped(self) -> str:
        self.at += 1
        if self.char == "u":
            digits = self.text[self.at + 1 : self.at + 5]
            if len(digits) == 4 and all(d in "0123456789abcdefABCDEF" for d in digits):
                self.at += 4
                return chr(int(digits, 16))
        return {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}.get(self.char, self.char)

    def enclosed(self) -> str:
        """The text between the bracket here and the one that closes it; quotes and regexes hide brackets."""
        opening, start = self.char, self.at
        closing, depth = _CLOSING[opening], 0
        while not self.ended:
            character = self.char
            if character in "'\"":
                self.quoted()
                continue
            if character == "/" and self.text[start : self.at].rstrip().endswith(("~", "(")):
                self.regex_source()
                continue
            depth += (character == opening) - (character == closing)
            self.at += 1
            if depth == 0:
                return self.text[start + 1 : self.at - 1]
        self.at = start
        raise self.fail(f"'{opening}' is not closed")

    def regex_source(self) -> str:
        """The pattern between the slash that stands here and the next one that is not escaped."""
        start = self.at = self.at + 1
        while self.char != "/":
            if self.ended:
                raise self.fail("a regular expression is not closed")
            self.at += 2 if self.char == "\\" else 1
        self.at += 1
        return self.text[start : self.at - 1]
