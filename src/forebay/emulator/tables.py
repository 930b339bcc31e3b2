"""TOML files as typed tables: every problem at once, each with file, line, key and what to write instead."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from math import isnan
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import msgspec
from msgspec import inspect as look

from forebay.emulator.patterns import IN_WORDS
from forebay.emulator.toml_lines import KeyPath, line_at, lines_of, path_in_words
from forebay.emulator.units import in_range_hint, nearest_unit, percent_hint, split_unit, text_hint, unit_in_words
from forebay.errors import EmulatorError

S = TypeVar("S", bound=msgspec.Struct)

SECRET = ("password", "serial")
"""Keys with these words in their name: their values are not repeated in messages."""

_LIKE = 0.5
_AT_LINE = re.compile(r" \(at line (\d+), column (\d+)\)$")
_AT_END = " (at end of document)"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one key, in words; path leads to it from the top of the file."""

    path: KeyPath
    words: str


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML file that could be read: its name, its tables, its line numbers."""

    name: str
    raw: dict[str, Any]
    lines: Mapping[KeyPath, int]

    def error(self, problems: Iterable[Problem]) -> EmulatorError:
        """Return one error that tells of all problems, in the order of the file's lines."""
        told = sorted({(line_at(self.lines, p.path), path_in_words(p.path), p.words) for p in problems})
        return EmulatorError("\n".join(f"{self.name}:{line}: {path}: {words}" for line, path, words in told))


def read_document(raw: bytes, name: str) -> Document:
    """Return the tables of a TOML text; raises EmulatorError naming file and line."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = raw.count(b"\n", 0, exc.start) + 1
        raise EmulatorError(f"{name}:{line}: not UTF-8 text; save the file in that encoding") from exc
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise EmulatorError(_in_words(str(exc), text, name)) from exc
    except RecursionError as exc:
        raise EmulatorError(f"{name}: nested too deeply") from exc
    return Document(name, tables, lines_of(text.replace("\r\n", "\n")))


def read_file(path: Path) -> Document:
    """Return the tables of a file; raises EmulatorError naming file and line."""
    try:
        raw = path.read_bytes()
    except OSError as exc:
        raise EmulatorError(f"{path}: cannot be read: {exc.strerror or exc}") from exc
    return read_document(raw, str(path))


def convert(document: Document, struct: type[S]) -> S:
    """Return the document as a struct; raises EmulatorError with every problem of its keys and values."""
    problems = list(problems_of(document.raw, struct))
    if problems:
        raise document.error(problems)
    return msgspec.convert(document.raw, struct)


def problems_of(raw: object, struct: type[msgspec.Struct], path: KeyPath = ()) -> Iterator[Problem]:
    """Yield what is wrong with the keys of one table and of the tables in it."""
    if not isinstance(raw, dict):
        yield Problem(path, _table_wanted(raw, path))
        return
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    meant = {nearest_unit(key, fields) for key in raw if key not in fields}
    for key, value in raw.items():
        if key in fields:
            yield from _value_problems(value, fields[key].type, (*path, key))
        else:
            yield Problem((*path, key), _unknown(key, value, struct))
    for key, field in fields.items():
        if field.required and key not in raw and key not in meant:
            wanted = kind_in_words(look.type_info(field.type)) + unit_in_words(key)
            yield Problem((*path, key), f"is missing; it must be {wanted}")


def _value_problems(value: object, kind: Any, path: KeyPath) -> Iterator[Problem]:
    info = look.type_info(kind)
    tables = _tables_in(info)
    if isinstance(tables, look.StructType):
        yield from problems_of(value, tables.cls, path)
        return
    if isinstance(tables, look.VarTupleType) and isinstance(tables.item_type, look.StructType):
        if not isinstance(value, list):
            yield Problem(path, f"is a list of tables; write [[{_header(path)}]]")
            return
        for index, item in enumerate(value):
            yield from problems_of(item, tables.item_type.cls, (*path, index))
        least, most = tables.min_length or 0, tables.max_length
        if len(value) < least or (most is not None and len(value) > most):
            limits = f"at least {least}" if most is None else f"{least} to {most}"
            yield Problem(path, f"needs {limits} of these tables, got {len(value)}")
        return
    if get_origin(kind) is tuple and isinstance(value, list):
        for index, one in enumerate(value):
            yield from _value_problems(one, get_args(kind)[0], (*path, index))
        return
    words = _wrong(value, kind, info, path)
    if words:
        yield Problem(path, words)


def _wrong(value: object, kind: Any, info: look.Type, path: KeyPath) -> str | None:
    key = next(part for part in reversed(path) if isinstance(part, str))
    try:
        msgspec.convert(value, kind)
    except (msgspec.ValidationError, OverflowError):
        wanted = kind_in_words(info) + unit_in_words(key)
    else:
        if isinstance(value, float) and isnan(value):  # which no limit catches
            return f"must be {kind_in_words(info)}{unit_in_words(key)}, got nan"
        return percent_hint(key, value)
    shown = "" if any(word in key for word in SECRET) else f", got {_shown(value)}"
    return f"must be {wanted}{shown}{_hint(key, value, info)}"


def _hint(key: str, value: object, info: look.Type) -> str:
    if isinstance(value, str):
        like = nearest(value, choices_of(info))
        if like:
            return f'; did you mean "{like}"?'
        if number_of(info) is not None:
            return text_hint(key, value)
        if isinstance(info, look.BoolType) and value.lower() in ("true", "false"):
            return "; write it without quotes"
    if isinstance(info, look.StrType) and isinstance(value, int | float):
        return "; write it in quotes"
    number = number_of(info)
    if number is not None and isinstance(value, int | float) and not isinstance(value, bool):
        return in_range_hint(key, value, number)
    return ""


def _unknown(key: str, value: Any, struct: type[msgspec.Struct]) -> str:
    known = [field.encode_name for field in msgspec.structs.fields(struct)]
    other = nearest_unit(key, known)
    given, own = split_unit(key), split_unit(other or "")
    if other and given and own:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        converted = f" = {value * given[2] / own[2]:.10g}" if number else ""
        return f"no such key; did you mean {other}{converted}?"
    like = nearest(key, known)
    if like:
        return f"no such key; did you mean {like}?"
    return f"no such key; the keys here are {', '.join(known)}"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that somebody may have meant."""
    by_lower = {name.lower().replace("-", "_"): name for name in known}
    like = get_close_matches(word.lower().replace("-", "_"), by_lower, 1, _LIKE)
    return by_lower[like[0]] if like else None


def kind_in_words(kind: look.Type) -> str:
    """Return what a value may be, in words with its limits."""
    match kind:
        case look.UnionType():
            parts = [part for part in kind.types if not isinstance(part, look.NoneType)]
            return " or ".join(kind_in_words(part) for part in parts)
        case look.BoolType():
            return "true or false"
        case look.LiteralType():
            return "one of " + ", ".join(str(value) for value in kind.values)
        case look.IntType() | look.FloatType():
            return ("a whole number" if isinstance(kind, look.IntType) else "a number") + _limits(kind)
        case look.StrType():
            return IN_WORDS.get(kind.pattern or "") or "a text" + _text_limits(kind)
        case look.DateTimeType():
            return "a date with a time, such as 2026-01-10T18:30:00"
        case look.TimeType():
            return "a time of day, such as 18:30:00"
        case look.VarTupleType():
            return f"a list, each item {kind_in_words(kind.item_type)}"
        case look.StructType():
            return "a table"
        case look.AnyType():
            return "any value"
    raise ValueError(f"no words for the type {kind}")


def choices_of(kind: look.Type) -> list[str]:
    """Return the texts that a value may be, where it is one of a few."""
    if isinstance(kind, look.UnionType):
        return [choice for part in kind.types for choice in choices_of(part)]
    return [str(value) for value in kind.values] if isinstance(kind, look.LiteralType) else []


def number_of(kind: look.Type) -> look.IntType | look.FloatType | None:
    """Return the limits of a value that is a number; None where it is none."""
    if isinstance(kind, look.UnionType):
        return next((number for part in kind.types if (number := number_of(part)) is not None), None)
    return kind if isinstance(kind, look.IntType | look.FloatType) else None


def _tables_in(kind: look.Type) -> look.Type:
    if isinstance(kind, look.UnionType):
        return next((part for part in kind.types if isinstance(part, look.StructType | look.VarTupleType)), kind)
    return kind


def _limits(kind: look.IntType | look.FloatType) -> str:
    low = f"from {kind.ge:.12g}" if kind.ge is not None else f"above {kind.gt:.12g}" if kind.gt is not None else ""
    high = f"to {kind.le:.12g}" if kind.le is not None else f"below {kind.lt:.12g}" if kind.lt is not None else ""
    both = " ".join(part for part in (low, high) if part)
    return f" {both}" if both else ""


def _text_limits(kind: look.StrType) -> str:
    if kind.pattern:
        return f" matching {kind.pattern}"
    if kind.max_length is not None:
        return f" of {kind.min_length or 0} to {kind.max_length} characters"
    return " that is not empty" if kind.min_length else ""


def _table_wanted(raw: object, path: KeyPath) -> str:
    header = _header(path)
    if isinstance(raw, list):
        return f"is one table, not a list; write [{header}]"
    return f"is a table, got {_shown(raw)}; write [{header}]"


def _header(path: KeyPath) -> str:
    return ".".join(part for part in path if isinstance(part, str))


def _shown(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{value[:40]}…"' if len(value) > 40 else f'"{value}"'
        case dict():
            return "a table"
        case list():
            return "a list"
    return f"{value:.12g}" if isinstance(value, float) else str(value)[:40]


def _in_words(reason: str, text: str, name: str) -> str:
    found = _AT_LINE.search(reason)
    if found:
        return f"{name}:{found[1]}: not TOML: {reason[: found.start()]} (column {found[2]})"
    if reason.endswith(_AT_END):
        line = text.rstrip().count("\n") + 1
        return f"{name}:{line}: not TOML: {reason.removesuffix(_AT_END)} at the end of the file"
    return f"{name}: not TOML: {reason}"
