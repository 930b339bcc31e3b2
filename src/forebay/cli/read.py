"""One-shot readings: status, meters, soe, grid, vitals, info."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING, Any

from forebay.cli.connect import talk
from forebay.cli.output import as_json, note, table
from forebay.cli.terminal import say
from forebay.errors import GatewayError
from forebay.views import text
from forebay.views.words import grid_words, mode_words
from forebay.wire import catalogue
from forebay.wire.firmware import print_version
from forebay.wire.model import UNSET
from forebay.wire.power import Aggregates, Meter

if TYPE_CHECKING:
    from forebay.client.gateway import Gateway
    from forebay.client.snapshot import Snapshot
    from forebay.wire.endpoint import Endpoint

_POINTS: tuple[tuple[str, text.Point], ...] = (
    ("Solar", "solar"),
    ("Home", "load"),
    ("Battery", "battery"),
    ("Grid", "site"),
)


def _snapshot(options: argparse.Namespace, *rows: Endpoint[Any, Any], needed: Endpoint[Any, Any]) -> Snapshot:
    """Read rows together; raises the error of the one that is needed."""

    async def ask(gateway: Gateway) -> Snapshot:
        snapshot = await gateway.snapshot(rows)
        if (error := snapshot.missing.get(needed.name)) is not None:
            raise error
        return snapshot

    snapshot = talk(options, ask)
    for name, error in snapshot.missing.items():
        if options.verbose:
            note(f"forebay: {name}: {error}")
    return snapshot


def _meter(aggregates: Aggregates, point: str) -> Meter | None:
    meter = getattr(aggregates, point)
    return None if meter is UNSET else meter


def status(options: argparse.Namespace) -> int:
    """Show power, charge, grid and mode; the house's answer in five lines."""
    snapshot = _snapshot(
        options,
        catalogue.AGGREGATES,
        catalogue.STATE_OF_ENERGY,
        catalogue.GRID_STATUS,
        catalogue.OPERATION,
        catalogue.STATUS,
        needed=catalogue.AGGREGATES,
    )
    aggregates, soe, grid, operation = snapshot.aggregates, snapshot.soe, snapshot.grid_status, snapshot.operation
    assert aggregates is not None  # noqa: S101 - needed above
    powers = {name: (m.instant_power if (m := _meter(aggregates, name)) else None) for _, name in _POINTS}
    charge = soe.percentage if soe else None
    mode = operation.present_mode if operation else None
    reserve = operation.backup_reserve_percent if operation else None
    if options.json:
        out = {
            "at": snapshot.ended_at.isoformat(),
            "power_w": {key: powers[key] for key in ("site", "battery", "load", "solar")},
            "charge": None if charge is None else {"app_pct": charge.app.value, "wire_pct": charge.value},
            "grid_state": str(grid.grid_status) if grid else None,
            "mode": str(mode) if mode else None,
            "reserve_app_pct": reserve.app.value if reserve else None,
            "firmware": snapshot.status.version.strip() if snapshot.status else None,
            "missing": {name: str(error) for name, error in snapshot.missing.items()},
        }
        print(as_json(out))
        return 0
    rows = [(label, text.flow(point, powers[point])) for label, point in _POINTS]
    if charge is not None:
        rows.append(("Charge", f"{charge.app.shown} %  {text.bar(charge.app.value / 100)}"))
    if grid is not None:
        rows.append(("Grid state", grid_words(str(grid.grid_status)) or ""))
    if mode is not None:
        kept = f", {reserve.app.shown} % kept for outages" if reserve else ""
        rows.append(("Mode", f"{mode_words(str(mode))}{kept}"))
    print(table(rows))
    return 0


def meters(options: argparse.Namespace) -> int:
    """Show power, lifetime energy, voltage and frequency at each point."""
    snapshot = _snapshot(options, catalogue.AGGREGATES, needed=catalogue.AGGREGATES)
    aggregates = snapshot.aggregates
    assert aggregates is not None  # noqa: S101 - needed above
    if options.json:
        print(as_json(aggregates))
        return 0
    rows = [("", "power", "", "imported", "exported", "voltage", "frequency")]
    for label, point in _POINTS:
        meter = _meter(aggregates, point)
        if meter is not None:
            rows.append(
                (
                    label,
                    text.power(meter.instant_power),
                    text.flow(point, meter.instant_power).removeprefix(text.power(meter.instant_power)).strip(),
                    text.energy(meter.energy_imported),
                    text.energy(meter.energy_exported),
                    text.volts(meter.instant_average_voltage),
                    text.hertz(meter.frequency),
                )
            )
    print(table(rows, right=(1, 3, 4, 5, 6)))
    return 0


def soe(options: argparse.Namespace) -> int:
    """Show the charge on both scales."""
    snapshot = _snapshot(options, catalogue.STATE_OF_ENERGY, needed=catalogue.STATE_OF_ENERGY)
    assert snapshot.soe is not None  # noqa: S101 - needed above
    charge = snapshot.soe.percentage
    if options.json:
        print(as_json({"app_pct": charge.app.value, "wire_pct": charge.value}))
    else:
        print(
            table(
                [("In the app", text.percent(charge.app.value)), ("At the gateway", text.percent(charge.value))],
                right=(1,),
            )
        )
    return 0


def grid(options: argparse.Namespace) -> int:
    """Show whether the grid is there, and its alerts."""
    snapshot = _snapshot(options, catalogue.GRID_STATUS, catalogue.GRID_FAULTS, needed=catalogue.GRID_STATUS)
    state, faults = snapshot.grid_status, snapshot.grid_faults
    assert state is not None  # noqa: S101 - needed above
    if options.json:
        services = state.grid_services_active
        print(
            as_json(
                {
                    "grid_state": str(state.grid_status),
                    "words": grid_words(str(state.grid_status)),
                    "grid_services_active": None if services is UNSET else services,
                    "faults": faults,
                }
            )
        )
        return 0
    say(grid_words(str(state.grid_status)) or "")
    for fault in faults or []:
        say(f"{_utc(fault.timestamp)}  {fault.alert_name}  {fault.ecu_type}")
    return 0


def _utc(at_ms: float) -> str:
    from datetime import UTC, datetime

    try:
        return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return f"at {at_ms:.0f} ms"


def vitals(options: argparse.Namespace) -> int:
    """Show every device with its values and alerts."""
    devices = _snapshot(options, catalogue.VITALS, needed=catalogue.VITALS).vitals or []
    if options.json:
        out = [
            {
                "din": device.din,
                "parent": device.parent_din,
                "firmware": device.firmware_version,
                "last_seen_s": device.last_seen_s,
                "vitals": device.vitals,
                "alerts": list(device.alerts),
            }
            for device in devices
        ]
        print(as_json(out))
        return 0
    for device in devices:
        say(device.din)
        rows = [(f"  {name}", _vital(value)) for name, value in device.vitals.items()]
        if rows:
            print(table(rows))
        for alert in device.alerts:
            say(f"  alert: {alert}")
    return 0


def _vital(value: object) -> str:
    """Return a value of the vitals; numbers without the noise of their last bits."""
    if isinstance(value, float) and math.isfinite(value):
        return f"{round(value, 3):.3f}".rstrip("0").rstrip(".")
    return str(value)


def info(options: argparse.Namespace) -> int:
    """Show firmware, site, Powerwalls and registration."""
    snapshot = _snapshot(
        options,
        catalogue.STATUS,
        catalogue.SITE_INFO,
        catalogue.POWERWALLS,
        catalogue.REGISTRATION,
        catalogue.SITEMASTER,
        needed=catalogue.STATUS,
    )
    status_, site, walls, master = snapshot.status, snapshot.site_info, snapshot.powerwalls, snapshot.sitemaster
    assert status_ is not None  # noqa: S101 - needed above
    if options.json:
        print(
            as_json(
                {
                    "status": status_,
                    "site_info": site,
                    "powerwalls": walls,
                    "registration": snapshot.registration,
                    "sitemaster": master,
                    "missing": {name: str(error) for name, error in snapshot.missing.items()},
                }
            )
        )
        return 0
    rows = [
        ("Firmware", f"{status_.version.strip()} ({print_version(status_.firmware)})"),
        ("Up for", f"{status_.uptime_s / 3600:.1f} h"),
    ]
    if site is not None:
        rules = site.rules
        rows += [
            ("Site", f"{site.site_name}, {site.timezone}"),
            ("Nominal", f"{site.nominal_system_energy_kWh:g} kWh, {site.nominal_system_power_kW:g} kW"),
            ("Grid code", f"{rules.grid_code}, {rules.country}"),
        ]
    if walls is not None:
        rows.append(("Powerwalls", str(len(walls.powerwalls))))
        rows += [("", f"{w.PackagePartNumber}  {w.PackageSerialNumber}") for w in walls.powerwalls]
    if master is not None:
        reached = "connected to the maker" if master.connected_to_tesla else "not connected to the maker"
        rows.append(("Power system", f"{'running' if master.running else 'stopped'}, {reached}"))
    print(table(rows))
    for name, error in snapshot.missing.items():
        note(f"forebay: {name}: {_short(error)}")
    return 0


def _short(error: GatewayError) -> str:
    return error.message
