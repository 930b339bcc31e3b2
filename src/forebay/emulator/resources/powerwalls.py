"""Body of /api/powerwalls: inventory and diagnostics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from forebay.emulator.device import Device
from forebay.emulator.packs_state import PacksState
from forebay.emulator.resources.system import QUALIFYING, compliance, din, pack_part
from forebay.wire.firmware import Timeline
from forebay.wire.gotime import print_instant
from forebay.wire.model import UNSET
from forebay.wire.powerwalls import Check, CheckStatus, Diagnostic, Powerwall, Powerwalls, Sync

_WHILE_RUNNING = Timeline(
    ("1.15", "Cannot connect to CAN bus. Reboot the gateway and try again."),
    (
        "1.46",
        "Cannot perform this action with site controller running. "
        'From landing page, either "STOP SYSTEM" or "RUN WIZARD" to proceed.',
    ),
)
_KIND = Timeline(("1.15", "acpw"), ("20.49", "ACPW"))
_SOLAR_KIND = "SolarPowerwall"
_ON_GRID_RUNNING = Timeline(("1.15", "on grid check not run"), ("20.49", "run sitemanager flag enabled"))
_ON_GRID_STOPPED = Timeline(
    ("1.15", "on grid check not run"),
    ("20.49", ""),
    ("21.44", "run sitemanager flag enabled, sitemanager process is running"),
)
_CHECKS_GRID = Timeline(("1.15", False), ("20.49", True), ("21.44", False))
"""Whether a stopped system tells that it found the grid: seen on 21.39.1, not on 21.44; before unverified (S13)."""
_STATES = Timeline[list[str] | None](("1.15", []), ("21.0", None))
_SYNC_UPDATES = Timeline(
    ("1.15", ("Synchronizer firmware", "Grid code")),
    ("20.49", ("Synchronizer firmware", "Islanding configuration", "Grid code")),
)
_PACK_CHECKS = ("CAN connectivity", "Enable switch", "Internal communications", "Firmware up-to-date")
_PACK_UPDATES = ("Powerwall firmware", "Battery firmware", "Inverter firmware", "Grid code")
_SYNC_CHECKS = ("CAN connectivity", "Firmware up-to-date")


def powerwalls(device: Device, _body: None, _parts: Mapping[str, str]) -> Powerwalls:
    """Report every Powerwall; the checks only work while the system is stopped (S13)."""
    clock = _Clock(device)
    return Powerwalls(
        **flags(device),
        powerwalls=[_powerwall(device, index, clock) for index in range(len(device.home.packs))],
        gateway_din=din(device),
        has_sync=True,
        sync=_sync(device, clock),
        msa=None,
        states=_STATES.at(device.version),
        phase_detection_attempt=0,
    )


def flags(device: Device) -> dict[str, Any]:
    """Return what is being examined, as this row and PACK_STATUS tell it."""
    packs = device.area(PacksState)
    return {
        "enumerating": packs.scanning,
        "updating": packs.updating,
        "checking_if_offgrid": False,
        "is_on_grid": True if _found_grid(device) else UNSET,
        "running_phase_detection": packs.detecting,
        "phase_detection_last_error": packs.detection_error,
        "bubble_shedding": False,
        "on_grid_check_error": (_ON_GRID_RUNNING if device.running else _ON_GRID_STOPPED).at(device.version),
        "grid_qualifying": compliance(device) == QUALIFYING,
        "grid_code_validating": False,
        "phase_detection_not_available": not packs.has_phases,
    }


def _found_grid(device: Device) -> bool:
    """Whether the check for the grid ran and found it; what is false is left out (F13)."""
    return not device.running and device.grid_up and _CHECKS_GRID.at(device.version)


class _Clock:
    """Times of checks: each takes a few microseconds after the one before."""

    def __init__(self, device: Device) -> None:
        self._at = device.now - timedelta(milliseconds=40)
        self._zone = device.home.zone

    def next(self) -> str:
        self._at += timedelta(microseconds=4)
        return print_instant(self._at, self._zone, 777 - self._at.microsecond % 9 * 80)


def _powerwall(device: Device, index: int, clock: _Clock) -> Powerwall:
    return Powerwall(
        Type="",
        PackagePartNumber=pack_part(device, index),
        PackageSerialNumber=device.pack_serials[index],
        type=_SOLAR_KIND if device.home.packs[index].model == "plus" else _KIND.at(device.version),
        grid_state="Grid_Uncompliant" if device.running else compliance(device),
        grid_reconnection_time_seconds=0,
        under_phase_detection=device.area(PacksState).detecting,
        updating=device.area(PacksState).updating,
        commissioning_diagnostic=_commissioning(device, _PACK_CHECKS, clock, CheckStatus.RUNNING),
        update_diagnostic=_update(_PACK_UPDATES),
        bc_type=None,
        in_config=True,
    )


def _sync(device: Device, clock: _Clock) -> Sync:
    return Sync(
        updating=False,
        commissioning_diagnostic=_commissioning(device, _SYNC_CHECKS, clock, CheckStatus.PASS),
        update_diagnostic=_update(_SYNC_UPDATES.at(device.version)),
    )


def _commissioning(device: Device, names: tuple[str, ...], clock: _Clock, stopped: CheckStatus) -> Diagnostic:
    checks = []
    for name in names:
        results: dict[str, str | bool | float | None] = {}
        if not device.running and stopped is CheckStatus.PASS and name.startswith("Firmware"):
            results = {
                "/etc/commit": device.profile.git_hash,
                "SYNC.git_hash": device.profile.git_hash[:14],
                "readyForFWUpdate": True,
            }
        done = device.running or stopped is CheckStatus.PASS
        checks.append(
            Check(
                name=name,
                status=CheckStatus.FAIL if device.running else stopped,
                start_time=clock.next(),
                end_time=clock.next() if done else None,
                message=_WHILE_RUNNING.at(device.version) if device.running else UNSET,
                results=results,
                debug={},
                checks=None,
            )
        )
    return Diagnostic(
        name="Commissioning", category="InternalComms", disruptive=False, inputs=None, checks=checks, alert=False
    )


def _update(names: tuple[str, ...]) -> Diagnostic:
    checks = [
        Check(
            name=name,
            status=CheckStatus.NOT_RUN,
            start_time=None,
            end_time=None,
            progress=0,
            results=None,
            debug=None,
            checks=None,
        )
        for name in names
    ]
    return Diagnostic(
        name="Firmware Update", category="InternalComms", disruptive=True, inputs=None, checks=checks, alert=False
    )
