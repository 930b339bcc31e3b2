"""What the gateway's page must know before anything else: the rows on offer and the ways to log in."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from forebay.emulator.page import file_reply
from forebay.emulator.replies import Reply
from forebay.emulator.routes import Dialect
from forebay.wire import firmware
from forebay.wire.catalogue import ALL
from forebay.wire.firmware import print_version
from forebay.wire.metering import MeterSetupState
from forebay.wire.model import OpenEnum
from forebay.wire.networks import InterfaceType, SecurityType
from forebay.wire.packs import AutoconfigState, IslandMode, PhaseUse
from forebay.wire.power import MeterType
from forebay.wire.site import OperationMode
from forebay.wire.system import GridState
from forebay.wire.testing import LogLevel

PATH: Final = "/page.json"
"""Where the page asks for them; no real gateway has it."""

_CHOICES: tuple[type[OpenEnum], ...] = (
    AutoconfigState,
    GridState,
    InterfaceType,
    IslandMode,
    LogLevel,
    MeterSetupState,
    MeterType,
    OperationMode,
    PhaseUse,
    SecurityType,
)

_LOGIN: dict[str, firmware.Timeline[bool]] = {
    "stops_system": firmware.LOGIN_STOPS_SYSTEM,
    "ignores_user": firmware.LOGIN_IGNORES_USER,
    "needs_user": firmware.LOGIN_NEEDS_USER,
    "installer_needs_toggle": firmware.INSTALLER_NEEDS_TOGGLE,
}


def facts(dialect: Dialect) -> dict[str, Any]:
    """Return the rows that a gateway answers, the words that are allowed, and how one logs in."""
    version = dialect.version
    return {
        "firmware": print_version(version),
        "login": {name: fact.at(version) for name, fact in _LOGIN.items()},
        "choices": {kind.__name__: [str(member.value) for member in kind] for kind in _CHOICES},
        "rows": {
            row.name: {
                "method": row.method,
                "path": row.path,
                "access": dialect.access(row).name.lower(),
                "needs": row.needs.at(version),
                "effect": row.effect,
            }
            for row in ALL
            if dialect.offers(row) and not dialect.withholds(row)
        },
    }


def reply(dialect: Dialect) -> Reply:
    """Return the facts as the page fetches them, true for this moment only."""
    return file_reply(PATH, msgspec.json.encode(facts(dialect)), b"no-store")
