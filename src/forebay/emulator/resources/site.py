"""Bodies of the house's rows."""

from __future__ import annotations

from collections.abc import Mapping

from forebay.emulator import installation_lists as lists
from forebay.emulator import readings
from forebay.emulator.device import Device
from forebay.emulator.home import SIXTY_HZ_FROM
from forebay.emulator.installation_state import InstallationState
from forebay.emulator.levers import Setting
from forebay.emulator.refusal import Refused
from forebay.emulator.resources.system import status
from forebay.wire.catalogue import CONFIG_COMPLETED
from forebay.wire.firmware import Timeline
from forebay.wire.model import UNSET
from forebay.wire.percent import WirePercent
from forebay.wire.site import GridCode, Operation, OperationMode, Registration, SiteInfo, SiteName
from forebay.wire.system import Status

_NESTED = Timeline(("1.15", False), ("20.49", True))
"""Whether the grid code is an object of its own (X07)."""

_PANEL_A = 100.0
"""What the house's panel may carry [A]; unverified."""

_UNLIMITED_KW = 1_000_000_000.0


def site_info(device: Device, _body: None, _parts: Mapping[str, str]) -> SiteInfo:
    """Report name, limits and the rules of the grid."""
    home, packs = device.home, device.home.packs
    grid = rules(device)
    nested = _NESTED.at(device.version)
    # the founding document shows 13.5 kWh beside 10 kW for two packs (S083)
    energy_kwh = 13.5 * (len(packs) if nested else 1)
    power_kw = sum(pack.power_w for pack in packs) / 1000
    usable_kw = power_kw if device.running or not nested else round(power_kw * 1.16, 3)
    info = SiteInfo(
        measured_frequency=UNSET if device.running else round(readings.take(device).grid_frequency_hz * 100) * 0.01,
        max_system_energy_kWh=energy_kwh,
        max_system_power_kW=usable_kw,
        panel_max_current=_PANEL_A,
        site_name=device.site_name,
        timezone=home.site.timezone,
        max_site_meter_power_kW=_UNLIMITED_KW,
        min_site_meter_power_kW=-_UNLIMITED_KW,
        nominal_system_energy_kWh=energy_kwh,
        nominal_system_power_kW=usable_kw,
        grid_code=grid if nested else grid.grid_code,
    )
    if not nested:
        for name in grid.__struct_fields__[1:]:
            setattr(info, name, getattr(grid, name))
    return info


def rules(device: Device) -> GridCode:
    """Return the rules of the grid: those chosen in the wizard, else the home's."""
    chosen = device.area(InstallationState).grid_code
    if chosen is not None:
        return chosen
    home = device.home
    hertz = 60 if home.grid.frequency_hz >= SIXTY_HZ_FROM else 50
    place = lists.HOME_REGIONS.at(device.version)[hertz, home.phase_kind]
    asked = lists.setting(place.grid_code)
    return GridCode(
        grid_code=place.grid_code,
        grid_voltage_setting=home.grid.voltage_v,
        grid_freq_setting=asked.grid_freq_setting,
        grid_phase_setting=asked.grid_phase_setting,
        country=place.country,
        state=place.state,
        distributor=place.distributor,
        utility=place.utility,
        retailer=place.retailer,
        region=place.standard,
    )


def site_name(device: Device, _body: None, _parts: Mapping[str, str]) -> SiteName:
    """Report name and time zone."""
    return SiteName(site_name=device.site_name, timezone=device.home.site.timezone)


def registration(device: Device, _body: None, _parts: Mapping[str, str]) -> Registration:
    """Report consents, and whether the system is registered; by default all is done."""
    state = device.area(InstallationState)
    return Registration(
        **state.consents,
        registered=state.registered,
        emailed_registration=state.emailed,
        skipped_registration=state.skipped,
        timed_out_registration=False,
    )


def operation(device: Device, _body: None, _parts: Mapping[str, str]) -> Operation:
    """Report mode and reserve, a staged value before it is committed too."""
    setting = device.staged or device.setting
    return Operation(  # the release prints one of the two names
        mode=setting.mode,
        real_mode=setting.mode,
        backup_reserve_percent=setting.reserve,
        freq_shift_load_shed_soe=75.0,
        freq_shift_load_shed_delta_f=-0.32,
        max_pv_export_power_kW=UNSET if setting.max_pv_export_kw is None else setting.max_pv_export_kw,
    )


def set_operation(device: Device, body: Operation, _parts: Mapping[str, str]) -> Operation:
    """Stage what was posted and echo it under the release's names."""
    before = device.staged or device.setting
    mode = body.present_mode
    if mode is OperationMode.AGGREGATION:
        raise Refused("unsupported")
    if mode is not None and not mode.is_known:
        raise Refused("bad_value", error=f"invalid operation mode: {mode}", message="Unable to set operation")
    reserve = body.backup_reserve_percent
    if isinstance(reserve, WirePercent) and not 0 <= reserve.value <= 100:
        raise Refused(
            "bad_value", error="backup_reserve_percent must be from 0 to 100", message="Unable to set operation"
        )
    export = body.max_pv_export_power_kW
    device.stage(
        Setting(
            mode or before.mode,
            reserve if isinstance(reserve, WirePercent) else before.reserve,
            before.max_pv_export_kw if export is UNSET else export,
        )
    )
    echoed = UNSET if mode is None else mode
    return Operation(
        mode=echoed,
        real_mode=echoed,
        backup_reserve_percent=reserve,
        max_pv_export_power_kW=export,
    )


def config_completed(device: Device, _body: None, parts: Mapping[str, str]) -> Status | None:
    """Commit what is staged; later releases answer with the status (X02)."""
    device.commit()
    says_status = CONFIG_COMPLETED.status.at(device.version) == 200
    return status(device, None, parts) if says_status else None
