"""The networks of the virtual gateway: what is saved, joined, in reach; knows no HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import msgspec

from forebay.emulator.device import Device
from forebay.emulator.refusal import Refused
from forebay.wire.firmware import Timeline
from forebay.wire.networks import AccessPoint, ClientProtocols, InterfaceType, NetworkEdit, SecurityType

SCAN = timedelta(seconds=4)
"""How long a Wi-Fi scan takes; unverified."""

ADAPTERS = {"eth0": InterfaceType.ETHERNET, "rpine0": InterfaceType.CELLULAR, "wifi0": InterfaceType.WIFI}
"""The adapters that carry networks, by their names (S165–S167)."""

SERVICES = {"ethernet": InterfaceType.ETHERNET, "gsm": InterfaceType.CELLULAR, "wifi": InterfaceType.WIFI}
"""The words that may follow enable_; unverified."""

_PREFERRED = (InterfaceType.ETHERNET, InterfaceType.WIFI, InterfaceType.CELLULAR)
_FACTORY = {
    InterfaceType.ETHERNET: Timeline(("1.15", "default_eth"), ("20.49", "ethernet_tesla_internal_default")),
    InterfaceType.CELLULAR: Timeline(("1.15", "default_gsm"), ("20.49", "gsm_tesla_internal_default")),
}
_SAVING_JOINS = Timeline(("1.15", True), ("20.49", False))
"""Whether a saved network is joined at once: 1.x has no other way to join one."""

_SSIDS = ("Larkfield", "Larkfield-Guest", "Number 14", "PrintShop", "copper-kettle", "Bay Window", "Uphill 5G")
_OPEN = ("Larkfield-Guest",)
_CHANNELS = (1, 6, 11)
_SHORTEST_KEY = 8
_FAINTEST_PCT = 20


@dataclass(slots=True)
class Saved:
    """A network that the gateway knows.

    name: None for the factory's own. enabled: None where nobody chose.
    joined: whether it is used as soon as it is enabled and in reach.
    """

    name: str | None
    interface: InterfaceType
    security: SecurityType
    dhcp: bool | None
    enabled: bool | None = None
    joined: bool = False
    username: str = ""


class NetworksState:
    """Everything about networks that can change."""

    def __init__(self, device: Device) -> None:
        self._device = device
        rng = Random(f"networks:{device.rng_seed}")  # noqa: S311 - invented places and numbers
        home = rng.choice([ssid for ssid in _SSIDS if ssid not in _OPEN])
        self._air = [_access_point(ssid, rng, strongest=ssid == home) for ssid in _SSIDS]
        self.lan = f"192.168.{rng.randrange(2, 60)}"
        self.lan_host = rng.randrange(20, 200)
        self.cellular_ip = f"100.{rng.randrange(64, 128)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"
        self.macs = {kind: _mac(rng) for kind in (InterfaceType.ETHERNET, InterfaceType.WIFI)}
        self.saved = [
            Saved(None, InterfaceType.ETHERNET, SecurityType.NONE, dhcp=True),
            Saved(None, InterfaceType.CELLULAR, SecurityType.NONE, dhcp=None, joined=True),
            Saved(home, InterfaceType.WIFI, SecurityType.WPA2_PERSONAL, dhcp=True, enabled=True, joined=True),
        ]
        self.protocols = ClientProtocols(dnp3=False, m2m=False, mtls=False, modbus=False, allow_public_ip=False)
        self._scans = 0
        self._scan_due: datetime | None = None

    # -- what can be asked ----------------------------------------------------

    def name(self, saved: Saved) -> str:
        """Return a network's name; the factory's own change with the release."""
        return saved.name if saved.name is not None else _FACTORY[saved.interface].at(self._device.version)

    def is_active(self, saved: Saved) -> bool:
        """Whether the network carries traffic."""
        in_reach = saved.interface is not InterfaceType.WIFI or any(p.ssid == saved.name for p in self._air)
        return saved.joined and saved.enabled is not False and in_reach

    @property
    def primary(self) -> Saved | None:
        """The network that leads to the internet; None where there is none."""
        active = [saved for saved in self.saved if self.is_active(saved)]
        return min(active, key=lambda saved: _PREFERRED.index(saved.interface), default=None)

    @property
    def reaches_maker(self) -> bool:
        """Whether the maker's servers can be reached."""
        return self._device.connected and self.primary is not None

    def of(self, interface: InterfaceType) -> list[Saved]:
        """Return the networks of one kind, the one in use first."""
        return sorted((s for s in self.saved if s.interface is interface), key=lambda s: not s.joined)

    @property
    def access_points(self) -> list[AccessPoint]:
        """What the last scan found, by falling signal strength."""
        number = self._scans + self._scan_is_over
        rng = Random(f"scan:{self._device.rng_seed}:{number}")  # noqa: S311 - weather of the air
        found = [
            msgspec.structs.replace(point, signal_strength=point.signal_strength + rng.randrange(-4, 5))
            for point in self._air
        ]
        audible = [point for point in found if point.signal_strength >= _FAINTEST_PCT]
        return sorted(audible, key=lambda point: -point.signal_strength)

    def signal_pct(self, saved: Saved) -> int:
        """Return the signal strength of a network [%]; 0 for Ethernet."""
        if saved.interface is InterfaceType.CELLULAR:
            return 71
        return next((p.signal_strength for p in self.access_points if p.ssid == saved.name), 0)

    @property
    def _scan_is_over(self) -> bool:
        return self._scan_due is not None and self._device.now >= self._scan_due

    # -- what can be done -----------------------------------------------------

    def scan(self, takes: timedelta = SCAN) -> None:
        """Look for Wi-Fi networks; what is found shows when the time has passed."""
        if self._scan_is_over:
            self._scans, self._scan_due = self._scans + 1, None
        if self._scan_due is None:
            self._scan_due = self._device.now + takes
        self._device.touch()

    def scan_now(self) -> None:
        """Look for Wi-Fi networks and wait for the end."""
        self._scans, self._scan_due = self._scans + 1, None
        self._device.touch()

    def save(self, edit: NetworkEdit) -> None:
        """Save a network or change a saved one. Raises Refused."""
        saved = self._find(edit.interface, edit.network_name)
        if not edit.interface.is_known:
            raise Refused("bad_value", error="unknown interface", message="Unable to save network")
        if not edit.network_name.strip():
            raise Refused("bad_value", error="network_name is required", message="Unable to save network")
        wifi = edit.interface is InterfaceType.WIFI
        security = edit.security_type
        if wifi and not isinstance(security, SecurityType):
            raise Refused("bad_value", error="security_type is required", message="Unable to save network")
        if saved is None:
            dhcp = None if edit.interface is InterfaceType.CELLULAR else True
            saved = Saved(edit.network_name, edit.interface, SecurityType.NONE, dhcp=dhcp)
            self.saved.append(saved)
        saved.enabled = True
        if isinstance(security, SecurityType):
            saved.security = security
        if isinstance(edit.dhcp, bool):
            saved.dhcp = edit.dhcp
        if isinstance(edit.username, str):
            saved.username = edit.username
        if _SAVING_JOINS.at(self._device.version):
            self._join(saved)
        self._device.touch()

    def connect(
        self, name: str, interface: InterfaceType, security: SecurityType, username: str, password: str
    ) -> None:
        """Join a network, which is saved too. Raises Refused: no such network, a key that cannot be right."""
        if not interface.is_known:
            raise Refused("bad_value", error="unknown interface", message="Unable to connect")
        if interface is InterfaceType.WIFI:
            if all(point.ssid != name for point in self._air):
                raise Refused("bad_value", error="network not found", message="Unable to connect")
            if security is not SecurityType.NONE and len(password) < _SHORTEST_KEY:
                raise Refused("bad_value", error="invalid passphrase", message="Unable to connect")
        self.save(NetworkEdit(interface=interface, network_name=name, security_type=security, username=username))
        saved = self._find(interface, name)
        assert saved is not None  # noqa: S101 - just saved
        self._join(saved)
        self._device.touch()

    def forget(self, name: str, interface: InterfaceType) -> None:
        """Drop a saved network; one that is not saved is forgotten already. Raises Refused for the factory's own."""
        saved = self._find(interface, name)
        if saved is None:
            return
        if saved.name is None:
            raise Refused("bad_value", error="network is not removable", message="Unable to remove network")
        self.saved.remove(saved)
        self._device.touch()

    def disconnect(self, device_name: str) -> None:
        """Leave the network of an adapter. Raises Refused for a name that is no adapter's."""
        for saved in self.of(_kind(ADAPTERS, device_name, "Unable to disconnect")):
            saved.joined = False
        self._device.touch()

    def set_enabled(self, adapter: str, enabled: bool) -> None:
        """Switch an adapter on or off. Raises Refused for a name that is no adapter's."""
        for saved in self.of(_kind(ADAPTERS, adapter, "Unable to configure interface")):
            saved.enabled = enabled
        self._device.touch()

    def enable_service(self, service: str) -> None:
        """Switch the networks of a kind on and use the first of them. Raises Refused for another word."""
        networks = self.of(_kind(SERVICES, service, "Unable to enable service"))
        for saved in networks:
            saved.enabled = True
        if networks:
            self._join(networks[0])
        self._device.touch()

    def set_protocols(self, protocols: ClientProtocols) -> None:
        """Choose the client protocols."""
        self.protocols = protocols
        self._device.touch()

    def _find(self, interface: InterfaceType, name: str) -> Saved | None:
        return next((s for s in self.saved if s.interface == interface and self.name(s) == name), None)

    def _join(self, saved: Saved) -> None:
        for other in self.of(saved.interface):
            other.joined = other is saved


def _kind(names: dict[str, InterfaceType], name: str, message: str) -> InterfaceType:
    if name not in names:
        raise Refused("bad_value", error=f"unknown interface, expected one of {', '.join(names)}", message=message)
    return names[name]


def _access_point(ssid: str, rng: Random, *, strongest: bool) -> AccessPoint:
    return AccessPoint(
        ssid=ssid,
        bssid=_mac(rng),
        channel=rng.choice(_CHANNELS),
        signal_strength=74 if strongest else rng.randrange(_FAINTEST_PCT, 66),
        security_type=SecurityType.NONE if ssid in _OPEN else SecurityType.WPA2_PERSONAL,
    )


def _mac(rng: Random) -> str:
    return ":".join(["02", *(f"{rng.randrange(256):02X}" for _ in range(5))])
