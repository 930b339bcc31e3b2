"""Numbers as people's programs write them: which sign is before the tenths is found from the column's own cells."""

from __future__ import annotations

import re
from collections.abc import Iterable

from forebay.errors import ConfigError

_SPACES = str.maketrans("", "", " \u00a0\u2009\u202f'\u2019")
"""What may part thousands and never tenths."""
_MINUS = str.maketrans("\u2212\u2013", "--")


def plain(text: str) -> str:
    """Return a number without what only makes it easier to read."""
    return text.strip().translate(_SPACES).translate(_MINUS)


def decimal_of(cells: Iterable[tuple[str, str]], otherwise: str) -> str:
    """Return the sign before the tenths in these cells, each given with where it is; `otherwise` where none tells.

    A sign that comes once, with other than three digits behind it or a lone 0 before it, is one; so is the last of two
    kinds. Raises ConfigError naming the first cell that contradicts one before it, or where both kinds may be either.
    """
    sure: tuple[str, str, str] | None = None
    unsure: dict[str, tuple[str, str]] = {}
    for text, where in cells:
        number = plain(text)
        found = _decimal(number)
        if found is not None and sure is not None and found != sure[0]:
            words = f"{text.strip()!r} has {found!r} before its tenths, and {sure[1]!r} ({sure[2]}) has {sure[0]!r}"
            raise ConfigError(f"{where}: {words}; write all numbers alike")
        if found is not None:
            sure = sure or (found, text.strip(), where)
            continue
        for sign in (".", ","):
            if number.count(sign) == 1:
                unsure.setdefault(sign, (text.strip(), where))
    if sure is None and len(unsure) == 2:
        (text, _), (other, where) = unsure["."], unsure[","]
        raise ConfigError(f"{where}: {other!r} and {text!r} may be thousands or thousandths; write all numbers alike")
    if sure is not None:
        return sure[0]
    return next(iter(unsure), otherwise)


def _decimal(number: str) -> str | None:
    """Return the sign before the tenths of a number, None where it does not tell."""
    dots, commas = number.count("."), number.count(",")
    if dots and commas:
        return max(".,", key=number.rfind)
    if dots + commas > 1:
        return "," if dots else "."
    if dots + commas == 1:
        sign = "." if dots else ","
        whole, _, rest = number.lstrip("+-").partition(sign)
        if len(rest) != 3 or not whole.strip("0") or len(whole) > 3:
            return sign
    return None


def number_of(text: str, decimal: str) -> float | None:
    """Return a number whose tenths come after this sign, None where it is none."""
    number, thousands = plain(text), "," if decimal == "." else "."
    form = rf"[+-]?(\d+|\d{{1,3}}(\{thousands}\d{{3}})+)?(\{decimal}\d*)?([eE][+-]?\d+)?"
    if not re.fullmatch(form, number, re.ASCII) or not any(letter.isdigit() for letter in number):
        return None
    try:
        return float(number.replace(thousands, "").replace(decimal, "."))
    except ValueError:
        return None


def places_of(text: str, decimal: str) -> int:
    """Return how many digits come after the sign."""
    return len(plain(text).partition(decimal)[2])
