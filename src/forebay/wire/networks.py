"""The gateway's networks: adapters, saved networks, access points, client protocols."""

from __future__ import annotations

from typing import ClassVar

from forebay.wire.firmware import Timeline
from forebay.wire.model import UNSET, OpenEnum, UnsetType, Wire


class InterfaceType(OpenEnum):
    """The kind of a network (C04)."""

    ETHERNET = "EthType"
    CELLULAR = "GsmType"
    WIFI = "WifiType"


class SecurityType(OpenEnum):
    """How a Wi-Fi network is locked; samples use words that the wizard's list lacks (C04)."""

    NONE = "NONE"
    WEP = "WEP"
    WPA_OR_WPA2_PERSONAL = "WPAorWPA2_Personal"
    WPA2_PERSONAL = "WPA2_Personal"
    DYNAMIC_WEP = "Dynamic_WEP"
    WPA_OR_WPA2_ENTERPRISE = "WPAorWPA2_Enterprise"
    WPA2_ENTERPRISE = "WPA2_Enterprise"


class SavedNetwork(Wire, kw_only=True):
    """A network that the gateway knows, as releases up to 1.40 tell it.

    dhcp: null for a cellular one. enabled: left out where nobody chose.
    """

    network_name: str
    interface: InterfaceType
    security_type: SecurityType
    dhcp: bool | None
    enabled: bool | UnsetType = UNSET


class ExtraAddress(Wire, kw_only=True):
    """A further address of an Ethernet port; netmask: length of the prefix [bit]."""

    ip: str
    netmask: int


class Subnet(Wire, kw_only=True):
    """An address with its mask: dotted text, from 23.x on in base64 under capital names (X08)."""

    MEMBERS: ClassVar = Timeline(("1.15", ("ip", "mask")), ("23.0", ("IP", "Mask")))

    ip: str | UnsetType = UNSET
    mask: str | UnsetType = UNSET
    IP: str | UnsetType = UNSET
    Mask: str | UnsetType = UNSET

    @property
    def address(self) -> str:
        """The address under whichever name it came; "" where it did not."""
        return next((word for word in (self.ip, self.IP) if isinstance(word, str)), "")


class Link(Wire, kw_only=True):
    """What an active network has: addresses, gateway, state. signal_strength: [%], 0 for Ethernet."""

    network_name: str
    ip_networks: list[Subnet]
    gateway: str
    interface: InterfaceType
    state: str
    state_reason: str
    signal_strength: int
    hw_address: str


_USE = ("active", "primary", "lastTeslaConnected", "lastInternetConnected", "iface_network_info")


class Network(Wire, kw_only=True):
    """One entry of /api/networks: an adapter up to 1.40, a saved network from 20.49 on (X08).

    subnet: dotted mask, "" for none. config: null where nobody chose a network.
    dhcp: null for a cellular network. iface_network_info: left out while inactive.
    """

    MEMBERS: ClassVar = Timeline(
        ("1.15", ("id", "name", "connected", "is_dhcp", "ip_address", "subnet", "config")),
        (
            "20.49",
            ("network_name", "interface", "security_type", "dhcp", "username", "enabled", "extra_ips", *_USE),
        ),
        (
            "22.0",
            ("network_name", "interface", "enabled", "dhcp", "security_type", "username", "extra_ips", *_USE),
        ),
    )

    id: int | UnsetType = UNSET
    name: str | UnsetType = UNSET
    connected: bool | UnsetType = UNSET
    is_dhcp: bool | UnsetType = UNSET
    ip_address: str | UnsetType = UNSET
    subnet: str | UnsetType = UNSET
    config: SavedNetwork | UnsetType | None = UNSET
    network_name: str | UnsetType = UNSET
    interface: InterfaceType | UnsetType = UNSET
    security_type: SecurityType | UnsetType = UNSET
    dhcp: bool | UnsetType | None = UNSET
    username: str | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    extra_ips: list[ExtraAddress] | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    primary: bool | UnsetType = UNSET
    lastTeslaConnected: bool | UnsetType = UNSET
    lastInternetConnected: bool | UnsetType = UNSET
    iface_network_info: Link | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Refuse an entry that is of neither generation."""
        if self.name is UNSET and (self.network_name is UNSET or self.interface is UNSET):
            raise ValueError("Object missing required field `name`, or `network_name` and `interface`")


class AccessPoint(Wire, kw_only=True):
    """A Wi-Fi network in reach. signal_strength: [%]."""

    ssid: str
    bssid: str
    channel: int
    signal_strength: int
    security_type: SecurityType


class ClientProtocols(Wire, kw_only=True):
    """Protocols by which machines of the house may talk to the gateway."""

    dnp3: bool
    m2m: bool
    mtls: bool
    modbus: bool
    allow_public_ip: bool


class NetworkEdit(Wire, kw_only=True):
    """A network to be saved; members beyond the first three are the wizard's."""

    interface: InterfaceType
    network_name: str
    security_type: SecurityType | UnsetType = UNSET
    password: str | UnsetType = UNSET
    username: str | UnsetType = UNSET
    dhcp: bool | UnsetType | None = UNSET
    dns_servers: list[str] | UnsetType = UNSET

    def __repr__(self) -> str:
        return f"NetworkEdit(interface={self.interface!r}, network_name=…)"


class NetworkConnect(Wire, kw_only=True):
    """A network to be joined; name and security come under both spellings."""

    networkName: str
    interface: InterfaceType
    username: str = ""
    password: str = ""
    securityType: SecurityType
    network_name: str
    security_type: SecurityType
    dns_servers: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"NetworkConnect(interface={self.interface!r}, network_name=…)"


class NetworkName(Wire, kw_only=True):
    """A saved network to be forgotten."""

    network_name: str
    interface: InterfaceType
