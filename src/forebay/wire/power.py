"""Meters: power, energy and voltage at the four points of the house.

Signs (behaviour.md M01–M04): site + is drawn from the grid, battery + is
discharging, load + is use and never negative, solar + is production and never
below -100 W. Counters are Wh over the lifetime.
"""

from __future__ import annotations

from typing import ClassVar

from forebay.wire.firmware import Timeline
from forebay.wire.gotime import NEVER
from forebay.wire.model import UNSET, OpenEnum, UnsetType, Wire

_HEAD = (
    "last_communication_time",
    "instant_power",
    "instant_reactive_power",
    "instant_apparent_power",
    "frequency",
    "energy_exported",
    "energy_imported",
    "instant_average_voltage",
)
_PHASE_CURRENTS = ("i_a_current", "i_b_current", "i_c_current")
_OLD = (*_HEAD, "instant_total_current", *_PHASE_CURRENTS)
_TIMES = ("last_phase_voltage_communication_time", "last_phase_power_communication_time")
_NEW = (*_HEAD, "instant_average_current", *_PHASE_CURRENTS, *_TIMES)
_TAIL = ("timeout", "num_meters_aggregated", "instant_total_current")


class Meter(Wire, kw_only=True):
    """One point of /api/meters/aggregates.

    Powers [W, VAR, VA], counters [Wh], voltages [V], currents [A], frequency [Hz].
    timeout: [ns].
    A meter that does not know a value may say null: the others count all the same (unverified).
    """

    MEMBERS: ClassVar = Timeline(
        ("1.15", _OLD),
        ("1.45", (*_OLD, "timeout")),
        ("20.49", (*_NEW, *_TAIL)),
        ("21.44", (*_NEW, "last_phase_energy_communication_time", *_TAIL)),
    )

    last_communication_time: str = NEVER
    instant_power: float | None
    instant_reactive_power: float | None = 0.0
    instant_apparent_power: float | None = 0.0
    frequency: float | None = 0.0
    energy_exported: float | None
    energy_imported: float | None
    instant_average_voltage: float | None = 0.0
    instant_total_current: float = 0.0
    i_a_current: float = 0.0
    i_b_current: float = 0.0
    i_c_current: float = 0.0
    instant_average_current: float | UnsetType = UNSET
    last_phase_voltage_communication_time: str | UnsetType = UNSET
    last_phase_power_communication_time: str | UnsetType = UNSET
    last_phase_energy_communication_time: str | UnsetType = UNSET
    timeout: int | UnsetType = UNSET
    num_meters_aggregated: int | UnsetType = UNSET


class Aggregates(Wire, kw_only=True):
    """The reply of /api/meters/aggregates.

    1.x tells zeros of what the site lacks, later releases leave it out. busway
    and frequency: of 1.x only. A generator's place on later releases is unverified.
    """

    MEMBERS: ClassVar = Timeline(
        ("1.15", ("site", "battery", "load", "solar", "busway", "frequency", "generator")),
        ("20.49", ("site", "battery", "load", "solar", "generator")),
    )

    site: Meter
    battery: Meter
    load: Meter
    solar: Meter | UnsetType = UNSET
    busway: Meter | UnsetType = UNSET
    frequency: Meter | UnsetType = UNSET
    generator: Meter | UnsetType = UNSET


class MeterType(OpenEnum):
    """The kinds of meter a gateway knows."""

    NEURIO_TCP = "neurio_tcp"
    NEURIO_MB = "neurio_mb"
    NEURIO_W2_TCP = "neurio_w2_tcp"
    NEURIO_W2_MB = "neurio_w2_mb"
    SYNCHROMETER_X = "synchrometerX"
    SYNCHROMETER_Y = "synchrometerY"
    MSA = "msa"
    ACUVIM = "acuvim"


class HttpsConf(Wire, kw_only=True):
    """Paths of the meter's keys on a 1.x gateway; empty later."""

    client_cert: str | UnsetType = UNSET
    client_key: str | UnsetType = UNSET
    server_ca_cert: str | UnsetType = UNSET
    max_idle_conns_per_host: int | UnsetType = UNSET


class Connection(Wire, kw_only=True):
    """How the gateway reaches a meter."""

    ip_address: str | UnsetType = UNSET
    port: int | UnsetType = UNSET
    short_id: str
    device_serial: str
    neurio_connected: bool | UnsetType = UNSET
    https_conf: HttpsConf | UnsetType = UNSET


class VoltageReferences(Wire, kw_only=True):
    """The phase that each current transformer of a synchrometer refers to."""

    ct1: str | UnsetType = UNSET
    ct2: str | UnsetType = UNSET
    ct3: str | UnsetType = UNSET


class CachedReadings(Wire, kw_only=True):
    """What one meter last said. Raw sense: for solar, imported is what was produced (M13)."""

    MEMBERS: ClassVar = Timeline(
        ("1.15", (*_OLD, "v_l1n", "v_l2n", "v_l3n", "serial_number", "version")),
        (
            "20.49",
            (
                *_HEAD,
                "instant_average_current",
                *_PHASE_CURRENTS,
                "last_phase_voltage_communication_time",
                "v_l1n",
                "v_l2n",
                "v_l3n",
                "last_phase_power_communication_time",
                "real_power_a",
                "real_power_b",
                "real_power_c",
                "reactive_power_a",
                "reactive_power_b",
                "reactive_power_c",
                "last_phase_energy_communication_time",
                "energy_exported_a",
                "energy_exported_b",
                "energy_imported_a",
                "energy_imported_b",
                "serial_number",
                "version",
                "timeout",
                "instant_total_current",
            ),
        ),
    )

    last_communication_time: str
    instant_power: float
    instant_reactive_power: float
    instant_apparent_power: float
    frequency: float
    energy_exported: float
    energy_imported: float
    instant_average_voltage: float
    instant_average_current: float | UnsetType = UNSET
    instant_total_current: float = 0.0
    i_a_current: float = 0.0
    i_b_current: float = 0.0
    i_c_current: float = 0.0
    last_phase_voltage_communication_time: str | UnsetType = UNSET
    v_l1n: float | UnsetType = UNSET
    v_l2n: float | UnsetType = UNSET
    v_l3n: float | UnsetType = UNSET
    last_phase_power_communication_time: str | UnsetType = UNSET
    real_power_a: float | UnsetType = UNSET
    real_power_b: float | UnsetType = UNSET
    real_power_c: float | UnsetType = UNSET
    reactive_power_a: float | UnsetType = UNSET
    reactive_power_b: float | UnsetType = UNSET
    reactive_power_c: float | UnsetType = UNSET
    last_phase_energy_communication_time: str | UnsetType = UNSET
    energy_exported_a: float | UnsetType = UNSET
    energy_exported_b: float | UnsetType = UNSET
    energy_imported_a: float | UnsetType = UNSET
    energy_imported_b: float | UnsetType = UNSET
    serial_number: str
    version: str
    timeout: int | UnsetType = UNSET


class SiteMeter(Wire, kw_only=True):
    """One physical meter, an element of /api/meters/site and /api/meters/solar."""

    id: int
    location: str
    type: MeterType
    cts: list[bool]
    inverted: list[bool]
    connection: Connection
    real_power_scale_factor: float | UnsetType = UNSET
    ct_voltage_references: VoltageReferences | UnsetType = UNSET
    Cached_readings: CachedReadings
