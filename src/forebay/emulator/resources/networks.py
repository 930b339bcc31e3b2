"""Bodies of the networks' rows."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address
from typing import Any

from forebay.emulator.device import Device
from forebay.emulator.networks_state import ADAPTERS, NetworksState, Saved
from forebay.emulator.refusal import Refused
from forebay.wire import catalogue
from forebay.wire.endpoint import Endpoint
from forebay.wire.firmware import Timeline
from forebay.wire.model import UNSET, Accepted
from forebay.wire.networks import (
    AccessPoint,
    ClientProtocols,
    ExtraAddress,
    InterfaceType,
    Link,
    Network,
    NetworkConnect,
    NetworkEdit,
    NetworkName,
    SavedNetwork,
    Subnet,
)

_TELLS_ADAPTERS = Timeline(("1.15", True), ("20.49", False))
"""Whether networks are told by adapter (X08)."""

_TELLS_NO_USER = Timeline(("1.15", True), ("22.0", False))
"""Whether an empty user name is told."""

_MASK = "255.255.255.0"
_MASK_OF_ONE = "255.255.255.255"
_SERVICE_PORT = ExtraAddress(ip="192.168.90.2", netmask=24)
_OWN_ACCESS_POINT = "192.168.91.1"
_IDS = {"eth0": 3, "rpine0": 170, "wifi0": 171}
_OFFERED_SECURITY = ["NONE", "WEP", "WPAorWPA2_Personal"]


def networks(device: Device, _body: None, _parts: Mapping[str, str]) -> list[Network]:
    """Report adapters or networks, as the release does."""
    state = device.area(NetworksState)
    if _TELLS_ADAPTERS.at(device.version):
        carriers = [_adapter(state, name, kind) for name, kind in ADAPTERS.items()]
        return [_fixed(2, "can0", ""), *carriers, _fixed(172, "wifi1", _OWN_ACCESS_POINT)]
    return [_network(device, state, saved) for saved in state.saved]


def _fixed(number: int, name: str, address: str) -> Network:
    return Network(
        id=number,
        name=name,
        connected=True,
        is_dhcp=True,
        ip_address=address,
        subnet=_MASK if address else "",
        config=None,
    )


def _adapter(state: NetworksState, name: str, kind: InterfaceType) -> Network:
    saved = next(iter(state.of(kind)), None)
    active = saved is not None and state.is_active(saved)
    addressed = active and kind is not InterfaceType.CELLULAR
    return Network(
        id=_IDS[name],
        name=name,
        connected=active if kind is InterfaceType.WIFI else saved is None or saved.enabled is not False,
        is_dhcp=saved is None or saved.dhcp is not False,
        ip_address=_address(state, kind) if addressed else "",
        subnet=_MASK if addressed else "",
        config=None if saved is None or saved.enabled is None else _saved(state, saved),
    )


def _saved(state: NetworksState, saved: Saved) -> SavedNetwork:
    return SavedNetwork(
        network_name=state.name(saved),
        interface=saved.interface,
        security_type=saved.security,
        dhcp=saved.dhcp,
        enabled=UNSET if saved.enabled is None else saved.enabled,
    )


def _network(device: Device, state: NetworksState, saved: Saved) -> Network:
    active, primary = state.is_active(saved), state.primary is saved
    wifi = saved.interface is InterfaceType.WIFI
    tells_user = wifi and (saved.username != "" or _TELLS_NO_USER.at(device.version))
    online = active and (primary or saved.interface is not InterfaceType.CELLULAR)
    return Network(
        network_name=state.name(saved),
        interface=saved.interface,
        security_type=saved.security if wifi else UNSET,
        dhcp=saved.dhcp,
        username=saved.username if tells_user else UNSET,
        enabled=saved.enabled is not False,
        extra_ips=[_SERVICE_PORT] if saved.interface is InterfaceType.ETHERNET else UNSET,
        active=active,
        primary=primary,
        lastTeslaConnected=online and device.connected,
        lastInternetConnected=online,
        iface_network_info=_link(state, saved) if active else UNSET,
    )


def _link(state: NetworksState, saved: Saved) -> Link:
    cellular = saved.interface is InterfaceType.CELLULAR
    address = _address(state, saved.interface)
    mask = _MASK_OF_ONE if cellular else _MASK
    packed = b64encode(IPv4Address(mask).packed).decode()
    return Link(
        network_name=state.name(saved),
        ip_networks=[Subnet(ip=address, mask=mask, IP=address, Mask=packed)],
        gateway=address if cellular else f"{state.lan}.1",
        interface=saved.interface,
        state="DeviceStateReady",
        state_reason="DeviceStateReasonNone",
        signal_strength=state.signal_pct(saved),
        hw_address=state.macs.get(saved.interface, ""),
    )


def _address(state: NetworksState, kind: InterfaceType) -> str:
    if kind is InterfaceType.CELLULAR:
        return state.cellular_ip
    return f"{state.lan}.{state.lan_host + (kind is InterfaceType.ETHERNET)}"


def system_networks(device: Device, _body: None, _parts: Mapping[str, str]) -> list[SavedNetwork]:
    """Report the saved networks, the cellular one first."""
    state = device.area(NetworksState)
    ordered = sorted(state.saved, key=lambda saved: saved.interface is not InterfaceType.CELLULAR)
    return [_saved(state, saved) for saved in ordered]


def wifi_security_types(_device: Device, _body: None, _parts: Mapping[str, str]) -> list[str]:
    """Report what the wizard offers; networks of other kinds exist too."""
    return _OFFERED_SECURITY


def access_points(device: Device, _body: None, _parts: Mapping[str, str]) -> list[AccessPoint]:
    """Report what the last scan found."""
    return device.area(NetworksState).access_points


def request_scan(device: Device, _body: None, _parts: Mapping[str, str]) -> None:
    """Begin a scan."""
    device.area(NetworksState).scan()


def wifi_scan(device: Device, _body: None, _parts: Mapping[str, str]) -> list[AccessPoint]:
    """Scan and report what was found."""
    state = device.area(NetworksState)
    state.scan_now()
    return state.access_points


def client_protocols(device: Device, _body: None, _parts: Mapping[str, str]) -> ClientProtocols:
    """Report the client protocols."""
    return device.area(NetworksState).protocols


def set_client_protocols(device: Device, body: ClientProtocols, _parts: Mapping[str, str]) -> ClientProtocols:
    """Choose the client protocols and echo them."""
    device.area(NetworksState).set_protocols(body)
    return body


def save_network(device: Device, body: NetworkEdit, _parts: Mapping[str, str]) -> Accepted:
    """Save a network."""
    device.area(NetworksState).save(body)
    return Accepted()


def connect_network(device: Device, body: NetworkConnect, _parts: Mapping[str, str]) -> Accepted:
    """Join a network; both spellings of its name and security must say the same."""
    if (body.networkName, body.securityType) != (body.network_name, body.security_type):
        raise Refused(
            "bad_value", error="networkName and network_name, securityType and security_type must agree",
            message="Unable to connect",
        )  # fmt: skip
    device.area(NetworksState).connect(
        body.network_name, body.interface, body.security_type, username=body.username, password=body.password
    )
    return Accepted()


def disable_interface(device: Device, _body: None, parts: Mapping[str, str]) -> Accepted:
    """Switch an adapter off."""
    device.area(NetworksState).set_enabled(parts["interface"], enabled=False)
    return Accepted()


def enable_interface(device: Device, _body: None, parts: Mapping[str, str]) -> Accepted:
    """Switch an adapter on."""
    device.area(NetworksState).set_enabled(parts["interface"], enabled=True)
    return Accepted()


def enable_service(device: Device, _body: None, parts: Mapping[str, str]) -> Accepted:
    """Switch the networks of a kind on."""
    device.area(NetworksState).enable_service(parts["service"])
    return Accepted()


def disconnect_device(device: Device, _body: None, parts: Mapping[str, str]) -> None:
    """Leave the network of an adapter."""
    device.area(NetworksState).disconnect(parts["device"])


def forget_network(device: Device, body: NetworkName, _parts: Mapping[str, str]) -> None:
    """Forget a network."""
    device.area(NetworksState).forget(body.network_name, body.interface)


RESOURCES: dict[Endpoint[Any, Any], Callable[[Device, Any, Mapping[str, str]], Any]] = {
    catalogue.NETWORKS: networks,
    catalogue.SYSTEM_NETWORKS: system_networks,
    catalogue.WIFI_SECURITY_TYPES: wifi_security_types,
    catalogue.ACCESS_POINTS: access_points,
    catalogue.CLIENT_PROTOCOLS: client_protocols,
    catalogue.SET_CLIENT_PROTOCOLS: set_client_protocols,
    catalogue.SAVE_NETWORK: save_network,
    catalogue.CONNECT_NETWORK: connect_network,
    catalogue.REQUEST_SCAN: request_scan,
    catalogue.WIFI_SCAN: wifi_scan,
    catalogue.DISABLE_INTERFACE: disable_interface,
    catalogue.ENABLE_INTERFACE: enable_interface,
    catalogue.ENABLE_SERVICE: enable_service,
    catalogue.DISCONNECT_DEVICE: disconnect_device,
    catalogue.FORGET_NETWORK: forget_network,
}
"""The networks' part of the dispatch table."""
