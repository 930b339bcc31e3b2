"""The endpoint catalogue: one row per gateway resource, one module per area.

The client calls these rows, the emulator serves them, the conformance tests
loop over them and the reference pages are printed from them. To support a new
resource, add its model and its row, then do what the failing tests say.
"""

from __future__ import annotations

from typing import Any

from forebay.wire.catalogue.meters import AGGREGATES, METERS_SITE, METERS_SOLAR
from forebay.wire.catalogue.session import LOGIN, LOGOUT
from forebay.wire.catalogue.site import (
    CONFIG_COMPLETED,
    OPERATION,
    REGISTRATION,
    SET_OPERATION,
    SITE_INFO,
    SITE_NAME,
)
from forebay.wire.catalogue.system import (
    GRID_FAULTS,
    GRID_STATUS,
    POWERWALLS,
    SITEMASTER,
    SITEMASTER_RUN,
    SITEMASTER_STOP,
    SITEMASTER_STOP_POST,
    STATE_OF_ENERGY,
    STATUS,
    SYSTEM_STATUS,
    UPDATE_STATUS,
    VITALS,
)
from forebay.wire.endpoint import Endpoint, Method

ALL: tuple[Endpoint[Any, Any], ...] = (
    LOGIN,
    LOGOUT,
    STATUS,
    AGGREGATES,
    METERS_SITE,
    METERS_SOLAR,
    SYSTEM_STATUS,
    STATE_OF_ENERGY,
    GRID_STATUS,
    GRID_FAULTS,
    SITEMASTER,
    SITEMASTER_RUN,
    SITEMASTER_STOP,
    SITEMASTER_STOP_POST,
    OPERATION,
    SET_OPERATION,
    CONFIG_COMPLETED,
    SITE_INFO,
    SITE_NAME,
    POWERWALLS,
    REGISTRATION,
    VITALS,
    UPDATE_STATUS,
)
"""Every row."""

BY_NAME: dict[str, Endpoint[Any, Any]] = {row.name: row for row in ALL}


def find(method: str, path: str) -> Endpoint[Any, Any] | None:
    """Return the row for a method and a concrete path, None where there is none."""
    for row in ALL:
        if row.method == method and row.pattern.fullmatch(path):
            return row
    return None


__all__ = [
    "AGGREGATES",
    "ALL",
    "BY_NAME",
    "CONFIG_COMPLETED",
    "GRID_FAULTS",
    "GRID_STATUS",
    "LOGIN",
    "LOGOUT",
    "METERS_SITE",
    "METERS_SOLAR",
    "OPERATION",
    "POWERWALLS",
    "REGISTRATION",
    "SET_OPERATION",
    "SITEMASTER",
    "SITEMASTER_RUN",
    "SITEMASTER_STOP",
    "SITEMASTER_STOP_POST",
    "SITE_INFO",
    "SITE_NAME",
    "STATE_OF_ENERGY",
    "STATUS",
    "SYSTEM_STATUS",
    "UPDATE_STATUS",
    "VITALS",
    "Endpoint",
    "Method",
    "find",
]
