"""Bodies of the rows that set up the meters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from forebay.emulator import readings
from forebay.emulator.device import Device
from forebay.emulator.metering_state import KINDS, PHASE_OPTIONS, RATINGS, MeteringState
from forebay.emulator.refusal import Refused
from forebay.emulator.wiring import BY_BUS, CLAMPS, Clamps, InstalledMeter
from forebay.wire import catalogue, metering
from forebay.wire.endpoint import Endpoint
from forebay.wire.metering import (
    ClampGroup,
    ClampPhaseOptions,
    ClampPhases,
    ClampRating,
    ClampReading,
    Enabled,
    MeterData,
    MeterIdentity,
    MeterReading,
    MeterSetup,
    NamedMeter,
    NewClampGroup,
    NewMeter,
)
from forebay.wire.model import UNSET, Accepted

_RUNNING = "run sitemanager flag enabled, sitemanager process is running"
_NEURIO_VERSION = "Tesla-0.0.7"
_WS_PER_WH = 3600

Parts = Mapping[str, str]


def _state(device: Device) -> MeteringState:
    return device.area(MeteringState)


def _group(clamps: Clamps) -> ClampGroup:
    return ClampGroup(
        type=clamps.kind, valid=clamps.valid, inverted=clamps.inverted, real_power_scale_factor=clamps.scale
    )


def _shown(meter: InstalledMeter) -> metering.InstalledMeter:
    neurio = meter.is_neurio
    groups = [_group(clamps) for clamps in meter.groups]
    if neurio:
        for group in groups:
            group.real_power_scale_factor = UNSET
    return metering.InstalledMeter(
        serial=meter.serial,
        short_id=meter.short_id,
        type=meter.type,
        connected=meter.connected if neurio else UNSET,
        cts=groups,
        ip_address=meter.ip_address if neurio and meter.type not in BY_BUS else UNSET,
        mac=meter.mac if neurio and meter.type not in BY_BUS else UNSET,
    )


def meters(device: Device, _body: None, _parts: Parts) -> list[metering.InstalledMeter]:
    """Report the meters; the order turns, as a gateway's does (F14)."""
    shown = [_shown(meter) for meter in _state(device).meters.values()]
    return shown[::-1] if device.running else shown


def meter_readings(device: Device, _body: None, _parts: Parts) -> dict[str, MeterReading]:
    """Report what each clamp reads; a synchrometer cannot be asked while the system runs (S05)."""
    now = readings.take(device)
    return {meter.serial: _reading(device, meter, now) for meter in _state(device).meters.values()}


def _reading(device: Device, meter: InstalledMeter, now: readings.Readings) -> MeterReading:
    if not meter.is_neurio and device.running:
        return _unread(_RUNNING)
    host = f"Neurio-{meter.short_id}"
    if not meter.connected:
        return _unread(f"Get https://{host}:443/latest: dial tcp: lookup {host}: no such host")
    cts = [_clamp(meter, now, number) for number in range(CLAMPS if meter.is_neurio else CLAMPS - 1)]
    if not meter.is_neurio:
        version = device.profile.git_hash[:14]
        return MeterReading(error="", data=MeterData(firmwareVersion=version, cts=[*cts, _nothing()]))
    return MeterReading(
        error="",
        data=MeterData(
            IP=UNSET if meter.type in BY_BUS else host,
            sensorId=device.sensor_id,
            firmwareVersion=_NEURIO_VERSION,
            f_Hz=round(device.frequency_hz, 2),
            cts=cts,
        ),
    )


def _nothing() -> ClampReading:
    return ClampReading(ct=0, v_V=0.0, p_W=0.0, q_VAR=0.0, eExp_Ws=0.0, eImp_Ws=0.0)


def _unread(error: str) -> MeterReading:
    return MeterReading(error=error, data=MeterData(firmwareVersion="", cts=[_nothing() for _ in range(CLAMPS)]))


def _clamp(meter: InstalledMeter, now: readings.Readings, number: int) -> ClampReading:
    """Read one clamp; a Neurio also counts, in watt-seconds (M12)."""
    shown = now.clamps[meter.serial][number]
    exported_wh, imported_wh = _counted(meter, now, number) if meter.is_neurio else (0.0, 0.0)
    digits = 2 if meter.is_neurio else None
    return ClampReading(
        ct=number + 1,
        v_V=shown.voltage_v,
        p_W=round(shown.power_w, digits),
        q_VAR=round(shown.reactive_var, digits),
        eExp_Ws=float(int(exported_wh * _WS_PER_WH)),
        eImp_Ws=float(int(imported_wh * _WS_PER_WH)),
    )


def _counted(meter: InstalledMeter, now: readings.Readings, number: int) -> tuple[float, float]:
    """Return what a clamp counted of its point [Wh]: an even share of the clamps that measure it."""
    group = next((group for group in meter.groups if group.valid[number]), None)
    points = {"site": now.site, "solar": now.solar, "generator": now.generator}
    if group is None or group.kind not in points or not meter.wires[number].circuit:
        return 0.0, 0.0
    point, share = points[group.kind], 1 / sum(group.valid)
    if group.kind == "solar":  # the raw counter counts production as import (M13)
        return point.imported_wh * share, point.exported_wh * share
    return point.exported_wh * share, point.imported_wh * share


def setup(device: Device, _body: None, _parts: Parts) -> MeterSetup:
    """Report how far the setting up of a meter is."""
    state, of = _state(device).setup
    return MeterSetup(
        status=state,
        errors=list(of.errors) if of is not None and of.errors else None,
        serial=of.serial if of is not None and of.serial is not None else UNSET,
        short_id=of.short_id if of is not None and of.short_id is not None else UNSET,
    )


def verify_this(device: Device, body: MeterIdentity, _parts: Parts) -> Accepted:
    """Verify the meter that the body names, as the one in the path."""
    _state(device).verify(body.serial, body.short_id)
    return Accepted()


def verify(device: Device, body: NamedMeter, _parts: Parts) -> Accepted:
    """Verify the meter that the body names."""
    _state(device).verify(body.serial)
    return Accepted()


def add(device: Device, body: NewMeter, _parts: Parts) -> metering.InstalledMeter:
    """Add a meter; it is not connected before it was commissioned."""
    if not body.type.is_known or body.location not in KINDS or not body.serial.strip():
        raise Refused("bad_value")
    serial = body.serial.strip()
    meter = InstalledMeter(serial, body.short_id, body.type, [], connected=False)
    meter.ip_address, meter.mac = body.ip_address, body.mac
    _state(device).add(meter, body.location)
    return _shown(meter)


def remove(device: Device, body: NamedMeter, _parts: Parts) -> None:
    """Remove the meter that the body names."""
    _state(device).remove(body.serial)


def remove_this(device: Device, _body: None, parts: Parts) -> None:
    """Remove the meter that the path names."""
    _state(device).remove(parts["serial"])


def commission(device: Device, body: MeterIdentity, parts: Parts) -> Accepted:
    """Begin to make friends with a meter."""
    mac, address = body.mac, body.ip_address
    _state(device).commission(
        parts["serial"],
        body.short_id,
        mac if isinstance(mac, str) else "",
        address if isinstance(address, str) else "",
    )
    return Accepted()


def detect(device: Device, _body: None, parts: Parts) -> list[metering.InstalledMeter]:
    """Look for meters on the wires; there are no others than those known."""
    _state(device).detect()
    return meters(device, None, parts)


def rating(device: Device, _body: None, parts: Parts) -> ClampRating:
    """Report the kind of each clamp of a Neurio."""
    return ClampRating(amp_ct_type=_neurio(device, parts).ratings)


def set_rating(device: Device, body: ClampRating, parts: Parts) -> Accepted:
    """Set the kind of each clamp of a Neurio."""
    meter = _neurio(device, parts)
    if len(body.amp_ct_type) != CLAMPS or not set(body.amp_ct_type) <= set(RATINGS):
        raise Refused("bad_value")
    _state(device).set_ratings(meter.serial, body.amp_ct_type)
    return Accepted()


def _neurio(device: Device, parts: Parts) -> InstalledMeter:
    meter = _state(device).find(parts["serial"])
    if not meter.is_neurio:
        raise Refused("not_neurio", error=f"meter type must be Neurio ({meter.type})")
    return meter


def clamps(device: Device, _body: None, parts: Parts) -> list[ClampGroup]:
    """Report the clamps of one meter."""
    return _shown(_state(device).find(parts["serial"])).cts


def set_clamps(device: Device, body: NewClampGroup, parts: Parts) -> None:
    """Set which clamps of a meter measure one thing."""
    if body.type not in KINDS or len(body.valid) != CLAMPS or not 0 < body.real_power_scale_factor <= CLAMPS:
        raise Refused("bad_value")
    _state(device).set_clamps(parts["serial"], Clamps(body.type, body.valid, scale=body.real_power_scale_factor))


def remove_clamps(device: Device, _body: None, parts: Parts) -> None:
    """Forget all clamps of a meter."""
    _state(device).remove_clamps(parts["serial"])


def invert(device: Device, body: list[bool], parts: Parts) -> Accepted:
    """Set which clamps of a meter are counted the other way round."""
    if len(body) != CLAMPS:
        raise Refused("bad_value")
    _state(device).invert(parts["serial"], body)
    return Accepted()


def inverter_meter(device: Device, _body: None, _parts: Parts) -> Enabled:
    """Report whether the inverter's own meter is used."""
    return Enabled(enabled=_state(device).inverter_meter)


def set_inverter_meter(device: Device, body: Enabled, _parts: Parts) -> Enabled:
    """Use the inverter's own meter, or not."""
    _state(device).use_inverter_meter(body.enabled)
    return body


def phases(device: Device, _body: None, _parts: Parts) -> ClampPhases:
    """Report the phases that the clamps of the synchrometer refer to."""
    return _state(device).phases


def set_phases(device: Device, body: ClampPhases, _parts: Parts) -> ClampPhases:
    """Set the phases; others than the options are refused."""
    for clamp, options in PHASE_OPTIONS[device.home.phase_kind].items():
        if getattr(body, clamp) not in (*options, "PhaseNone"):
            raise Refused("bad_value")
    _state(device).set_phases(body)
    return body


def phase_options(device: Device, _body: None, _parts: Parts) -> ClampPhaseOptions:
    """Report the phases that each clamp may refer to."""
    return ClampPhaseOptions(
        **{clamp: list(options) for clamp, options in PHASE_OPTIONS[device.home.phase_kind].items()}
    )


RESOURCES: dict[Endpoint[Any, Any], Callable[[Device, Any, Parts], Any]] = {
    catalogue.METERS: meters,
    catalogue.METER_READINGS: meter_readings,
    catalogue.METER_SETUP: setup,
    catalogue.VERIFY_THIS_METER: verify_this,
    catalogue.VERIFY_METER: verify,
    catalogue.ADD_METER: add,
    catalogue.REMOVE_METER: remove,
    catalogue.REMOVE_THIS_METER: remove_this,
    catalogue.COMMISSION_METER: commission,
    catalogue.DETECT_METERS: detect,
    catalogue.CLAMP_RATING: rating,
    catalogue.SET_CLAMP_RATING: set_rating,
    catalogue.CLAMPS: clamps,
    catalogue.SET_CLAMPS: set_clamps,
    catalogue.REMOVE_CLAMPS: remove_clamps,
    catalogue.INVERT_CLAMPS: invert,
    catalogue.INVERTER_METER: inverter_meter,
    catalogue.SET_INVERTER_METER: set_inverter_meter,
    catalogue.CLAMP_PHASES: phases,
    catalogue.SET_CLAMP_PHASES: set_phases,
    catalogue.CLAMP_PHASE_OPTIONS: phase_options,
}
"""What answers the rows of the meters."""
