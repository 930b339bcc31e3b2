"""JSON to model and back, printed as the gateway's own encoder prints it.

The printer follows Go's encoding/json: whole numbers without ".0", negative
zero as "-0", exact 64-bit integers, "<", ">" and "&" escaped, members in the
order of the release (`Wire.MEMBERS`). Source: behaviour.md F08–F13.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from math import isfinite
from typing import Any, TypeVar, cast

import msgspec

from forebay.errors import MalformedReply
from forebay.wire.endpoint import Endpoint
from forebay.wire.firmware import Version
from forebay.wire.model import UNSET, Wire
from forebay.wire.percent import WirePercent

R = TypeVar("R")


def _from_wire(kind: type[Any], value: object) -> object:
    if kind is WirePercent:
        if value is False:  # a published client writes false for 0 (G09)
            return WirePercent(0.0)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return WirePercent(float(value))
        raise ValueError(f"Expected `number`, got `{type(value).__name__}`")
    raise NotImplementedError(f"no wire form of {kind}")


@lru_cache(maxsize=256)
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, dec_hook=_from_wire)


def decode_body(kind: Any, raw: bytes) -> Any:
    """Decode JSON bytes into a model. Raises msgspec.DecodeError naming the path."""
    return _decoder(kind).decode(raw)


def decode(endpoint: Endpoint[Any, R], raw: bytes) -> R:
    """Turn the bytes of a success into the row's model.

    Members and enum words unknown to the model pass. Raises MalformedReply
    naming the member's path when one is missing, mistyped or cut off.
    """
    if endpoint.is_binary:
        return raw  # type: ignore[return-value] # R is bytes here
    if endpoint.reply is type(None):
        return None
    try:
        return cast("R", decode_body(endpoint.reply, raw))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise MalformedReply(_in_words(str(exc), raw), path=endpoint.path, status=200) from exc


def _in_words(reason: str, raw: bytes) -> str:
    if not raw.strip():
        return "the reply is empty where JSON was expected"
    return f"the reply is not as known: {reason}"


def encode(model: object, version: Version) -> bytes:
    """Print a model as a gateway of this firmware does, without spaces.

    bytes pass as they are, None is no body at all.
    """
    if isinstance(model, bytes):
        return model
    if model is None:
        return b""
    return _escape(msgspec.json.encode(plain(model, version)))


def encode_request(model: object) -> bytes:
    """Print the body of a request: members that are UNSET are left out."""
    return msgspec.json.encode(model, enc_hook=_to_wire)


def _to_wire(value: object) -> object:
    if isinstance(value, WirePercent):
        return number(value.value)
    raise NotImplementedError(f"no wire form of {type(value)}")


def _escape(raw: bytes) -> bytes:
    for char, escaped in ((b"&", b"\\u0026"), (b"<", b"\\u003c"), (b">", b"\\u003e")):
        if char in raw:
            raw = raw.replace(char, escaped)
    return raw


def number(value: float) -> object:
    """Return a float in the form whose printed text is Go's shortest one."""
    if not isfinite(value):
        raise ValueError(f"{value} has no JSON form")
    size = abs(value)
    if size < 1e15 and value == int(value):
        if value == 0 and str(value).startswith("-"):
            return msgspec.Raw(b"-0")
        return int(value)
    if 1e-4 <= size < 1e15:
        return value
    return msgspec.Raw(_go_float(value).encode())


def _go_float(value: float) -> str:
    shortest = Decimal(repr(value))
    size = abs(value)
    if 1e-6 <= size < 1e21:
        return format(shortest, "f").removesuffix(".0")
    sign, digits, _ = shortest.normalize().as_tuple()
    exponent = shortest.adjusted()
    rest = "".join(map(str, digits[1:]))
    mantissa = f"{digits[0]}.{rest}" if rest else f"{digits[0]}"
    return f"{'-' if sign else ''}{mantissa}e{exponent:+03d}".replace("e-0", "e-")


@lru_cache(maxsize=1024)
def _members(kind: type[Wire], version: Version) -> tuple[tuple[str, str], ...]:
    """Name on the wire and attribute of each member; they differ where Python owns the word."""
    attributes = dict(zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True))
    names = kind.__struct_encode_fields__ if kind.MEMBERS is None else kind.MEMBERS.at(version)
    return tuple((name, attributes[name]) for name in names)


_AS_THEY_ARE = frozenset((str, int, bool, type(None)))
"""Exact types, not their subclasses: an enum is printed as its value."""


def plain(value: Any, version: Version) -> object:
    """Turn a model into dicts, lists and printable numbers in the release's order."""
    if isinstance(value, Wire):
        out: dict[str, object] = {}
        for name, attribute in _members(type(value), version):
            member = getattr(value, attribute)
            kind = type(member)
            if kind is float:
                out[name] = number(member)
            elif kind in _AS_THEY_ARE:
                out[name] = member
            elif member is not UNSET:
                out[name] = plain(member, version)
        return out
    if isinstance(value, float):
        return number(value)
    if isinstance(value, WirePercent):
        return number(value.value)
    if isinstance(value, list | tuple):
        return [plain(item, version) for item in value]
    if isinstance(value, dict):
        return {key: plain(item, version) for key, item in value.items()}
    if isinstance(value, str):
        return str(value)
    return value
