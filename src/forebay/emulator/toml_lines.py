"""Where in a TOML file each key stands: the line numbers that the standard library does not tell.

The text must be one that `tomllib` took: this reads positions and checks nothing.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping

KeyPath = tuple[str | int, ...]
"""Keys and list indexes from the top of a document: ("packs", 1, "full_wh")."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"[ \t]*")
_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SCALAR = re.compile(r"[^,\]}#\n]*")
_TEXTS = (
    ('"""', re.compile(r'"""(?:[^\\]|\\.)*?"""(?:""?(?!"))?', re.DOTALL)),
    ("'''", re.compile(r"'''.*?'''(?:''?(?!'))?", re.DOTALL)),
    ('"', re.compile(r'"(?:[^"\\\n]|\\.)*"')),
    ("'", re.compile(r"'[^'\n]*'")),
)


def lines_of(text: str) -> dict[KeyPath, int]:
    """Return the line, from 1, on which each table, key and list item of a valid document begins."""
    return _Reader(text).read()


def line_at(lines: Mapping[KeyPath, int], path: KeyPath) -> int:
    """Return the line of a key, or of the nearest table around it that the document has; 1 at the top."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def path_in_words(path: KeyPath) -> str:
    """Return a path as messages name it: packs[1].full_wh."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "top level"


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.lines: dict[KeyPath, int] = {}
        self.last: dict[KeyPath, int] = {}  # lists of tables and the index of their newest table

    def read(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while self._gap():
            line = self._line()
            if self.text.startswith("[[", self.at):
                path = self._header(2)
                self.last[path] = self.last.get(path, -1) + 1
                self.lines.setdefault(path, line)
                table = (*path, self.last[path])
                self.lines[table] = line
            elif self.text[self.at] == "[":
                table = self._header(1)
                self.lines[table] = line
            else:
                self._pair(table)
        return self.lines

    def _line(self) -> int:
        return bisect_right(self.starts, self.at)

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        found = match.group() if match else ""
        self.at += len(found)
        return found

    def _gap(self) -> bool:
        """Skip blanks, line ends and comments; whether anything follows."""
        self._skip(_GAP)
        return self.at < len(self.text)

    def _header(self, brackets: int) -> KeyPath:
        self.at += brackets
        names = self._key()
        self.at += brackets
        path: KeyPath = ()
        for depth, name in enumerate(names, 1):
            path = (*path, name)
            if path in self.last and (depth < len(names) or brackets == 1):
                path = (*path, self.last[path])
        return path

    def _key(self) -> list[str]:
        names = []
        while True:
            self._skip(_BLANK)
            if self.text[self.at] in "\"'":
                quoted = self._text()
                names.append(str(tomllib.loads(f"key = {quoted}")["key"]))
            else:
                names.append(self._skip(_BARE))
            self._skip(_BLANK)
            if self.text[self.at] != ".":
                return names
            self.at += 1

    def _text(self) -> str:
        pattern = next(pattern for mark, pattern in _TEXTS if self.text.startswith(mark, self.at))
        return self._skip(pattern)

    def _pair(self, table: KeyPath) -> None:
        line = self._line()
        path = table
        for name in self._key():
            path = (*path, name)
            self.lines.setdefault(path, line)
        self.at += 1  # the equals sign
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        self._skip(_BLANK)
        match self.text[self.at]:
            case '"' | "'":
                self._text()
            case "[":
                self._list(path)
            case "{":
                self._inline(path)
            case _:
                self._skip(_SCALAR)

    def _list(self, path: KeyPath) -> None:
        self.at += 1
        index = 0
        while self._gap() and self.text[self.at] != "]":
            if self.text[self.at] == ",":
                self.at += 1
                continue
            self.lines[(*path, index)] = self._line()
            self._value((*path, index))
            index += 1
        self.at += 1

    def _inline(self, path: KeyPath) -> None:
        self.at += 1
        while self._gap() and self.text[self.at] != "}":
            if self.text[self.at] == ",":
                self.at += 1
            else:
                self._pair(path)
        self.at += 1
