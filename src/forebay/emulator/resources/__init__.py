"""Device state as replies: one function per catalogue row, logging in and out apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from forebay.emulator.device import Device
from forebay.emulator.page import WebPage
from forebay.emulator.resources import (
    access,
    edge,
    installation,
    metering,
    meters,
    networks,
    packs,
    powerwalls,
    site,
    solar,
    system,
    testing,
    updates,
    vitals,
)
from forebay.wire import catalogue
from forebay.wire.endpoint import Endpoint

Resource = Callable[[Device, Any, Mapping[str, str]], Any]

RESOURCES: dict[Endpoint[Any, Any], Resource] = {
    catalogue.WEB_PAGE: lambda _device, _body, _parts: WebPage().index(),
    catalogue.STATUS: system.status,
    catalogue.AGGREGATES: meters.aggregates,
    catalogue.METERS_SITE: meters.site,
    catalogue.METERS_SOLAR: meters.solar,
    catalogue.SYSTEM_STATUS: system.system_status,
    catalogue.STATE_OF_ENERGY: system.state_of_energy,
    catalogue.GRID_STATUS: system.grid_status,
    catalogue.GRID_FAULTS: system.grid_faults,
    catalogue.SITEMASTER: system.sitemaster,
    catalogue.SITEMASTER_RUN: system.run,
    catalogue.SITEMASTER_STOP: system.stop,
    catalogue.SITEMASTER_STOP_POST: system.stop,
    catalogue.OPERATION: site.operation,
    catalogue.SET_OPERATION: site.set_operation,
    catalogue.CONFIG_COMPLETED: site.config_completed,
    catalogue.SITE_INFO: site.site_info,
    catalogue.SITE_NAME: site.site_name,
    catalogue.POWERWALLS: powerwalls.powerwalls,
    catalogue.REGISTRATION: site.registration,
    catalogue.VITALS: vitals.vitals,
    **access.RESOURCES,
    **edge.RESOURCES,
    **installation.RESOURCES,
    **metering.RESOURCES,
    **networks.RESOURCES,
    **packs.RESOURCES,
    **solar.RESOURCES,
    **testing.RESOURCES,
    **updates.RESOURCES,
}
"""(device, decoded body or None, parts of the path) → wire model; may raise Refused."""
