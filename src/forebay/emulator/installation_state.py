"""What the wizard has stored of one installation: installer, owner, consents, grid."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from forebay.emulator import installation_lists as lists
from forebay.emulator.device import Device
from forebay.wire.firmware import Timeline
from forebay.wire.installation import CustomerEntry, Installer, Legal, NetMeterMode
from forebay.wire.model import UNSET
from forebay.wire.site import GridCode

_CONSENTS = Timeline[bool | None](("1.15", None), ("20.49", True))
"""What registration says of grid services and marketing by default."""


class InstallationState:
    """The stored installation of a gateway.

    consents: None where nobody was asked. grid_code: None while the home's own is in force.
    is_off_grid_site: kept, though no reply is known to show it.
    """

    def __init__(self, device: Device) -> None:
        self._device = device
        owner = device.home.owner
        asked = owner.registered
        consent = _CONSENTS.at(device.version) if asked else None
        self.registered = owner.registered
        self.skipped = False
        self.emailed = owner.registered
        self.consents: dict[str, bool | None] = {
            "privacy_notice": True if asked else None,
            "limited_warranty": True if asked else None,
            "grid_services": consent,
            "marketing": consent,
        }
        self.place = {"city": owner.city, "state": owner.state, "zip": owner.zip, "country": owner.country}
        self.owner: CustomerEntry | None = None
        table = device.home.installer
        self.installer = Installer(
            company=table.company,
            phone=table.phone,
            email=table.email,
            location="Outdoor",
            mounting="Floor",
            wiring="Side",
            backup_configuration="Partial Home",
            solar_installation="Existing",
            solar_installation_type="PV Panel",
            has_cellular_modem_to_wifi=True,
            verified_config=True,
            installation_types=["Residential"],
        )
        self.grid_code: GridCode | None = None
        self.extra_programs: list[dict[str, Any]] = []
        self.net_meter_mode = NetMeterMode.BATTERY_OK
        self.is_off_grid_site = not device.home.grid.present

    @property
    def shown_installer(self) -> Installer:
        """The installer as the gateway tells of it now (S11)."""
        stored = self.installer
        if stored.customer_id is UNSET:
            known = {company.company: company.customer_id for company in lists.companies(self._device.version)}
            number = known.get(stored.company if isinstance(stored.company, str) else "", "0000000")
            stored = replace(stored, customer_id=number)
        return replace(stored, run_sitemaster=True if self._device.running else UNSET)

    def set_installer(self, given: Installer) -> None:
        """Store what is given and keep the rest; another company has another number."""
        changes = {
            name: value
            for name in given.__struct_fields__
            if name != "run_sitemaster" and (value := getattr(given, name)) is not UNSET
        }
        if "company" in changes and changes["company"] != self.installer.company:
            changes.setdefault("customer_id", UNSET)
        self.installer = replace(self.installer, **changes)
        self._device.touch()

    def register(self, owner: CustomerEntry) -> None:
        """Register the system to its owner."""
        self.owner = owner
        self.place = {"city": owner.city, "state": owner.state, "zip": owner.zip, "country": owner.country}
        self.registered = True
        self._device.touch()

    def consent(self, given: Legal) -> None:
        """Note what the owner agreed to."""
        self.consents = {name: bool(getattr(given, name)) for name in self.consents}
        self._device.touch()

    def skip(self) -> None:
        """Note that the owner was not registered."""
        self.skipped = True
        self._device.touch()

    def send_mail(self) -> None:
        """Note that the owner was sent a mail; nothing is sent."""
        self.emailed = True
        self._device.touch()

    def set_grid_code(self, rules: GridCode) -> None:
        """Put other rules of the grid in force; the grid that the home hangs on is then such a one."""
        self.grid_code = rules
        self._hang_on(rules.grid_voltage_setting, rules.grid_freq_setting)

    def _hang_on(self, voltage_v: float, frequency_hz: float) -> None:
        """Hang the home on a grid of this voltage and frequency; its wires stay (decision 0072)."""
        device = self._device
        device.catch_up()
        phases = device.home.phase_kind
        grid = replace(device.home.grid, voltage_v=voltage_v, frequency_hz=frequency_hz, phases=phases)
        device.home = device.world.home = replace(device.home, grid=grid)
        device.tie.use(grid)
        device.settle()

    def set_extra_programs(self, programs: dict[str, Any]) -> None:
        """Take part in these programs; an empty object is none."""
        self.extra_programs = [programs] if programs else []
        self._device.touch()

    def set_export(self, mode: NetMeterMode) -> None:
        """Note what may flow into the grid; the battery feeds nothing into it anyhow."""
        self.net_meter_mode = mode
        self._device.set_may_export(mode is not NetMeterMode.NEVER)

    def set_off_grid(self, is_off_grid: bool) -> None:
        """Note whether the site has no utility."""
        self.is_off_grid_site = is_off_grid
        self._device.set_site_without_grid(is_off_grid)
