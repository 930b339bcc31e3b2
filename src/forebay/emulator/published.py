"""The OpenAPI document of an emulated gateway, with answers of the built-in home as examples."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from forebay.emulator.build import build_device
from forebay.emulator.device import Device
from forebay.emulator.home import Home
from forebay.emulator.refusal import Refused
from forebay.emulator.resources import RESOURCES
from forebay.emulator.routes import Dialect
from forebay.wire import catalogue
from forebay.wire.codec import encode
from forebay.wire.endpoint import Effect
from forebay.wire.firmware import Release, release
from forebay.wire.openapi import Document, ReleaseSpeaks, document, name_of

PATH = "/openapi.json"

_NOON = datetime(2026, 6, 21, 19, 0, tzinfo=UTC)


def of_release(firmware: str) -> Document:
    """Return the document of a release. Raises ConfigError, listing the profiles, for an unknown form."""
    chosen = release(firmware)
    return document(ReleaseSpeaks(chosen), firmware=name_of(chosen), examples=examples(firmware))


def body_of(device: Device) -> bytes:
    """Return the document of an emulated gateway as it is sent."""
    return _body_of(Dialect.of(device), device.release, device.home.gateway.missing_login_status)


@lru_cache(maxsize=16)
def _body_of(dialect: Dialect, chosen: Release, stranger_status: int) -> bytes:
    return as_bytes(
        document(dialect, firmware=name_of(chosen), examples=examples(chosen.name), stranger_status=stranger_status)
    )


def as_bytes(found: Document) -> bytes:
    """Print a document, indented."""
    return msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n"


@lru_cache(maxsize=16)
def examples(firmware: str) -> Mapping[str, Any]:
    """Return what the built-in home answers at a summer's noon, by name of the row."""
    device = build_device(Home(), start=_NOON, speed=0, firmware=firmware)
    found: dict[str, Any] = {}
    meter = _first_meter(device)
    parts = {"serial": meter, "brand": "SolarEdge Technologies", "n": "0"}
    for row in catalogue.ALL:
        resource = RESOURCES.get(row)
        if row.effect is not Effect.READS or row.is_binary or resource is None or not row.offered_by(device.version):
            continue
        try:
            body = encode(
                resource(device, None, {name: parts.get(name, "") for name in row.placeholders}), device.version
            )
        except Refused:
            continue  # this home has no such thing
        if body:
            found[row.name] = msgspec.json.decode(body)
    return found


def _first_meter(device: Device) -> str:
    """Return the serial number of a meter, under which the rows know it."""
    meters = RESOURCES[catalogue.METERS](device, None, {})
    return str(meters[0].serial) if meters else ""
