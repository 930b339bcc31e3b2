"""Frozen structs with their keys, types, limits and defaults."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect as look

from tools.reference.markdown import keys_of


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a table: its name, its type and limits in words, its default, its meaning."""

    name: str
    kind: str
    default: str
    meaning: str


def keys(struct: type[msgspec.Struct], words: dict[str, str]) -> list[Key]:
    """Return the keys of a struct.

    words: what its docstring does not say, by key. Raises ValueError for a key
    that nothing explains and for words that no key needs.
    """
    info = look.type_info(struct)
    assert isinstance(info, look.StructType)
    names = [field.encode_name for field in info.fields]
    said: dict[str, str] = {}
    for kind in reversed([one for one in struct.__mro__ if one not in msgspec.Struct.__mro__]):
        said |= keys_of(inspect.cleandoc(kind.__doc__ or ""), names)
    known = {field.encode_name for field in info.fields}
    if wrong := {*words} - known | {*words} & {*said}:
        raise ValueError(f"{struct.__name__}: words for keys that need none: {', '.join(sorted(wrong))}")
    if silent := known - {*words} - {*said}:
        raise ValueError(f"{struct.__name__}: nothing explains {', '.join(sorted(silent))}")
    meanings = words | said
    return [Key(f.encode_name, kind_of(f.type), default_of(f), meanings[f.encode_name]) for f in info.fields]


_PLAIN: dict[type[look.Type], str] = {
    look.AnyType: "any value",
    look.DateTimeType: "date and time",
    look.DateType: "date",
    look.VarTupleType: "list",
    look.StructType: "table",
}
"""Types that have no limits."""


def kind_of(kind: look.Type) -> str:
    """Return a type with its limits, in words."""
    if (plain := _PLAIN.get(type(kind))) is not None:
        return plain
    match kind:
        case look.UnionType() | look.Metadata():
            return _composed(kind)
        case look.BoolType():
            return "true or false"
        case look.LiteralType():
            return ", ".join(f'"{v}"' if isinstance(v, str) else str(v) for v in kind.values)
        case look.IntType() | look.FloatType():
            return ("whole number" if isinstance(kind, look.IntType) else "number") + _limits(kind)
        case look.StrType():
            return "text" + (f" matching `{kind.pattern}`" if kind.pattern else "")
        case look.CustomType() if kind.cls is Path:
            return "path"
        case look.DictType():
            return "tables, one by name for each"
    raise ValueError(f"no words for the type {kind}")


def _composed(kind: look.UnionType | look.Metadata) -> str:
    if isinstance(kind, look.UnionType):
        return " or ".join(kind_of(part) for part in kind.types if not isinstance(part, look.NoneType))
    examples = (kind.extra_json_schema or {}).get("examples")
    return f"text such as `{examples[0]}`" if examples else kind_of(kind.type)


def _limits(kind: look.IntType | look.FloatType) -> str:
    low = f"from {kind.ge:g}" if kind.ge is not None else f"above {kind.gt:g}" if kind.gt is not None else ""
    high = f"to {kind.le:.12g}" if kind.le is not None else ""
    both = " ".join(part for part in (low, high) if part)
    return f", {both}" if both else ""


def default_of(field: look.Field) -> str:
    """Return a default as it would be written in TOML; "needed" where there is none."""
    if field.required:
        return "needed"
    value: Any = field.default
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case str():
            return f'`"{value}"`' if value else "none"
        case float():
            return f"`{value:.12g}`"
        case datetime():
            return value.isoformat()
        case () | msgspec.Struct():
            return "none"
        case tuple():
            return "`[" + ", ".join(f'"{item}"' if isinstance(item, str) else str(item) for item in value) + "]`"
    return f"`{value}`"
