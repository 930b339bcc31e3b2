"""Bodies of the machine's rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TypeVar

from forebay.emulator import readings
from forebay.emulator.device import Device
from forebay.emulator.networks_state import NetworksState
from forebay.emulator.readings import GATEWAY_PART
from forebay.wire import alerts, gotime
from forebay.wire.firmware import (
    GIT_HASH_SUFFIX,
    STOPPED_MEANS_DISCONNECTED,
    VERSION_SHOWS_HASH,
    VERSION_SUFFIX,
    Timeline,
    always,
)
from forebay.wire.site import Stop
from forebay.wire.system import (
    GRID_STATES_TOLD,
    BatteryBlock,
    GridFault,
    GridState,
    GridStatus,
    Sitemaster,
    SitemasterStatus,
    StateOfEnergy,
    Status,
    SystemStatus,
)

PACK_PARTS: dict[str, Timeline[str]] = {
    "ac_v2": Timeline(("1.15", "1092170-03-E"), ("20.49", "3012170-05-B")),
    "dc_v1": always("1067000-00-J"),
    "dc_v2": always("1112170-00-E"),
    "plus": always("2012170-25-E"),
}
"""Part numbers by model; the first is the seed author's (S053), those of direct current are unverified."""

INVERTER_PART = "1081100-10-U"
QUALIFYING = "Grid_Qualifying"
"""What inverters say of a grid that is back and not yet trusted."""

Measured = TypeVar("Measured", int, float)

_ALERT_KEPT = timedelta(hours=24)


def version_text(device: Device) -> str:
    """Return the version as the release prints it (F12)."""
    name = device.release.name
    if VERSION_SHOWS_HASH.at(device.version):
        name += f" {device.profile.git_hash[:8]}"
    return name + VERSION_SUFFIX.at(device.version)


def din(device: Device) -> str:
    """Return the identity of the gateway: part and serial number."""
    return f"{GATEWAY_PART}--{device.serial}"


def pack_part(device: Device, index: int) -> str:
    """Return the part number of one Powerwall."""
    table = device.home.packs[index]
    return table.part_number or PACK_PARTS[table.model].at(device.version)


def status(device: Device, _body: None, _parts: Mapping[str, str]) -> Status:
    """Report identity, version and up time."""
    zone = device.home.zone
    up = device.now - device.booted_at
    jitter = int((device.world.wobble(device.now_s, 9) + 1) / 2 * 50_000_000)
    nanoseconds = max(0, int(up / timedelta(microseconds=1)) * 1000 - jitter)
    return Status(
        din=din(device),
        start_time=gotime.print_start(device.booted_at, zone),
        up_time_seconds=gotime.print_seconds(nanoseconds),
        is_new=False,
        version=version_text(device),
        git_hash=device.profile.git_hash + GIT_HASH_SUFFIX.at(device.version),
        commission_count=device.commission_count,
        device_type="teg",
        sync_type="v2.1",
        teg_type="unknown",
        leader="",
        followers=None,
        cellular_disabled=False,
        can_reboot=device.can_reboot == "Yes",
    )


def sitemaster(device: Device, _body: None, _parts: Mapping[str, str]) -> Sitemaster:
    """Report whether the power system runs."""
    running = device.running
    up_s = int((device.now - device.sitemaster.since).total_seconds())
    cut_off = not running and STOPPED_MEANS_DISCONNECTED.at(device.version)
    return Sitemaster(
        status=SitemasterStatus.UP if running else SitemasterStatus.DOWN,
        running=running,
        uptime=f"{max(0, up_s)}s," if running else "log:",
        connected_to_tesla=device.area(NetworksState).reaches_maker and not cut_off,
        power_supply_mode=False,
        can_reboot=device.can_reboot,
    )


def run(device: Device, _body: None, _parts: Mapping[str, str]) -> None:
    """Start the power system."""
    device.run()


def stop(device: Device, body: Stop | None, _parts: Mapping[str, str]) -> None:
    """Stop the power system; refuses when it is busy and not forced."""
    device.stop(force=body is not None and body.force is True)


def state_of_energy(device: Device, _body: None, _parts: Mapping[str, str]) -> StateOfEnergy:
    """Report the charge on the gateway's scale."""
    from forebay.wire.percent import WirePercent

    return StateOfEnergy(percentage=WirePercent(readings.charge_pct(device)))


def grid_status(device: Device, _body: None, _parts: Mapping[str, str]) -> GridStatus:
    """Report contact with the utility."""
    return GridStatus(grid_status=_told(device), grid_services_active=False)


def _told(device: Device) -> GridState:
    return GRID_STATES_TOLD.at(device.version).get(device.grid_state, device.grid_state)


def grid_faults(device: Device, _body: None, _parts: Mapping[str, str]) -> list[GridFault]:
    """Report what the inverters told of the grid in the last day, the latest last."""
    return [
        GridFault(
            timestamp=gotime.milliseconds(alert.at),
            alert_name=alert.name,
            alert_is_fault=False,
            decoded_alert=alerts.decoded(alert.name, alert.frequency_hz),
            alert_raw=alerts.raw(alert.name, alert.frequency_hz),
            git_hash=device.profile.git_hash[:14],
            site_uid=device.site_uid,
            ecu_type="TEPINV",
            ecu_package_part_number=INVERTER_PART,
            ecu_package_serial_number=device.pack_serials[alert.pack],
        )
        for alert in device.tie.alerts
        if device.now - alert.at <= _ALERT_KEPT
    ]


def system_status(device: Device, _body: None, parts: Mapping[str, str]) -> SystemStatus:
    """Report packs, limits and state."""
    now = readings.take(device)
    specs = [pack.spec for pack in device.power.active]
    power_w = sum(spec.power_w for spec in specs)
    charge_w = sum(pack.spec.charge_limit_w(pack.energy_wh) for pack in device.power.active)
    return SystemStatus(
        command_source="Configuration",
        battery_target_power=device.power.flows.battery_w,
        battery_target_reactive_power=0.0,
        nominal_full_pack_energy=sum(p.full_wh for p in now.active_packs),
        nominal_energy_remaining=sum(p.energy_wh for p in now.active_packs),
        max_power_energy_remaining=0.0,
        max_power_energy_to_be_charged=0.0,
        max_charge_power=power_w,
        max_discharge_power=power_w,
        max_apparent_power=power_w,
        instantaneous_max_discharge_power=power_w * 2.4,
        instantaneous_max_charge_power=float(round(charge_w * 1.058)),
        instantaneous_max_apparent_power=power_w * 1.16,
        hardware_capability_charge_power=power_w,
        hardware_capability_discharge_power=power_w,
        grid_services_power=-0.0,
        system_island_state=_told(device),
        available_blocks=len(specs),
        available_charger_blocks=0,
        battery_blocks=[_block(device, index, shown) for index, shown in enumerate(now.packs)],
        ffr_power_availability_high=power_w * 1.16,
        ffr_power_availability_low=float(round(charge_w * 1.058)),
        load_charge_constraint=0.0,
        max_sustained_ramp_rate=1_250_000.0,
        grid_faults=grid_faults(device, None, parts),
        can_reboot=device.can_reboot,
        smart_inv_delta_p=0.0,
        smart_inv_delta_q=0.0,
        last_toggle_timestamp=gotime.print_instant(device.last_toggle_at, device.home.zone, 425),
        solar_real_power_limit=device.power.flows.solar_w if device.power.sun_share < 1 else -1.0,
        score=10_000.0,
        blocks_controlled=len(specs),
        primary=True,
        auxiliary_load=0.0,
        all_enable_lines_high=not device.power.disabled,
        inverter_nominal_usable_power=power_w * 1.16,
        expected_energy_remaining=0.0,
    )


def compliance(device: Device) -> str:
    """Say what the inverters find the grid: gone, back but not yet trusted, or good."""
    if not device.islanded:
        return "Grid_Compliant"
    return QUALIFYING if device.grid_state is GridState.TO_GRID else "Grid_Uncompliant"


def _block(device: Device, index: int, shown: readings.PackShown) -> BatteryBlock:
    """Report one Powerwall; one that is disabled tells no powers and no energies that flowed (M11)."""
    islanded, works = device.islanded, shown.enabled

    def told(value: Measured) -> Measured | None:
        return value if works else None

    state = "PINV_GridForming" if islanded else "PINV_GridFollowing"
    return BatteryBlock(
        Type="",
        PackagePartNumber=pack_part(device, index),
        PackageSerialNumber=device.pack_serials[index],
        disabled_reasons=[] if works else [device.power.disabled[index]],
        pinv_state=state if works else "",
        pinv_grid_state=compliance(device) if works else "",
        nominal_energy_remaining=shown.energy_wh,
        nominal_full_pack_energy=shown.full_wh,
        p_out=told(shown.power_w),
        q_out=told(shown.reactive_var),
        v_out=told(shown.voltage_v),
        f_out=told(shown.frequency_hz),
        i_out=told(shown.current_a),
        energy_charged=told(shown.charged_wh),
        energy_discharged=told(shown.discharged_wh),
        off_grid=works and islanded,
        vf_mode=works and islanded,
        wobble_detected=False,
        charge_power_clamped=False,
        backup_ready=works,
        OpSeqState="Active" if works else "Standby",
        version=device.profile.git_hash[:14],
    )
