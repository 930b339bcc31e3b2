"""Bodies of the meters' rows."""

from __future__ import annotations

from collections.abc import Mapping
from math import hypot

from forebay.emulator import readings
from forebay.emulator.device import Device
from forebay.emulator.metering_state import MeteringState
from forebay.emulator.wiring import BY_BUS, CLAMPS, Clamps, InstalledMeter
from forebay.wire.firmware import Timeline
from forebay.wire.gotime import NEVER
from forebay.wire.model import UNSET
from forebay.wire.power import (
    Aggregates,
    CachedReadings,
    Connection,
    HttpsConf,
    Meter,
    SiteMeter,
    VoltageReferences,
)

_TIMEOUT_NS = 1_500_000_000
_INVERTER_TIMEOUT_NS = 1_000_000_000
"""Of a solar system that its inverter measures (E003)."""

SAYS_ZEROS = Timeline(("1.15", True), ("20.49", False))
"""Whether a point that the house lacks is told in zeros, else left out (M05)."""

TELLS_KEYS = Timeline(("1.15", True), ("20.49", False))
"""Whether the paths of a Neurio's keys are told (E004)."""

_TELLS_SENSOR = Timeline(("1.15", True), ("20.49", False))
"""Whether a Neurio's readings are named by its sensor, or by its serial number (E004)."""

_NEURIO_VERSION = Timeline(("1.15", "Tesla-0.0.7"), ("20.49", "1.7.1-Tesla"))
_KEYS = "/etc/site/certs/neurio/neurio"


def aggregates(device: Device, _body: None, _parts: Mapping[str, str]) -> Aggregates:
    """Report the points that are measured; 1.x says zeros of those that the house lacks."""
    now, metering = readings.take(device), device.area(MeteringState)
    absent = Meter(instant_power=0.0, energy_exported=0.0, energy_imported=0.0, timeout=_TIMEOUT_NS)
    lacking = absent if SAYS_ZEROS.at(device.version) else UNSET
    counts = {kind: len(metering.measuring(kind)) for kind in ("site", "solar", "generator")}
    solar = _meter(now.solar, max(1, counts["solar"]))
    if metering.inverter_counts:
        solar.timeout = _INVERTER_TIMEOUT_NS
    return Aggregates(
        site=_meter(now.site, counts["site"]) if counts["site"] else absent,
        battery=_meter(now.battery, len(now.active_packs)),
        load=_meter(now.load, None),
        solar=solar if metering.inverter_counts or counts["solar"] else lacking,
        busway=lacking,
        frequency=lacking,
        generator=_meter(now.generator, counts["generator"]) if counts["generator"] else lacking,
    )


def _meter(shown: readings.Shown, aggregated: int | None) -> Meter:
    a, b, c = shown.phase_currents_a
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
        i_a_current=a,
        i_b_current=b,
        i_c_current=c,
        instant_average_current=shown.current_a if aggregated is None else 0.0,
        last_phase_voltage_communication_time=NEVER,
        last_phase_power_communication_time=NEVER,
        last_phase_energy_communication_time=NEVER,
        timeout=_TIMEOUT_NS,
        num_meters_aggregated=UNSET if aggregated is None else aggregated,
    )


def site(device: Device, _body: None, _parts: Mapping[str, str]) -> list[SiteMeter] | None:
    """Report the meters of the grid connection; null where there is none."""
    return _details(device, "site")


def solar(device: Device, _body: None, _parts: Mapping[str, str]) -> list[SiteMeter] | None:
    """Report the meters of the solar system; null where there is none, or the inverter measures."""
    return _details(device, "solar")


def _details(device: Device, kind: str) -> list[SiteMeter] | None:
    metering, now = device.area(MeteringState), readings.take(device)
    if kind == "solar" and metering.inverter_counts:
        return None
    found = metering.measuring(kind)
    details = [_detail(device, now, meter, kind, is_first=meter is found[0]) for meter in found]
    for number, detail in enumerate(details):
        detail.id = number
    return details or None


def _detail(device: Device, now: readings.Readings, meter: InstalledMeter, kind: str, *, is_first: bool) -> SiteMeter:
    group = meter.group(kind) or Clamps(kind, [False] * CLAMPS)
    point = now.site if kind == "site" else now.solar
    inputs = device.area(MeteringState).view.inputs[meter.serial]
    clamps = [
        (one.volts_of, clamp)
        for one, clamp, used in zip(inputs, now.clamps[meter.serial], group.valid, strict=True)
        if used
    ]
    # the first meter of a point counted it
    exported, imported = (point.exported_wh, point.imported_wh) if is_first else (0.0, 0.0)
    if kind == "solar":  # the raw counter of a solar meter counts the other way (M13)
        exported, imported = imported, exported
    power_w = sum(clamp.power_w for _, clamp in clamps) * group.scale
    reactive_var = sum(clamp.reactive_var for _, clamp in clamps) * group.scale
    by_phase = [[clamp for phase, clamp in clamps if phase == wanted] for wanted in range(3)]
    volts = [on[0].voltage_v if on else UNSET for on in by_phase]
    watts = [sum(clamp.power_w for clamp in on) * group.scale if on else UNSET for on in by_phase]
    vars_ = [sum(clamp.reactive_var for clamp in on) * group.scale if on else UNSET for on in by_phase]
    a, b, c = point.phase_currents_a if is_first else (0.0, 0.0, 0.0)
    return SiteMeter(
        id=0,
        location=kind,
        type=meter.type,
        cts=group.valid,
        inverted=group.inverted,
        connection=_wiring(device, meter),
        real_power_scale_factor=UNSET if meter.is_neurio else group.scale,
        ct_voltage_references=UNSET if meter.is_neurio else _phases(device),
        Cached_readings=CachedReadings(
            last_communication_time=point.stamp,
            instant_power=power_w,
            instant_reactive_power=reactive_var,
            instant_apparent_power=hypot(power_w, reactive_var),
            frequency=point.frequency_hz,
            energy_exported=exported,
            energy_imported=imported,
            instant_average_voltage=point.voltage_v,
            instant_average_current=0.0,
            i_a_current=a,
            i_b_current=b,
            i_c_current=c,
            last_phase_voltage_communication_time=point.stamp,
            v_l1n=volts[0],
            v_l2n=volts[1],
            v_l3n=volts[2],
            last_phase_power_communication_time=point.stamp,
            real_power_a=watts[0],
            real_power_b=watts[1],
            real_power_c=watts[2],
            reactive_power_a=vars_[0],
            reactive_power_b=vars_[1],
            reactive_power_c=vars_[2],
            last_phase_energy_communication_time=NEVER,
            serial_number=_serial(device, meter),
            version=_NEURIO_VERSION.at(device.version) if meter.is_neurio else device.profile.git_hash[:14],
            timeout=_TIMEOUT_NS,
        ),
    )


def _serial(device: Device, meter: InstalledMeter) -> str:
    if meter.is_neurio:
        return device.sensor_id if _TELLS_SENSOR.at(device.version) else meter.serial
    return device.meter_serial


def _phases(device: Device) -> VoltageReferences:
    phases = device.area(MeteringState).phases
    return VoltageReferences(ct1=phases.ct1, ct2=phases.ct2, ct3=phases.ct3)


def _wiring(device: Device, meter: InstalledMeter) -> Connection:
    if not meter.is_neurio:
        return Connection(short_id=meter.short_id, device_serial=device.sync_serial, https_conf=HttpsConf())
    if meter.type in BY_BUS:
        return Connection(short_id=meter.short_id, device_serial=meter.serial, neurio_connected=meter.connected)
    keys = HttpsConf(
        client_cert=f"{_KEYS}.crt",
        client_key=f"{_KEYS}.key",
        server_ca_cert=f"{_KEYS}-ca-chain.cert.pem",
        max_idle_conns_per_host=1,
    )
    return Connection(
        ip_address=f"Neurio-{meter.short_id}",
        port=443,
        short_id=meter.short_id,
        device_serial=meter.serial,
        neurio_connected=meter.connected,
        https_conf=keys if TELLS_KEYS.at(device.version) else HttpsConf(),
    )
