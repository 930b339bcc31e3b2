"""The solar inverter within a Powerwall: its strings, its state, its switch."""

from __future__ import annotations

from typing import Any

from forebay.wire.model import UNSET, OpenEnum, UnsetType, Wire


class Power(OpenEnum):
    """Whether the inverter feeds the house."""

    ON = "on"
    OFF = "off"


class StringVitals(Wire, kw_only=True):
    """One string of panels; measured_voltage [V], current [A], measured_power [W]."""

    string_id: int
    connected: bool
    measured_voltage: float
    current: float
    measured_power: float


class PvacStatus(Wire, kw_only=True):
    """The inverter on its alternating side; v_out [V], f_out [Hz], p_out [W], q_out [VAR], i_out [A]."""

    state: str
    disabled: bool
    disabled_reasons: list[str]
    grid_state: str
    inv_state: str
    v_out: float
    f_out: float
    p_out: float
    q_out: float
    i_out: float
    string_vitals: list[StringVitals]


class PvsStatus(Wire, kw_only=True):
    """The safety switch between the strings and the inverter; v_ll [V]."""

    state: str
    disabled: bool
    enable_output: bool
    v_ll: float
    self_test_state: str


class SolarPowerwall(Wire, kw_only=True):
    """The reply of /api/solar_powerwall. pv_power_limit: [W]; alerts: name to true, where there is one."""

    pvac_status: PvacStatus
    pvs_status: PvsStatus
    pv_power_limit: float
    power_status_setpoint: Power
    pvac_alerts: dict[str, Any] | UnsetType = UNSET
    pvs_alerts: dict[str, Any] | UnsetType = UNSET


class PowerStatus(Wire, kw_only=True):
    """The reply of /api/solar_powerwall/power_status; its members are inferred from SolarPowerwall."""

    power_status_setpoint: Power


class PackChoice(Wire, kw_only=True):
    """Whose inverter is meant: part and serial number of the Powerwall, "" for no follower."""

    battery_din: str
    follower_din: str = ""


class PowerChoice(PackChoice, kw_only=True):
    """The body that switches the solar inverter of a Powerwall."""

    pvi_power_status: Power
