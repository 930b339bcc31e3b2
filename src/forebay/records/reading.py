"""One instant of the house, and how it is made from the gateway's words.

This is the only crossing between wire models and what is kept. A value that
the gateway did not tell, or could not measure, is None and never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from forebay.errors import ForebayError
from forebay.wire import catalogue, gotime
from forebay.wire.endpoint import Endpoint
from forebay.wire.percent import AppPercent, WirePercent
from forebay.wire.power import Aggregates, Meter
from forebay.wire.powerwalls import Powerwalls
from forebay.wire.site import Operation
from forebay.wire.system import GridFault, GridStatus, Sitemaster, StateOfEnergy, Status, SystemStatus, UpdateStatus

M = TypeVar("M")

FAST_ROWS: tuple[Endpoint[Any, Any], ...] = (catalogue.AGGREGATES, catalogue.STATE_OF_ENERGY, catalogue.GRID_STATUS)
"""What a `Reading` is made from; without the first there is none."""

SLOW_ROWS: tuple[Endpoint[Any, Any], ...] = (
    catalogue.STATUS,
    catalogue.SITEMASTER,
    catalogue.OPERATION,
    catalogue.SYSTEM_STATUS,
    catalogue.GRID_FAULTS,
    catalogue.POWERWALLS,
    catalogue.UPDATE_STATUS,
)
"""What a `SlowReading` is made from; any may be missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The fast signals at one instant; names, units and signs as in the signal table.

    at: aware, UTC.
    """

    at: datetime
    site_power_w: float | None = None
    battery_power_w: float | None = None
    load_power_w: float | None = None
    solar_power_w: float | None = None
    site_import_wh: float | None = None
    site_export_wh: float | None = None
    solar_export_wh: float | None = None
    solar_import_wh: float | None = None
    battery_discharge_wh: float | None = None
    battery_charge_wh: float | None = None
    load_wh: float | None = None
    charge_wire_pct: float | None = None
    grid_state: str | None = None
    grid_services_active: bool | None = None
    site_voltage_v: float | None = None
    site_frequency_hz: float | None = None
    battery_frequency_hz: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowReading:
    """The slow signals at one instant; names and units as in the signal table.

    at: aware, UTC.
    """

    at: datetime
    pack_full_wh: float | None = None
    pack_remaining_wh: float | None = None
    pack_count: int | None = None
    operation_mode: str | None = None
    reserve_wire_pct: float | None = None
    firmware: str | None = None
    uptime_s: float | None = None
    sitemaster_running: bool | None = None
    vendor_connected: bool | None = None
    update_state: str | None = None
    grid_alerts: str | None = None


def app_pct(wire_pct: float | None) -> float | None:
    """Return a charge on the app's scale [%], 0–100; None stays None."""
    return None if wire_pct is None else WirePercent(wire_pct).app.value


def wire_charge_pct(app_pct: float) -> float:
    """Return the charge on the gateway's scale that the app shows as a percentage [%]."""
    return AppPercent(app_pct).wire.value


def gateway_time(aggregates: Aggregates) -> datetime | None:
    """Return the gateway's own time of these powers, UTC; None where it tells none."""
    meters = (aggregates.site, aggregates.load, aggregates.battery)
    for meter in meters:
        try:
            told = gotime.instant(meter.last_communication_time)
        except ValueError:
            continue
        if told is not None:
            return told
    return None


def _measured(meter: object) -> Meter | None:
    """Return the meter, None where there is none: it never spoke and holds only zeros."""
    if not isinstance(meter, Meter):
        return None
    silent = meter.last_communication_time == gotime.NEVER
    empty = not (meter.instant_power or meter.energy_imported or meter.energy_exported)
    return None if silent and empty else meter


def _told(meter: Meter | None, member: str) -> float | None:
    if meter is None:
        return None
    value: float | None = getattr(meter, member)
    return value


def _nonzero(value: float | None) -> float | None:
    return value or None


def fast_reading(
    at: datetime, aggregates: Aggregates, charge: StateOfEnergy | None = None, grid: GridStatus | None = None
) -> Reading:
    """Return the reading of one poll; what did not answer is None.

    A frequency of 0 is a meter that cannot measure it, hence None
    (capture 21.44: site 0, battery 60.007).
    """
    site, battery = _measured(aggregates.site), _measured(aggregates.battery)
    load, solar = _measured(aggregates.load), _measured(aggregates.solar)
    services = grid.grid_services_active if grid else None
    return Reading(
        at=at,
        site_power_w=_told(site, "instant_power"),
        battery_power_w=_told(battery, "instant_power"),
        load_power_w=_told(load, "instant_power"),
        solar_power_w=_told(solar, "instant_power"),
        site_import_wh=_told(site, "energy_imported"),
        site_export_wh=_told(site, "energy_exported"),
        solar_export_wh=_told(solar, "energy_exported"),
        solar_import_wh=_told(solar, "energy_imported"),
        battery_discharge_wh=_told(battery, "energy_exported"),
        battery_charge_wh=_told(battery, "energy_imported"),
        load_wh=_told(load, "energy_imported"),
        charge_wire_pct=charge.percentage.value if charge else None,
        grid_state=str(grid.grid_status) if grid else None,
        grid_services_active=services if isinstance(services, bool) else None,
        site_voltage_v=_told(site, "instant_average_voltage"),
        site_frequency_hz=_nonzero(_told(site, "frequency")),
        battery_frequency_hz=_nonzero(_told(battery, "frequency")),
    )


def _of(models: Mapping[str, object], row: Endpoint[Any, Any], kind: type[M]) -> M | None:
    model = models.get(row.name)
    return model if isinstance(model, kind) else None


def _uptime_s(status: Status | None) -> float | None:
    try:
        return status.uptime_s if status else None
    except (ValueError, ForebayError):
        return None


def slow_reading(at: datetime, models: Mapping[str, object]) -> SlowReading:
    """Return the slow reading from the replies at hand, by name of their row."""
    status = _of(models, catalogue.STATUS, Status)
    master = _of(models, catalogue.SITEMASTER, Sitemaster)
    operation = _of(models, catalogue.OPERATION, Operation)
    system = _of(models, catalogue.SYSTEM_STATUS, SystemStatus)
    packs = _of(models, catalogue.POWERWALLS, Powerwalls)
    update = _of(models, catalogue.UPDATE_STATUS, UpdateStatus)
    faults = models.get(catalogue.GRID_FAULTS.name)
    alerts = {f.alert_name for f in faults if isinstance(f, GridFault)} if isinstance(faults, list) else None
    mode = operation.present_mode if operation else None
    reserve = operation.backup_reserve_percent if operation else None
    count = len(system.battery_blocks) if system else len(packs.powerwalls) if packs else None
    return SlowReading(
        at=at,
        pack_full_wh=_nonzero(system.nominal_full_pack_energy) if system else None,
        pack_remaining_wh=system.nominal_energy_remaining if system else None,
        pack_count=count,
        operation_mode=None if mode is None else str(mode),
        reserve_wire_pct=reserve.value if isinstance(reserve, WirePercent) else None,
        firmware=status.version.strip() if status else None,
        uptime_s=_uptime_s(status),
        sitemaster_running=master.running if master else None,
        vendor_connected=master.connected_to_tesla if master else None,
        update_state=str(update.state) if update else None,
        grid_alerts=None if alerts is None else ",".join(sorted(alerts)),
    )
