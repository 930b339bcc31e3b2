r"""Commands as a person types them: curl in a POSIX shell, and in the Windows one.

cmd.exe knows no single quotes. It finds its own words first (a double quote
switches what & | < > ^ mean), then the program splits the rest by the rules of
Microsoft's C library, where \" is a quote. Both have to be content. Source: the
founding document's note for Windows (S109, S110); the rules are documented by Microsoft.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

_CMD_SPECIAL = "&|<>^()"


def posix(words: Sequence[str]) -> str:
    """Return a command for sh and its kin; words that need it stand in single quotes."""
    return " ".join(shlex.quote(word) for word in words)


def windows(words: Sequence[str]) -> str:
    """Return a command for cmd.exe; words that need it stand in double quotes.

    A per cent sign stays as it is, right at the prompt; in a batch file it has to be doubled.
    """
    quoted, is_inside = "", False
    for sign in " ".join(_windows_word(word) for word in words):
        if sign == '"':
            is_inside = not is_inside
        elif sign in _CMD_SPECIAL and not is_inside:
            quoted += "^"
        quoted += sign
    return quoted


def _windows_word(word: str) -> str:
    """Return a word as Microsoft's C library has to find it."""
    if word and not re.search(r'[\s"&|<>^()%!,;=]', word):
        return word
    inner = re.sub(r'(\\*)"', r'\1\1\\"', word)
    return '"' + re.sub(r"(\\+)$", r"\1\1", inner) + '"'
