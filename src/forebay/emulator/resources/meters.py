"""Bodies of the meters' rows."""

from __future__ import annotations

from collections.abc import Mapping

from forebay.emulator import readings
from forebay.emulator.device import Device
from forebay.emulator.metering_state import MeteringState
from forebay.wire.gotime import NEVER
from forebay.wire.model import UNSET
from forebay.wire.power import (
    Aggregates,
    CachedReadings,
    Connection,
    HttpsConf,
    Meter,
    MeterType,
    SiteMeter,
    VoltageReferences,
)

_TIMEOUT_NS = 1_500_000_000
_KEYS = "/etc/site/certs/neurio/neurio"


def aggregates(device: Device, _body: None, _parts: Mapping[str, str]) -> Aggregates:
    """Report the four points, and zeros for the three that the house lacks."""
    now = readings.take(device)
    absent = Meter(instant_power=0.0, energy_exported=0.0, energy_imported=0.0, timeout=_TIMEOUT_NS)
    return Aggregates(
        site=_meter(now.site, 2),
        battery=_meter(now.battery, len(now.packs)),
        load=_meter(now.load, None),
        solar=_meter(now.solar, 1) if device.home.solar else UNSET,
        busway=absent,
        frequency=absent,
        generator=absent,
    )


def _meter(shown: readings.Shown, aggregated: int | None) -> Meter:
    return Meter(
        last_communication_time=shown.stamp,
        instant_power=shown.power_w,
        instant_reactive_power=shown.reactive_var,
        instant_apparent_power=shown.apparent_va,
        frequency=shown.frequency_hz,
        energy_exported=shown.exported_wh,
        energy_imported=shown.imported_wh,
        instant_average_voltage=shown.voltage_v,
        instant_total_current=shown.current_a,
        instant_average_current=shown.current_a if aggregated is None else 0.0,
        last_phase_voltage_communication_time=NEVER,
        last_phase_power_communication_time=NEVER,
        last_phase_energy_communication_time=NEVER,
        timeout=_TIMEOUT_NS,
        num_meters_aggregated=UNSET if aggregated is None else aggregated,
    )


def site(device: Device, _body: None, _parts: Mapping[str, str]) -> list[SiteMeter] | None:
    """Report the meter of the grid connection."""
    now = readings.take(device)
    return [_detail(device, now, now.site, "site", [True, True, False, False], generated=False)]


def solar(device: Device, _body: None, _parts: Mapping[str, str]) -> list[SiteMeter] | None:
    """Report the meter of the solar system; null where there is none."""
    if not device.home.solar:
        return None
    now = readings.take(device)
    return [_detail(device, now, now.solar, "solar", [False, False, False, True], generated=True)]


def _detail(
    device: Device,
    now: readings.Readings,
    shown: readings.Shown,
    location: str,
    cts: list[bool],
    *,
    generated: bool,
) -> SiteMeter:
    synchrometer = readings.SYNCHROMETER.at(device.version)
    exported, imported = shown.exported_wh, shown.imported_wh
    if generated:  # the raw counter of a solar meter counts the other way (M13)
        exported, imported = imported, exported
    half_w, half_var = shown.power_w / 2, shown.reactive_var / 2
    two_legs = not generated
    return SiteMeter(
        id=0,
        location=location,
        type=(MeterType.SYNCHROMETER_Y if generated else MeterType.SYNCHROMETER_X)
        if synchrometer
        else MeterType.NEURIO_TCP,
        cts=cts,
        inverted=[False] * 4,
        connection=_wiring(device, synchrometer=synchrometer),
        real_power_scale_factor=1.0 if synchrometer else UNSET,
        ct_voltage_references=_phases(device) if synchrometer else UNSET,
        Cached_readings=CachedReadings(
            last_communication_time=shown.stamp,
            instant_power=shown.power_w,
            instant_reactive_power=shown.reactive_var,
            instant_apparent_power=shown.apparent_va,
            frequency=shown.frequency_hz,
            energy_exported=exported,
            energy_imported=imported,
            instant_average_voltage=shown.voltage_v,
            instant_average_current=0.0,
            last_phase_voltage_communication_time=shown.stamp,
            v_l1n=now.leg_v,
            v_l2n=now.leg_v * 1.001 if two_legs else UNSET,
            last_phase_power_communication_time=shown.stamp,
            real_power_a=half_w if two_legs else shown.power_w,
            real_power_b=half_w if two_legs else UNSET,
            reactive_power_a=half_var if two_legs else shown.reactive_var,
            reactive_power_b=half_var if two_legs else UNSET,
            last_phase_energy_communication_time=NEVER,
            serial_number=device.meter_serial if synchrometer else device.sensor_id,
            version=device.profile.git_hash[:14] if synchrometer else "Tesla-0.0.7",
            timeout=_TIMEOUT_NS,
        ),
    )


def _phases(device: Device) -> VoltageReferences:
    phases = device.area(MeteringState).phases
    return VoltageReferences(ct1=phases.ct1, ct2=phases.ct2, ct3=phases.ct3)


def _wiring(device: Device, *, synchrometer: bool) -> Connection:
    if synchrometer:
        return Connection(
            short_id=f"{readings.GATEWAY_PART}--{device.serial}",
            device_serial=device.sync_serial,
            https_conf=HttpsConf(),
        )
    short = device.meter_serial[-5:]
    return Connection(
        ip_address=f"Neurio-{short}",
        port=443,
        short_id=short,
        device_serial=device.meter_serial,
        neurio_connected=True,
        https_conf=HttpsConf(
            client_cert=f"{_KEYS}.crt",
            client_key=f"{_KEYS}.key",
            server_ca_cert=f"{_KEYS}-ca-chain.cert.pem",
            max_idle_conns_per_host=1,
        ),
    )
