"""Bodies of the rows that examine the Powerwalls, start them and leave the grid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from forebay.emulator import readings
from forebay.emulator.device import Device
from forebay.emulator.packs_state import PacksState
from forebay.emulator.refusal import Refused
from forebay.emulator.resources import powerwalls, system
from forebay.emulator.roof import SOLAR_INVERTER_PART
from forebay.wire import catalogue
from forebay.wire.endpoint import Endpoint
from forebay.wire.model import Accepted
from forebay.wire.packs import (
    AutoconfigState,
    AutoconfigStatus,
    Islanding,
    IslandMode,
    PackageNumbers,
    PackStatus,
    PhaseUsages,
    PhaseUse,
    PhaseUses,
)
from forebay.wire.powerwalls import Powerwalls
from forebay.wire.system import Sitemaster

Parts = Mapping[str, str]


def _state(device: Device) -> PacksState:
    return device.area(PacksState)


def status(device: Device, _body: None, _parts: Parts) -> PackStatus:
    """Report which examinations are under way."""
    return PackStatus(**powerwalls.flags(device))


def run_for_commissioning(device: Device, _body: None, parts: Parts) -> Sitemaster:
    """Start the power system with its packs at rest, and tell that it runs."""
    device.sitemaster.run(commissioning=True)
    return system.sitemaster(device, None, parts)


def islanding(device: Device, body: Islanding, _parts: Parts) -> Islanding:
    """Leave the grid on purpose, or come back."""
    if body.island_mode is IslandMode.OFF_GRID:
        device.leave_grid()
    elif body.island_mode is IslandMode.ON_GRID:
        device.rejoin_grid()
    else:
        raise Refused("bad_value")
    return body


def phase_usages(device: Device, _body: None, _parts: Parts) -> PhaseUsages:
    """Report how each phase is used."""
    state = _state(device)
    if not state.has_phases:
        raise Refused("no_phases")
    uses, phase_v = state.uses, readings.take(device).phase_v

    def voltage(phase: int, use: PhaseUse) -> float:
        return 0.0 if use is PhaseUse.NOT_CONFIGURED or phase >= len(phase_v) else round(phase_v[phase], 1)

    return PhaseUsages(
        phase1=uses.phase1,
        phase2=uses.phase2,
        phase3=uses.phase3,
        Vl1n=voltage(0, uses.phase1),
        Vl2n=voltage(1, uses.phase2),
        Vl3n=voltage(2, uses.phase3),
    )


def set_phase_usages(device: Device, body: PhaseUses, parts: Parts) -> PhaseUsages:
    """Set how each phase is used."""
    if not (body.phase1.is_known and body.phase2.is_known and body.phase3.is_known):
        raise Refused("bad_value")
    state = _state(device)
    if not state.has_phases:
        raise Refused("no_phases")
    state.use_phases(body)
    return phase_usages(device, None, parts)


def detect_phases(device: Device, _body: None, _parts: Parts) -> Accepted:
    """Begin to find out the phases."""
    _state(device).detect()
    return Accepted()


def package_numbers(device: Device, _body: None, _parts: Parts) -> PackageNumbers:
    """Report the solar inverters within the Powerwalls; null for one without."""
    numbers = [SOLAR_INVERTER_PART if pack.model == "plus" else None for pack in device.home.packs]
    return PackageNumbers(pvi_sub_package_numbers=numbers)


def scan(device: Device, _body: None, parts: Parts) -> Powerwalls:
    """Begin to look for Powerwalls."""
    _state(device).scan()
    return powerwalls.powerwalls(device, None, parts)


def update(device: Device, _body: None, _parts: Parts) -> Accepted:
    """Begin to bring the Powerwalls to the gateway's firmware."""
    _state(device).update()
    return Accepted()


def autoconfig(device: Device, _body: None, _parts: Parts) -> AutoconfigStatus:
    """Report how far the gateway is with setting itself up."""
    now = _state(device).autoconfig
    done = now is AutoconfigState.COMPLETE
    return AutoconfigStatus(
        status=now,
        running=now is AutoconfigState.STARTING,
        retry_possible=now in (AutoconfigState.NO_INTERNET, AutoconfigState.CANCELLED),
        have_registered=done,
        have_timezone=done,
        have_gridcode=done,
        grid_availability="",
    )


def autoconfig_run(device: Device, _body: None, _parts: Parts) -> Accepted:
    """Begin to set up."""
    _state(device).configure()
    return Accepted()


def autoconfig_cancel(device: Device, _body: None, _parts: Parts) -> Accepted:
    """Stop setting up."""
    _state(device).cancel_configuring()
    return Accepted()


RESOURCES: dict[Endpoint[Any, Any], Callable[[Device, Any, Parts], Any]] = {
    catalogue.PACK_STATUS: status,
    catalogue.RUN_FOR_COMMISSIONING: run_for_commissioning,
    catalogue.ISLANDING: islanding,
    catalogue.PHASE_USAGES: phase_usages,
    catalogue.SET_PHASE_USAGES: set_phase_usages,
    catalogue.DETECT_PHASES: detect_phases,
    catalogue.PHASE_DETECTION_READ: detect_phases,
    catalogue.PACKAGE_NUMBERS: package_numbers,
    catalogue.SCAN_PACKS: scan,
    catalogue.UPDATE_PACKS: update,
    catalogue.UPDATE_PACKS_READ: update,
    catalogue.AUTOCONFIG: autoconfig,
    catalogue.AUTOCONFIG_RUN: autoconfig_run,
    catalogue.AUTOCONFIG_RETRY: autoconfig_run,
    catalogue.AUTOCONFIG_CANCEL: autoconfig_cancel,
}
"""What answers the rows of the Powerwalls."""
