"""The meters as they are set up: what is installed, which clamps it has, what they read."""

from __future__ import annotations

from typing import ClassVar

from forebay.wire.firmware import Timeline
from forebay.wire.model import UNSET, OpenEnum, UnsetType, Wire
from forebay.wire.power import MeterType


class ClampGroup(Wire, kw_only=True):
    """The clamps of a meter that measure one thing.

    valid, inverted: one value for each of the four inputs.
    real_power_scale_factor: 2 for one clamp on a circuit of two legs.
    """

    MEMBERS: ClassVar = Timeline(
        ("1.15", ("type", "valid", "inverted")),
        ("20.49", ("type", "valid", "inverted", "real_power_scale_factor")),
    )

    type: str
    valid: list[bool]
    inverted: list[bool]
    real_power_scale_factor: float | UnsetType = UNSET


class InstalledMeter(Wire, kw_only=True):
    """An element of /api/meters. connected, ip_address and mac: of a Neurio only."""

    MEMBERS: ClassVar = Timeline(
        ("1.15", ("serial", "short_id", "connected", "cts")),
        ("20.49", ("serial", "short_id", "type", "connected", "cts", "ip_address", "mac")),
    )

    serial: str
    short_id: str
    type: MeterType | UnsetType = UNSET
    connected: bool | UnsetType = UNSET
    cts: list[ClampGroup]
    ip_address: str | UnsetType = UNSET
    mac: str | UnsetType = UNSET


class ClampReading(Wire, kw_only=True):
    """What one clamp reads: [V, W, VAR] and counters in watt-seconds. ct: 1–4, 0 is unused or unread."""

    ct: int
    v_V: float
    p_W: float
    q_VAR: float
    eExp_Ws: float
    eImp_Ws: float
    i_A: float | UnsetType = UNSET


class MeterData(Wire, kw_only=True):
    """The readings of one meter; IP, sensorId and f_Hz [Hz]: of a Neurio that answers."""

    IP: str | UnsetType = UNSET
    sensorId: str | UnsetType = UNSET
    firmwareVersion: str
    f_Hz: float | UnsetType = UNSET
    cts: list[ClampReading]


class MeterReading(Wire, kw_only=True):
    """One value of /api/meters/readings; error is "" when the meter was read."""

    error: str
    data: MeterData


MeterReadings = dict[str, MeterReading]
"""The reply of /api/meters/readings, by serial number."""


class MeterSetupState(OpenEnum):
    """How far the setting up of a meter is; the words are those of the web page."""

    IDLE = ""
    ADDING = "add_meter"
    SENDING = "sending_hec_credentials"
    VERIFYING = "verifying_meter"
    UPDATING = "updating_meter"
    SUCCEEDED = "success_meter"
    FAILED = "failed_meter"
    ADD_FAILED = "add_meter_err"
    VERIFY_FAILED = "verify_meter_err"
    RECONNECTING = "reconnecting"
    DETECTING = "detect_modbus"


class MeterSetup(Wire, kw_only=True):
    """The reply of /api/meters/status."""

    status: MeterSetupState
    errors: list[str] | None
    serial: str | UnsetType = UNSET
    short_id: str | UnsetType = UNSET


class NewMeter(Wire, kw_only=True):
    """The body that adds a meter."""

    type: MeterType
    serial: str
    short_id: str
    location: str
    ip_address: str
    mac: str


class NamedMeter(Wire, kw_only=True):
    """The body that removes or verifies a meter."""

    location: str
    type: MeterType
    ip_address: str
    serial: str


class MeterIdentity(Wire, kw_only=True):
    """The body that verifies or commissions a meter; blanks around the serial count for nothing."""

    short_id: str
    serial: str
    mac: str | UnsetType = UNSET
    ip_address: str | UnsetType = UNSET


class ClampRating(Wire, kw_only=True):
    """Kind of each clamp of a Neurio: 200A, 800A, Smart or Missing; the list is inferred."""

    amp_ct_type: list[str]


class NewClampGroup(Wire, kw_only=True):
    """The body that sets the clamps which measure one thing."""

    type: str
    real_power_scale_factor: float
    valid: list[bool]


class Enabled(Wire, kw_only=True):
    """Whether the inverter's own meter is used, read and written."""

    enabled: bool


class ClampPhases(Wire, kw_only=True):
    """The phase that each clamp of a synchrometer refers to: Phase1, Phase2, Phase3 or PhaseNone."""

    ct1: str
    ct2: str
    ct3: str


class ClampPhaseOptions(Wire, kw_only=True):
    """The phases that each clamp may refer to."""

    ct1: list[str]
    ct2: list[str]
    ct3: list[str]
