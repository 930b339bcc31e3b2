"""The endpoint catalogue: one row per gateway resource, one module per area.

The client calls these rows, the emulator serves them, the conformance tests
loop over them and the reference pages are printed from them. To support a new
resource, add its model and its row, then do what the failing tests say.
"""

from __future__ import annotations

from typing import Any

from forebay.wire.catalogue.installation import (
    CONFIG,
    CUSTOMER,
    DISCONNECT_TYPES,
    EMAILED_REGISTRATION,
    GENERATORS,
    INSTALLER,
    INSTALLER_COMPANIES,
    RADIOS,
    SET_CUSTOMER,
    SET_INSTALLER,
    SET_LEGAL,
    SKIP_REGISTRATION,
    SOLAR_BRANDS,
    SOLAR_MODELS,
    SOLARS,
)
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
from forebay.wire.catalogue.site_settings import (
    EXTRA_PROGRAMS,
    GRID_CODES,
    GRID_REGIONS,
    SET_EXPORT_MODE,
    SET_EXTRA_PROGRAMS,
    SET_GRID_CODE,
    SET_OFF_GRID,
    SET_SITE_NAME,
    SET_TIMEZONE,
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
    CONFIG,
    INSTALLER,
    SET_INSTALLER,
    CUSTOMER,
    SET_CUSTOMER,
    SKIP_REGISTRATION,
    EMAILED_REGISTRATION,
    SET_LEGAL,
    INSTALLER_COMPANIES,
    SOLARS,
    SOLAR_BRANDS,
    SOLAR_MODELS,
    GENERATORS,
    DISCONNECT_TYPES,
    RADIOS,
    GRID_CODES,
    GRID_REGIONS,
    SET_SITE_NAME,
    SET_TIMEZONE,
    SET_EXPORT_MODE,
    EXTRA_PROGRAMS,
    SET_EXTRA_PROGRAMS,
    SET_GRID_CODE,
    SET_OFF_GRID,
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
    "CONFIG",
    "CONFIG_COMPLETED",
    "CUSTOMER",
    "DISCONNECT_TYPES",
    "EMAILED_REGISTRATION",
    "EXTRA_PROGRAMS",
    "GENERATORS",
    "GRID_CODES",
    "GRID_FAULTS",
    "GRID_REGIONS",
    "GRID_STATUS",
    "INSTALLER",
    "INSTALLER_COMPANIES",
    "LOGIN",
    "LOGOUT",
    "METERS_SITE",
    "METERS_SOLAR",
    "OPERATION",
    "POWERWALLS",
    "RADIOS",
    "REGISTRATION",
    "SET_CUSTOMER",
    "SET_EXPORT_MODE",
    "SET_EXTRA_PROGRAMS",
    "SET_GRID_CODE",
    "SET_INSTALLER",
    "SET_LEGAL",
    "SET_OFF_GRID",
    "SET_OPERATION",
    "SET_SITE_NAME",
    "SET_TIMEZONE",
    "SITEMASTER",
    "SITEMASTER_RUN",
    "SITEMASTER_STOP",
    "SITEMASTER_STOP_POST",
    "SITE_INFO",
    "SITE_NAME",
    "SKIP_REGISTRATION",
    "SOLARS",
    "SOLAR_BRANDS",
    "SOLAR_MODELS",
    "STATE_OF_ENERGY",
    "STATUS",
    "SYSTEM_STATUS",
    "UPDATE_STATUS",
    "VITALS",
    "Endpoint",
    "Method",
    "find",
]
