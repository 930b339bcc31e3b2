"""Redaction: the same private word gets the same stand-in everywhere.

First every answer is read and its private words are learned, in order; then
each body, path and header is written anew with their stand-ins. JSON keeps its
bytes elsewhere, vitals stay a message. What cannot be read is withheld.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from urllib.parse import quote, unquote

from forebay.client import standins
from forebay.errors import MalformedReply
from forebay.wire import captured, private, vitals
from forebay.wire.jsontext import Change, Place, rewrite
from forebay.wire.private import Privacy

_Starts = dict[str, list[tuple[str, str, bool]]]

_METER_SUFFIX = re.compile(r"(?i)synchrometer[xy]$")
_FOLDED = {code: code + 32 for code in range(65, 91)}
_PREFIX = 3
_BUILD = 8
_LEAST_WITHIN = 3


class Withheld(Exception):
    """A body that cannot be read, so that nobody knows what it tells."""


class Redactor:
    """Learns private words from answers, then replaces them."""

    def __init__(self) -> None:
        self._words: dict[str, None] = {}
        self._secrets: set[str] = set()
        self._numbers: set[str] = set()
        self._zones: dict[str, str] = {}
        self._listed: set[str] = set()
        self._builds: set[str] = set()
        self._fresh: dict[str, str] = {}
        self._starts: _Starts = {}
        self._all_starts: _Starts = {}

    # Learning

    def learn(self, row: str, path: str, body: bytes) -> None:
        """Take in the private words of one answer."""
        for part in unquote(path).split("/"):
            self._look(part)
        try:
            self._through(row, body, _Learning(self, row))
        except Withheld:
            return  # it is not stored, so nothing of it needs a stand-in

    def add(self, word: str, row: str = "") -> None:
        """Note a word as private, told by a row; one that only lists tell is private as a whole value."""
        if match := standins.DIN.fullmatch(word):
            word = match["serial"]
        word = _METER_SUFFIX.sub("", word).strip()
        if not _says_something(word) or word == private.REDACTED:
            return
        if row not in private.LISTS:
            self._listed.discard(word)
        elif word not in self._words:
            self._listed.add(word)
        self._words.setdefault(word)
        self._fresh.clear()

    def add_secret(self, word: str) -> None:
        """Note what opens something; not even its form is told, wherever it stands."""
        if _says_something(word) and word != private.REDACTED:
            self._secrets.add(word)
            self._fresh.clear()

    def add_build(self, text: str) -> None:
        """Note a build, which is not private."""
        self._builds.update(part for part in text.split() if len(part) >= _BUILD)
        self._fresh.clear()

    def add_number(self, literal: str) -> None:
        """Note a number as private; as a text it is private too."""
        self._numbers.add(literal)
        self.add(literal)

    def add_zone(self, name: str) -> None:
        """Note a time zone, whose stand-in is one without a place."""
        if name:
            self._zones[name] = standins.zone_stand_in(name)
            self._fresh.clear()

    def _look(self, text: str) -> None:
        for pattern in standins.PATTERNS:
            for match in pattern.finditer(text):
                if pattern is not standins.IPV6 or ":" in match[0].strip(":"):
                    self.add(match[0])

    # Replacing

    def path(self, path: str) -> str:
        """Return a path with its private parts replaced, percent-encoded."""
        return "/".join(quote(self.text(unquote(part)), safe="") for part in path.split("/"))

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the headers that are kept, in the table's order."""
        kept = {name: headers[name] for name in captured.HEADERS if name in headers}
        return {
            name: value if name == "date" else "".join(c if " " <= c <= "~" else "?" for c in self.text(value))
            for name, value in kept.items()
        }

    def body(self, row: str, body: bytes) -> bytes:
        """Return a body with its private words replaced. Raises Withheld where it cannot be read."""
        return self._through(row, body, _Replacing(self, row))

    def text(self, text: str, row: str = "") -> str:
        """Return a text of a row with every private word in it replaced."""
        self._prepare()
        if (whole := self._fresh.get(text)) is not None:
            return whole
        return _within(text, self._all_starts if row in private.LISTS else self._starts)

    def number(self, literal: str) -> str:
        """Return the stand-in of a private number."""
        self._prepare()
        return self._fresh.get(literal, literal)

    def _through(self, row: str, body: bytes, change: _Learning | _Replacing) -> bytes:
        if not body.strip():
            return body
        if row == "VITALS":
            try:
                return vitals.rewrite(body, lambda name, text: change.text((name,), text))
            except MalformedReply:
                pass  # a refusal, in JSON or in words
        try:
            return rewrite(body, change)
        except ValueError:
            pass  # not JSON: words, or bytes
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError as exc:
            raise Withheld("neither JSON, nor text, nor a known message") from exc
        if len(text) > 2000 or "<" in text:
            raise Withheld("not JSON")
        return change.words(text).encode()

    def _prepare(self) -> None:
        if self._fresh or not (self._words or self._zones or self._secrets):
            return
        words = [word for word in self._words if word not in self._secrets and not self._is_build(word)]
        secrets = dict.fromkeys(sorted(self._secrets), private.REDACTED)
        self._fresh = {**assigned(words, self._numbers), **self._zones, **secrets}
        self._starts, self._all_starts = {}, {}
        for word, fresh in self._fresh.items():
            indexes = [self._all_starts] if word in self._listed else [self._starts, self._all_starts]
            plain = len(word) >= 6 and any(char.isdigit() for char in word) and not word.isdecimal()
            hidden = [(old, new, True) for old, new in standins.disguises(word, fresh)]
            for entry in ((word, fresh, plain), *hidden):
                if len(entry[0]) >= _LEAST_WITHIN:
                    for index in indexes:
                        index.setdefault(entry[0][:_PREFIX].translate(_FOLDED), []).append(entry)
        for entries in (*self._starts.values(), *self._all_starts.values()):
            entries.sort(key=lambda entry: -len(entry[0]))

    def _is_build(self, word: str) -> bool:
        return len(word) >= _BUILD and any(build.startswith(word) for build in self._builds)


def _within(text: str, starts: _Starts) -> str:
    folded = text.translate(_FOLDED)
    out: list[str] = []
    position = copied = 0
    while position < len(text) - 2:
        entries = starts.get(folded[position : position + _PREFIX])
        found = None if entries is None else _found(text, folded, position, entries)
        if found is None:
            position += 1
            continue
        word, fresh = found
        out += (text[copied:position], fresh)
        position = copied = position + len(word)
    return "".join((*out, text[copied:])) if out else text


def _found(text: str, folded: str, position: int, entries: list[tuple[str, str, bool]]) -> tuple[str, str] | None:
    for word, fresh, plain in entries:
        end = position + len(word)
        if plain:
            if folded[position:end] == word.translate(_FOLDED):
                return word, fresh
        elif text[position:end] == word and _stands_alone(text, position, end):
            return word, fresh
    return None


def _stands_alone(text: str, start: int, end: int) -> bool:
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    return not (before.isalnum() and text[start].isalnum()) and not (after.isalnum() and text[end - 1].isalnum())


def _says_something(word: str) -> bool:
    if word in private.SERVICE_ADDRESSES or private.KNOWN_NETWORKS.fullmatch(word):
        return False
    if standins.IPV4.fullmatch(word) and word.startswith("255."):
        return False
    return any(standins.stand_in(char, 0) != char or char.isalnum() for char in word)


def assigned(words: Iterable[str], numbers: Container[str] = ()) -> dict[str, str]:
    """Return the stand-in of each word, in their order.

    numbers: words that are JSON numbers. A word that is its own stand-in stays,
    so that a redacted capture does; no other stand-in is a private word.
    """

    def form(word: str, number: int) -> str:
        return standins.number_stand_in(word, number) if word in numbers else standins.stand_in(word, number)

    listed = list(words)
    known = {word for number, word in enumerate(listed, 1) if form(word, number) != word}
    fresh: dict[str, str] = {}
    number = 0
    for word in listed:
        number += 1
        while (new := form(word, number)) in known:
            number += 1
        fresh[word] = new
    return fresh


class _Learning(Change):
    def __init__(self, redactor: Redactor, row: str) -> None:
        self._redactor, self._row = redactor, row

    def key(self, place: Place, word: str) -> str:
        if private.is_private_key(self._row, place, word):
            self._redactor.add(word, self._row)
        return word

    def text(self, place: Place, value: str) -> str:
        redactor, privacy = self._redactor, private.privacy_of(self._row, place)
        if private.is_secret(place, value):
            redactor.add_secret(value)
            return value
        if privacy is Privacy.NESTED:
            _nested(value, self, place)
        elif privacy is Privacy.PRIVATE and not _is_word(value):
            redactor.add(value, self._row)
        elif privacy is Privacy.CODE and place and place[-1] in private.BUILDS:
            redactor.add_build(value)
        elif privacy is Privacy.ZONE:
            redactor.add_zone(value)
        elif privacy is Privacy.PACKED:
            redactor.add(standins.packed_address(value) or value)
        elif privacy is Privacy.PLAIN or (privacy is Privacy.UNKNOWN and private.is_harmless(value)):
            redactor._look(value)
        elif privacy is Privacy.UNKNOWN:
            redactor.add(value, self._row)
        for column in _cells(self._row, place, value):
            redactor.add(column, self._row)
        return value

    def number(self, place: Place, literal: str) -> str:
        if private.is_private_number(self._row, place):
            self._redactor.add_number(literal)
        return literal

    def words(self, text: str) -> str:
        self._redactor._look(text)
        return text


class _Replacing(Change):
    def __init__(self, redactor: Redactor, row: str) -> None:
        self._redactor, self._row = redactor, row

    def key(self, place: Place, word: str) -> str:
        is_member = private.is_known_key(word) and not private.is_private_key(self._row, place, word)
        return word if is_member else self._redactor.text(word, self._row)

    def text(self, place: Place, value: str) -> str:
        redactor, privacy = self._redactor, private.privacy_of(self._row, place)
        if private.is_secret(place, value):
            return private.REDACTED
        if privacy is Privacy.NESTED:
            return _nested(value, self, place)
        if privacy is Privacy.PLACE:
            return "0" if value else value
        if privacy is Privacy.PACKED and (address := standins.packed_address(value)) is not None:
            return standins.pack_address(redactor.text(address))
        if privacy is not Privacy.PRIVATE and value in private.vocabulary():
            return value
        return redactor.text(value, self._row)

    def number(self, place: Place, literal: str) -> str:
        if private.privacy_of(self._row, place) is Privacy.PLACE:
            return "0"
        if private.is_private_number(self._row, place):
            return self._redactor.number(literal)
        return literal

    def words(self, text: str) -> str:
        return self._redactor.text(text)


def _nested(value: str, change: _Learning | _Replacing, place: Place) -> str:
    try:
        return rewrite(value.encode(), _Deeper(change, place)).decode()
    except ValueError:
        return change.words(value)


class _Deeper(Change):
    """Changes JSON that stands in a string, at the places where it stands."""

    def __init__(self, change: _Learning | _Replacing, above: Place) -> None:
        self._change, self._above = change, above

    def key(self, place: Place, word: str) -> str:
        return self._change.key((*self._above, *place), word)

    def text(self, place: Place, value: str) -> str:
        return self._change.text((*self._above, *place), value)

    def number(self, place: Place, literal: str) -> str:
        return self._change.number((*self._above, *place), literal)


def _is_word(value: str) -> bool:
    return value in ("", "*") or private.KNOWN_NETWORKS.fullmatch(value) is not None


def _cells(row: str, place: Place, value: str) -> list[str]:
    member, columns = private.TABLES.get(row, ("", ()))
    if place != (member,):
        return []
    head, *lines = [line.split(",") for line in value.split("\n")]
    wanted = [head.index(name) for name in columns if name in head]
    return [cells[at] for cells in lines for at in wanted if at < len(cells) and cells[at] not in ("", "*")]
