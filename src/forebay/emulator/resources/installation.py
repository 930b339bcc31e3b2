"""Bodies of the installation's rows, and what the wizard stores by them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from forebay.emulator import installation_lists as lists
from forebay.emulator.device import Device
from forebay.emulator.installation_state import InstallationState
from forebay.emulator.refusal import Refused
from forebay.emulator.resources.site import rules
from forebay.emulator.resources.system import din
from forebay.wire.catalogue import installation, site_settings
from forebay.wire.endpoint import Endpoint
from forebay.wire.installation import (
    Company,
    Config,
    Customer,
    CustomerEntry,
    ExportMode,
    Generators,
    GridChoice,
    GridCodes,
    GridRegions,
    Installer,
    Legal,
    OffGrid,
    Radio,
    SiteNameChoice,
    Solar,
    SolarModel,
    TimezoneChoice,
)
from forebay.wire.model import UNSET, Accepted, UnsetType
from forebay.wire.site import GridCode

_Parts = Mapping[str, str]

GENERATOR_POWER_FACTOR = 0.8
"""Real over apparent power on a generator's plate; usual, and a stand-in."""

PROGRAM_DEPTH = 32
"""How deep the objects of a program may lie in each other; the real limit is unknown."""


def config(device: Device, _body: None, _parts: _Parts) -> Config:
    """Report part and serial number."""
    return Config(vin=din(device))


def installer(device: Device, _body: None, _parts: _Parts) -> Installer:
    """Report the installer, and whether the site master runs."""
    return device.area(InstallationState).shown_installer


def set_installer(device: Device, body: Installer, _parts: _Parts) -> Accepted:
    """Store the installer."""
    device.area(InstallationState).set_installer(body)
    return Accepted()


def customer(device: Device, _body: None, _parts: _Parts) -> Customer:
    """Report place and consents; a question never asked is left out."""
    state = device.area(InstallationState)

    def said(name: str) -> bool | UnsetType:
        answer = state.consents[name]
        return UNSET if answer is None else answer

    return Customer(
        **state.place,
        registered=state.registered,
        privacy_notice=said("privacy_notice"),
        limited_warranty=said("limited_warranty"),
        grid_services=said("grid_services"),
        marketing=said("marketing"),
        emailed_registration=state.emailed,
    )


def set_customer(device: Device, body: CustomerEntry, _parts: _Parts) -> Accepted:
    """Register the system to its owner."""
    device.area(InstallationState).register(body)
    return Accepted()


def skip_registration(device: Device, _body: None, _parts: _Parts) -> Accepted:
    """Note that the owner was not registered."""
    device.area(InstallationState).skip()
    return Accepted()


def emailed_registration(device: Device, _body: None, _parts: _Parts) -> Accepted:
    """Note that the owner was sent a mail."""
    device.area(InstallationState).send_mail()
    return Accepted()


def set_legal(device: Device, body: Legal, _parts: _Parts) -> Legal:
    """Note the consents and echo them."""
    device.area(InstallationState).consent(body)
    return body


def companies(device: Device, _body: None, _parts: _Parts) -> list[Company]:
    """List the installers to choose from."""
    return lists.companies(device.version)


def solars(device: Device, _body: None, _parts: _Parts) -> list[Solar]:
    """Report one inverter that carries the whole roof; none without a roof."""
    table, rating_w = device.home.solar_inverter, round(device.home.solar_rating_w)
    has_roof = any(string.peak_w for string in device.home.solar)
    return [Solar(brand=table.brand, model=table.model, power_rating_watts=rating_w)] if has_roof else []


def solar_brands(_device: Device, _body: None, _parts: _Parts) -> list[str]:
    """List the brands to choose from."""
    return list(lists.BRANDS)


def solar_models(_device: Device, _body: None, parts: _Parts) -> list[SolarModel]:
    """List the inverters of one brand; refuses an unknown brand."""
    found = lists.models(parts["brand"])
    if not found:
        raise Refused("bad_value", error=f"unknown solar brand: {parts['brand']}", message="Unable to get solar models")
    return found


def generators(device: Device, _body: None, _parts: _Parts) -> Generators:
    """Report the generator, and how it is cut off; the form of an entry is unverified."""
    table = device.home.generator
    if not table.power_w:
        return Generators(disconnect_type="None", generators=[])
    rating_w = round(table.power_w)
    entry = {
        "name": table.name,
        "nameplate_real_power_W": rating_w,
        "nameplate_apparent_power_VA": round(rating_w / GENERATOR_POWER_FACTOR),
    }
    return Generators(disconnect_type=lists.DISCONNECT_TYPES[0], generators=[entry])


def disconnect_types(_device: Device, _body: None, _parts: _Parts) -> list[str]:
    """List the ways to cut a generator off."""
    return list(lists.DISCONNECT_TYPES)


def radios(_device: Device, _body: None, _parts: _Parts) -> list[Radio]:
    """List the radios of the gateway."""
    return list(lists.RADIOS)


def grid_codes(device: Device, _body: None, _parts: _Parts) -> GridCodes:
    """Report the grid codes as a tree."""
    return lists.grid_codes(lists.REGIONS.at(device.version), rules(device).grid_code)


def grid_regions(device: Device, _body: None, _parts: _Parts) -> GridRegions:
    """Report the grid codes as a table."""
    return lists.grid_regions(lists.REGIONS.at(device.version))


def set_site_name(device: Device, body: SiteNameChoice, _parts: _Parts) -> SiteNameChoice:
    """Rename the site and echo the name."""
    device.set_site_name(body.site_name)
    return body


def set_timezone(device: Device, body: TimezoneChoice, _parts: _Parts) -> Accepted:
    """Move the site to another time zone; refuses one that there is not."""
    try:
        ZoneInfo(body.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        # the words of Go's time.LoadLocation
        raise Refused(
            "bad_value", error=f"unknown time zone {body.timezone}", message="Unable to set timezone"
        ) from exc
    device.set_timezone(body.timezone)
    return Accepted()


def set_export_mode(device: Device, body: ExportMode, _parts: _Parts) -> Accepted:
    """Note what may flow into the grid; refuses unknown words."""
    if not body.net_meter_mode.is_known:
        raise Refused(
            "bad_value", error=f"invalid net meter mode: {body.net_meter_mode}", message="Unable to set export mode"
        )
    device.area(InstallationState).set_export(body.net_meter_mode)
    return Accepted()


def extra_programs(device: Device, _body: None, _parts: _Parts) -> list[dict[str, Any]]:
    """Report the programs of the utility."""
    return device.area(InstallationState).extra_programs


def set_extra_programs(device: Device, body: dict[str, Any], _parts: _Parts) -> Accepted:
    """Take part in programs of the utility; refuses what nobody could print again."""
    if _is_deeper(body, PROGRAM_DEPTH):
        raise Refused("bad_json", error="exceeded max depth")
    device.area(InstallationState).set_extra_programs(body)
    return Accepted()


def _is_deeper(value: object, limit: int) -> bool:
    """Whether lists and objects lie in each other more than `limit` times."""
    level = [value]
    for _ in range(limit):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return any(isinstance(outer, dict | list) for outer in level)


def set_grid_code(device: Device, body: GridChoice, _parts: _Parts) -> Accepted:
    """Choose the rules of the grid; refuses a code that the release does not list."""
    if body.grid_code not in {line.grid_code for line in lists.REGIONS.at(device.version)}:
        raise Refused("bad_value", error=f"unknown grid code: {body.grid_code}", message="Unable to set grid code")
    asked = lists.setting(body.grid_code)
    device.area(InstallationState).set_grid_code(
        GridCode(
            grid_code=body.grid_code,
            grid_voltage_setting=asked.grid_voltage_setting,
            grid_freq_setting=asked.grid_freq_setting,
            grid_phase_setting=asked.grid_phase_setting,
            country=body.country,
            state=body.state,
            distributor=body.distributor,
            utility=body.utility,
            retailer=body.retailer,
            region=body.region,
        )
    )
    return Accepted()


def set_off_grid(device: Device, body: OffGrid, _parts: _Parts) -> Accepted:
    """Note whether the site has no utility."""
    device.area(InstallationState).set_off_grid(body.offgrid)
    return Accepted()


RESOURCES: dict[Endpoint[Any, Any], Callable[[Device, Any, Mapping[str, str]], Any]] = {
    installation.CONFIG: config,
    installation.INSTALLER: installer,
    installation.SET_INSTALLER: set_installer,
    installation.CUSTOMER: customer,
    installation.SET_CUSTOMER: set_customer,
    installation.SKIP_REGISTRATION: skip_registration,
    installation.EMAILED_REGISTRATION: emailed_registration,
    installation.SET_LEGAL: set_legal,
    installation.INSTALLER_COMPANIES: companies,
    installation.SOLARS: solars,
    installation.SOLAR_BRANDS: solar_brands,
    installation.SOLAR_MODELS: solar_models,
    installation.GENERATORS: generators,
    installation.DISCONNECT_TYPES: disconnect_types,
    installation.RADIOS: radios,
    site_settings.GRID_CODES: grid_codes,
    site_settings.GRID_REGIONS: grid_regions,
    site_settings.SET_SITE_NAME: set_site_name,
    site_settings.SET_TIMEZONE: set_timezone,
    site_settings.SET_EXPORT_MODE: set_export_mode,
    site_settings.EXTRA_PROGRAMS: extra_programs,
    site_settings.SET_EXTRA_PROGRAMS: set_extra_programs,
    site_settings.SET_GRID_CODE: set_grid_code,
    site_settings.SET_OFF_GRID: set_off_grid,
}
"""What answers each row of the installation."""
