"""Rows of the networks. Sources: seed L296–298, L306–310; openapi; samples of vloschiavo/powerwall2."""

from __future__ import annotations

from typing import Final

from forebay.wire.catalogue.eras import EMPTY_REPLY, INSTALLER_ONLY, NOT_BEFORE_2020, SINCE_2020
from forebay.wire.endpoint import JSON, TEXT, Access, Effect, Endpoint, Quality
from forebay.wire.firmware import Timeline, always
from forebay.wire.model import Accepted
from forebay.wire.networks import (
    AccessPoint,
    ClientProtocols,
    Network,
    NetworkConnect,
    NetworkEdit,
    NetworkName,
    SavedNetwork,
)

UNTIL_2020: Final = Timeline(("1.15", True), ("20.49", False))
"""Not from 20.49 on."""

_ROLE = "that the owner may"
_WORDS = "texts of its refusals"

NETWORKS: Final = Endpoint[None, list[Network]](
    name="NETWORKS",
    spec="E049",
    method="GET",
    path="/api/networks",
    body=type(None),
    reply=list[Network],
    summary="The gateway's adapters (1.x), its networks with their links (20.49 and later).",
    source="seed L306–308; samples networks.json, 21.39.1, 21.44; X08",
    seed=("S163", "S164", "S165", "S166", "S167", "S168", "S169"),
    content_type=Timeline(("1.15", JSON), ("23.44", TEXT)),
    unverified=(
        "the release from which the content type is text/plain: seen in 2024",
        "the releases from which the order of members and the names IP and Mask hold: seen on 22.36 and 23.28.2",
    ),
)

SYSTEM_NETWORKS: Final = Endpoint[None, list[SavedNetwork]](
    name="SYSTEM_NETWORKS",
    spec="E050",
    method="GET",
    path="/api/system/networks",
    body=type(None),
    reply=list[SavedNetwork],
    summary="The networks that the gateway knows (1.x).",
    source="seed L309; README L1184",
    seed=("S170",),
    offered=UNTIL_2020,
)

WIFI_SECURITY_TYPES: Final = Endpoint[None, list[str]](
    name="WIFI_SECURITY_TYPES",
    spec="E051",
    method="GET",
    path="/api/networks/wifi_security_types",
    body=type(None),
    reply=list[str],
    summary="The kinds of Wi-Fi security that the wizard offers (1.x).",
    source="seed L310; README L1209",
    seed=("S171",),
    offered=UNTIL_2020,
)

ACCESS_POINTS: Final = Endpoint[None, list[AccessPoint]](
    name="ACCESS_POINTS",
    spec="E084",
    method="GET",
    path="/api/networks/access_points",
    body=type(None),
    reply=list[AccessPoint],
    summary="Wi-Fi networks in reach, by falling signal strength.",
    source="samples networks.access_points.json",
    offered=SINCE_2020,
    unverified=(NOT_BEFORE_2020, "what is answered before the first scan: the list of an earlier one"),
)

CLIENT_PROTOCOLS: Final = Endpoint[None, ClientProtocols](
    name="CLIENT_PROTOCOLS",
    spec="E085",
    method="GET",
    path="/api/networks/client_protocols",
    body=type(None),
    reply=ClientProtocols,
    summary="By which protocols machines of the house may talk to the gateway.",
    source="samples 21.39.1, 21.44",
    offered=SINCE_2020,
    unverified=(NOT_BEFORE_2020,),
)

SET_CLIENT_PROTOCOLS: Final = Endpoint[ClientProtocols, ClientProtocols](
    name="SET_CLIENT_PROTOCOLS",
    spec="E086",
    method="POST",
    path="/api/networks/client_protocols",
    body=ClientProtocols,
    reply=ClientProtocols,
    summary="Choose the protocols by which machines of the house may talk to the gateway.",
    source="openapi client_protocols.yaml",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.PARTIAL,
    unverified=(NOT_BEFORE_2020, INSTALLER_ONLY, "that every member is needed"),
)

SAVE_NETWORK: Final = Endpoint[NetworkEdit, Accepted](
    name="SAVE_NETWORK",
    spec="E040",
    method="POST",
    path="/api/networks",
    body=NetworkEdit,
    reply=Accepted,
    summary="Save a network, or change a saved one.",
    source="seed L297; openapi networks.yaml",
    seed=("S153",),
    effect=Effect.WRITES,
    quality=Quality.PARTIAL,
    unverified=(EMPTY_REPLY, _ROLE, _WORDS),
)

CONNECT_NETWORK: Final = Endpoint[NetworkConnect, Accepted](
    name="CONNECT_NETWORK",
    spec="E087",
    method="POST",
    path="/api/networks/connect",
    body=NetworkConnect,
    reply=Accepted,
    summary="Join a network: it is active if it is in reach.",
    source="openapi networks_connect.yaml; samples networks.connect.json",
    offered=SINCE_2020,
    effect=Effect.WRITES,
    unverified=(NOT_BEFORE_2020, EMPTY_REPLY, _ROLE, _WORDS),
)

REQUEST_SCAN: Final = Endpoint[None, None](
    name="REQUEST_SCAN",
    spec="E089",
    method="POST",
    path="/api/networks/request_scan_wifi",
    body=type(None),
    reply=type(None),
    summary="Look for Wi-Fi networks; ACCESS_POINTS shows them some seconds later.",
    source="openapi request_scan_wifi.yaml",
    offered=SINCE_2020,
    effect=Effect.WRITES,
    content_type=always(""),
    unverified=(NOT_BEFORE_2020, "how long a scan takes"),
)

WIFI_SCAN: Final = Endpoint[None, list[AccessPoint]](
    name="WIFI_SCAN",
    spec="E039",
    method="POST",
    path="/api/networks/wifi_scan",
    body=type(None),
    reply=list[AccessPoint],
    summary="Look for Wi-Fi networks (1.x).",
    source="seed L296; README L1053",
    seed=("S152",),
    offered=UNTIL_2020,
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=("the body of the success: that of ACCESS_POINTS is inferred",),
)

DISABLE_INTERFACE: Final = Endpoint[None, Accepted](
    name="DISABLE_INTERFACE",
    spec="E041",
    method="POST",
    path="/api/networks/{interface}/disable",
    body=type(None),
    reply=Accepted,
    summary="Switch an adapter such as wifi0 off (1.x).",
    source="seed L298",
    seed=("S154",),
    offered=UNTIL_2020,
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=("that adapters are named as in NETWORKS", EMPTY_REPLY, _ROLE, _WORDS),
)

ENABLE_INTERFACE: Final = Endpoint[None, Accepted](
    name="ENABLE_INTERFACE",
    spec="E042",
    method="POST",
    path="/api/networks/{interface}/enable",
    body=type(None),
    reply=Accepted,
    summary="Switch an adapter such as wifi0 on (1.x).",
    source="seed L298",
    seed=("S155",),
    offered=UNTIL_2020,
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=("that adapters are named as in NETWORKS", EMPTY_REPLY, _ROLE, _WORDS),
)

ENABLE_SERVICE: Final = Endpoint[None, Accepted](
    name="ENABLE_SERVICE",
    spec="E088",
    method="POST",
    path="/api/networks/enable_{service}",
    body=type(None),
    reply=Accepted,
    summary="Switch the networks of a kind on: wifi, ethernet or gsm.",
    source="the wizard's calls, by name only",
    offered=SINCE_2020,
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=(NOT_BEFORE_2020, "the names wifi, ethernet and gsm", EMPTY_REPLY, _ROLE, _WORDS),
)

DISCONNECT_DEVICE: Final = Endpoint[None, None](
    name="DISCONNECT_DEVICE",
    spec="E083",
    method="DELETE",
    path="/api/networks/{device}/disconnect",
    body=type(None),
    reply=type(None),
    summary="Leave the network of an adapter; the network stays saved.",
    source="openapi networks_disconnect.yaml",
    offered=SINCE_2020,
    effect=Effect.WRITES,
    status=always(204),
    content_type=always(""),
    quality=Quality.PARTIAL,
    unverified=(NOT_BEFORE_2020, "204 on success", "that adapters are named as on 1.x", _ROLE, _WORDS),
)

FORGET_NETWORK: Final = Endpoint[NetworkName, None](
    name="FORGET_NETWORK",
    spec="E082",
    method="DELETE",
    path="/api/networks",
    body=NetworkName,
    reply=type(None),
    summary="Forget a saved network.",
    source="openapi networks.yaml",
    offered=SINCE_2020,
    effect=Effect.WRITES,
    status=always(204),
    content_type=always(""),
    quality=Quality.PARTIAL,
    unverified=(NOT_BEFORE_2020, _ROLE, _WORDS),
)

ROWS: Final = (
    NETWORKS,
    SYSTEM_NETWORKS,
    WIFI_SECURITY_TYPES,
    ACCESS_POINTS,
    CLIENT_PROTOCOLS,
    SET_CLIENT_PROTOCOLS,
    SAVE_NETWORK,
    CONNECT_NETWORK,
    REQUEST_SCAN,
    WIFI_SCAN,
    DISABLE_INTERFACE,
    ENABLE_INTERFACE,
    ENABLE_SERVICE,
    DISCONNECT_DEVICE,
    FORGET_NETWORK,
)
"""Every row of this area, in the order in which the reference shows them."""
