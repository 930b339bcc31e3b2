"""JSON rewritten in its own text: what does not change keeps every byte.

Decoding and printing again would lose "-0", long fractions and 64-bit integers,
and the order of doubled keys. Source: behaviour.md F08, F09, F11.
"""

from __future__ import annotations

import json
import re
from typing import Protocol

Place = tuple[str, ...]
"""Where a value stands: the keys that lead to it, `ELEMENT` for any element of a list."""

ELEMENT = "[]"
DEEPEST = 64

_SIGN = re.compile(
    r"""[ \t\n\r]*(?:
      ([{}\[\],:])
    | ("(?:[^"\\\x00-\x1f]|\\.)*")
    | (-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (true|false|null)
    )""",
    re.VERBOSE,
)
_GO_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


class Change(Protocol):
    """What is done to keys, texts and numbers; each answers with what stands there afterwards."""

    def key(self, place: Place, word: str) -> str:
        """Return the key; `place` is that of its object."""
        ...

    def text(self, place: Place, value: str) -> str:
        """Return the text."""
        ...

    def number(self, place: Place, literal: str) -> str:
        """Return the number as it is printed."""
        ...


def printed(value: str) -> str:
    """Return a text as a JSON string, escaped as Go does (F11)."""
    quoted = json.dumps(value, ensure_ascii=False).translate(_GO_ESCAPES)
    return "".join(f"\\u{ord(char):04x}" if "\ud800" <= char <= "\udfff" else char for char in quoted)


def rewrite(raw: bytes, change: Change) -> bytes:
    """Return the JSON with its keys, texts and numbers changed.

    Raises ValueError where the bytes are not JSON, or deeper than DEEPEST.
    """
    source = raw.decode("utf-8")
    return "".join(_Walk(source, change).pieces()).encode("utf-8", "surrogatepass")


class _Walk:
    """One pass over a text; the stack holds "{" or "[" with the key that leads there."""

    def __init__(self, source: str, change: Change) -> None:
        self._source = source
        self._change = change
        self._stack: list[tuple[str, Place]] = []
        self._here: Place = ()

    def pieces(self) -> list[str]:
        out: list[str] = []
        position, wanted = 0, "value"
        while position < len(self._source):
            match = _SIGN.match(self._source, position)
            if match is None:
                if self._source[position:].strip(" \t\n\r"):
                    raise ValueError(f"not JSON at character {position}")
                out.append(self._source[position:])
                break
            sign = match.group(match.lastindex or 0)
            out.append(self._source[position : match.end() - len(sign)])
            position = match.end()
            wanted = self._take(sign, match.lastindex or 0, wanted, out, position)
        if self._stack or wanted != "end":
            raise ValueError("not JSON: it ends too early")
        return out

    def _take(self, sign: str, kind: int, wanted: str, out: list[str], position: int) -> str:
        if kind == 1:
            out.append(sign)
            return self._punctuation(sign, wanted, position)
        if wanted in ("key", "key or }"):
            if kind != 2:
                raise ValueError(f"not JSON at character {position}: a key was expected")
            word = json.loads(sign)
            place = self._stack[-1][1]
            changed = self._change.key(place, word)
            self._here = (*place, word)
            out.append(sign if changed == word else printed(changed))
            return ":"
        if wanted not in ("value", "value or ]"):
            raise ValueError(f"not JSON at character {position}: {wanted} was expected")
        if kind == 2:
            value = json.loads(sign)
            changed = self._change.text(self._here, value)
            out.append(sign if changed == value else printed(changed))
        else:
            out.append(self._change.number(self._here, sign) if kind == 3 else sign)
        return self._after_value()

    def _punctuation(self, sign: str, wanted: str, position: int) -> str:
        opens = sign in "{[" and wanted in ("value", "value or ]")
        if opens:
            if len(self._stack) >= DEEPEST:
                raise ValueError(f"deeper than {DEEPEST} levels")
            self._stack.append((sign, self._here))
            if sign == "[":
                self._here = (*self._here, ELEMENT)
                return "value or ]"
            return "key or }"
        if sign == ":" and wanted == ":":
            return "value"
        if sign == "," and wanted == ", or end":
            is_list = self._stack[-1][0] == "["
            return "value" if is_list else "key"
        closes = {"}": ("{", ("key or }", ", or end")), "]": ("[", ("value or ]", ", or end"))}.get(sign)
        if closes is None or not self._stack or self._stack[-1][0] != closes[0] or wanted not in closes[1]:
            raise ValueError(f"not JSON at character {position}: {wanted} was expected")
        self._stack.pop()
        return self._after_value()

    def _after_value(self) -> str:
        if not self._stack:
            return "end"
        kind, place = self._stack[-1]
        self._here = (*place, ELEMENT) if kind == "[" else place
        return ", or end"
