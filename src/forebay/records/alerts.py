"""What an alert means, one row for each name that is known: how bad it is, and one plain sentence.

Names and what they stand for are public lists' (pypowerwall's reference of alerts, itself from the maker's manuals and
from owners); the sentences are ours. Where a list says nothing of a name, the sentence says what the name itself says,
and `is_told` is False. When a real gateway raises each is unverified.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

_UNKNOWN = "What it means is unknown to forebay."


class Severity(IntEnum):
    """How bad an alert is; greater is worse."""

    STATE = 0
    """Tells how things are; nothing is wrong."""
    NOTICE = 1
    """Worth knowing; nothing to do."""
    WARNING = 2
    """Something does not work as it should."""
    FAULT = 3
    """A part does not work; the house feels it, or may."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an alert means. words: one sentence. is_told: whether a source says so, not the name alone."""

    name: str
    severity: Severity
    words: str
    is_told: bool = True


_STATE, _NOTICE, _WARNING, _FAULT = Severity

MEANINGS: tuple[Meaning, ...] = (
    # the gateway
    Meaning("SystemConnectedToGrid", _STATE, "The house is connected to the grid."),
    Meaning("ScheduledIslandContactorOpen", _NOTICE, "The house was taken off the grid on purpose."),
    Meaning("UnscheduledIslandContactorOpen", _WARNING, "The house is off the grid, and nobody asked for it."),
    Meaning(
        "GridFaultContactorTrip",
        _WARNING,
        "The switch to the grid opened because something was wrong with the grid.",
        False,
    ),
    Meaning(
        "WaitForUserNoInvertersReady",
        _FAULT,
        "The house is dark: no pack is ready to supply it, and somebody has to start it.",
        False,
    ),
    Meaning(
        "RealPowerAvailableLimited", _STATE, "The battery gives or takes less than was asked for, as when it is full."
    ),
    Meaning(
        "RealPowerConfigLimited",
        _NOTICE,
        "The battery gives or takes less than was asked for, because of a limit set at installation.",
    ),
    Meaning("ReactivePowerLimited", _STATE, "The battery gives less reactive power than was asked for."),
    Meaning("RampRateLimited", _STATE, "The battery is still on its way to the power that was asked for."),
    Meaning(
        "SelfConsumptionReservedLimit", _STATE, "The battery is down to its reserve, and the house draws from the grid."
    ),
    Meaning(
        "SolarChargeOnlyLimited",
        _STATE,
        "The battery may be charged from the sun alone, and there is too little sun to do it.",
    ),
    Meaning("BackfeedLimited", _NOTICE, "No more may be sent to the grid, so power is held back."),
    Meaning(
        "SiteMinPowerLimited",
        _NOTICE,
        "A lower limit at the grid connection keeps the battery from what was asked for.",
    ),
    Meaning(
        "SiteMaxPowerLimited",
        _NOTICE,
        "An upper limit at the grid connection keeps the battery from what was asked for.",
    ),
    Meaning("PanelMaxCurrentLimited", _NOTICE, "The current that the main panel may carry limits the battery.", False),
    Meaning(
        "SmartInverterActive", _NOTICE, "The state of the grid makes the battery's inverter help to hold it steady."
    ),
    Meaning("BatteryFault", _FAULT, "At least one pack has a fault."),
    Meaning("BatteryComms", _FAULT, "The gateway does not hear at least one pack."),
    Meaning("BatteryBreakerOpen", _WARNING, "A pack is switched off at its breaker."),
    Meaning("BatteryUnexpectedPower", _WARNING, "The battery's power is not the one that was asked for."),
    Meaning(
        "ExcessiveVoltageDrop",
        _FAULT,
        "A pack was switched off because the voltage sinks too much when it works.",
        False,
    ),
    Meaning("SiteMeterComms", _FAULT, "The gateway does not hear the meter of the grid connection."),
    Meaning("SolarMeterComms", _WARNING, "The gateway does not hear the solar meter."),
    Meaning("LoadMeterComms", _WARNING, "The gateway does not hear the meter of the house."),
    Meaning("BatteryMeterComms", _WARNING, "The gateway does not hear the battery's meter."),
    Meaning("PVInverterComms", _WARNING, "The gateway does not hear the solar inverter."),
    Meaning(
        "IslandingControllerMIA", _FAULT, "The gateway does not hear the device that switches to and from the grid."
    ),
    Meaning("GridCodesWrite", _NOTICE, "The rules of the local grid were written to the inverters.", False),
    Meaning(
        "GridCodesWriteError", _WARNING, "The rules of the local grid could not be written to the inverters.", False
    ),
    Meaning("FWUpdateSucceeded", _NOTICE, "New firmware was installed."),
    Meaning("FWUpdateFailed", _WARNING, "New firmware could not be installed."),
    Meaning("PodCommissionTime", _NOTICE, "A pack's time of installation is being written down.", False),
    Meaning(
        "PodCommissionTimeError",
        _WARNING,
        "A pack's time of installation could not be written down; seen when packs fail an update.",
    ),
    Meaning("HighCPU", _WARNING, "The gateway is very busy, as when too many programs ask it too often."),
    Meaning("CANUsageAlert", _WARNING, "The line between gateway and packs is overloaded.", False),
    Meaning("DeviceShutdownRequested", _WARNING, "A device was asked to switch off.", False),
    Meaning("SystemShutdown", _FAULT, "The power system is switched off.", False),
    Meaning("OpticasterExe", _FAULT, "The program that decides when to charge does not run."),
    Meaning("BlackStartFailure", _FAULT, "The battery could not start the house from the dark."),
    Meaning(
        "GridResynchronizationFailed", _WARNING, "The house could not be joined to the grid again within five minutes."
    ),
    Meaning("NoSolarProduction", _WARNING, "A solar inverter has produced nothing for a day."),
    # the switch to the grid
    Meaning("SYNC_a001_SW_App_Boot", _NOTICE, "The device at the switch to the grid has started anew.", False),
    Meaning("SYNC_a020_LoadsDropped", _FAULT, "The house was left without power.", False),
    Meaning("SYNC_a038_DoOpenArguments", _NOTICE, "The switch to the grid was told to open.", False),
    Meaning(
        "SYNC_a044_IslanderDisconnectWithin2s", _NOTICE, "The switch to the grid opened within two seconds.", False
    ),
    Meaning("SYNC_a046_DoCloseArguments", _NOTICE, "The switch to the grid was told to close.", False),
    # packs
    Meaning("POD_f029_HW_CMA_OV", _FAULT, "A pack's hardware saw too high a voltage in its cells.", False),
    Meaning("POD_w024_HW_Fault_Asserted", _FAULT, "A pack's hardware reports a fault.", False),
    Meaning("POD_w029_HW_CMA_OV", _WARNING, "A pack's hardware saw too high a voltage in its cells.", False),
    Meaning("POD_w031_SW_Brick_OV", _WARNING, "The voltage of some cells of a pack is too high.", False),
    Meaning("POD_w044_SW_Brick_UV_Warning", _WARNING, "The voltage of some cells of a pack is low.", False),
    Meaning("POD_w045_SW_Brick_OV_Warning", _WARNING, "The voltage of some cells of a pack is high.", False),
    Meaning("POD_w048_SW_Cell_Voltage_Sens", _WARNING, "A pack is not sure of the voltage of its cells.", False),
    Meaning("POD_w058_SW_App_Boot", _NOTICE, "A pack has started anew.", False),
    Meaning("POD_w063_SW_SOC_Imbalance", _WARNING, "The cells of a pack are unevenly charged.", False),
    Meaning("POD_w067_SW_Not_Enough_Energy_Precharge", _WARNING, "A pack has too little energy left to start.", False),
    Meaning(
        "POD_w090_SW_SOC_Imbalance_Limit_Charge",
        _WARNING,
        "A pack is charged less, because its cells are unevenly charged.",
        False,
    ),
    Meaning("POD_w093_SW_Charge_Request", _NOTICE, "A pack asks to be charged.", False),
    Meaning("POD_w105_SW_EOD", _STATE, "A pack is empty.", False),
    Meaning(
        "POD_w109_SW_Self_Test_Request_Not_Serviced", _NOTICE, "A pack could not test itself when it wanted to.", False
    ),
    Meaning("POD_w110_SW_EOC", _STATE, "A pack is full.", False),
    Meaning("THC_w042_POD_MIA", _FAULT, "A pack's housing does not hear its cells.", False),
    Meaning("THC_w061_CAN_TX_FIFO_Overflow", _NOTICE, "The line between the parts of a pack is overloaded.", False),
    Meaning(
        "THC_w155_Backup_Genealogy_Updated", _NOTICE, "A pack wrote down which parts it is made of; seen at updates."
    ),
    Meaning(
        "PINV_a006_vfCheckUnderFrequency", _NOTICE, "A pack's inverter saw too low a frequency on the grid.", False
    ),
    Meaning(
        "PINV_a007_vfCheckOverFrequency", _NOTICE, "A pack's inverter saw too high a frequency on the grid.", False
    ),
    Meaning("PINV_a008_vfCheckUnderVoltage", _NOTICE, "A pack's inverter saw too low a voltage on the grid.", False),
    Meaning("PINV_a009_vfCheckOverVoltage", _NOTICE, "A pack's inverter saw too high a voltage on the grid.", False),
    Meaning(
        "PINV_a010_can_gtwMIA", _WARNING, "A pack's inverter does not hear the gateway, as while that starts anew."
    ),
    Meaning(
        "PINV_a039_can_thcMIA",
        _WARNING,
        "A pack's inverter does not hear the pack's housing, as while that starts anew.",
    ),
    Meaning(
        "PINV_a043_gridResistanceTooHigh", _WARNING, "A pack's inverter finds the line to the grid too weak.", False
    ),
    Meaning(
        "PINV_a067_overvoltageNeutralChassis",
        _WARNING,
        "There is too much voltage between neutral and a pack's chassis.",
        False,
    ),
    Meaning(
        "DisabledExcessiveVoltageDrop",
        _FAULT,
        "The pack is switched off, because the voltage sinks too much when it works.",
        False,
    ),
    Meaning("DisabledByUser", _NOTICE, "The pack was switched off on purpose.", False),
    # solar inverters and their strings
    Meaning(
        "PVAC_a012_inv_AC_overfrequency",
        _NOTICE,
        "The solar inverter holds back because the frequency is high, as on a full battery without grid.",
        False,
    ),
    Meaning(
        "PVAC_a014_PVS_disabled_relay",
        _WARNING,
        "The solar inverter is switched off by the switch of its strings.",
        False,
    ),
    Meaning("PVS_a017_MciStringA", _WARNING, "String A of the solar inverter is not connected."),
    Meaning("PVS_a018_MciStringB", _WARNING, "String B of the solar inverter is not connected."),
    Meaning("PVS_a019_MciStringC", _WARNING, "String C of the solar inverter is not connected."),
    Meaning("PVS_a020_MciStringD", _WARNING, "String D of the solar inverter is not connected."),
    Meaning("PVS_a026_Mci1PvVoltage", _NOTICE, "The first switch of the strings saw an odd voltage.", False),
    Meaning("PVS_a027_Mci2PvVoltage", _NOTICE, "The second switch of the strings saw an odd voltage.", False),
    Meaning("PVS_a031_Mci3PvVoltage", _NOTICE, "The third switch of the strings saw an odd voltage.", False),
    Meaning("PVS_a032_Mci4PvVoltage", _NOTICE, "The fourth switch of the strings saw an odd voltage.", False),
    Meaning("PVS_a059_MciOpen", _STATE, "The switches of the strings are open, as at night.", False),
    Meaning("PVS_a060_MciClose", _STATE, "The switches of the strings are closed, as by day.", False),
)

DEVICES: tuple[tuple[str, str], ...] = (
    ("PINV_", "a pack's inverter"),
    ("POD_", "a pack's cells"),
    ("THC_", "a pack's housing"),
    ("PVAC_", "a solar inverter"),
    ("PVS_", "the strings of a solar inverter"),
    ("SYNC_", "the device at the switch to the grid"),
    ("MSA_", "the backup switch"),
)
"""Which device an alert belongs to, by how its name begins."""

BY_NAME: dict[str, Meaning] = {row.name: row for row in MEANINGS}


def meaning(name: str) -> Meaning:
    """Return what an alert means; a name that is unknown is passed on as it is, and said to be unknown."""
    if (known := BY_NAME.get(name)) is not None:
        return known
    device = next((words for prefix, words in DEVICES if name.startswith(prefix)), None)
    whose = f"An alert of {device}. " if device else ""
    return Meaning(name, Severity.NOTICE, whose + _UNKNOWN, False)
