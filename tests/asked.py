"""A good request for each row that needs more than its path, written by hand."""

from __future__ import annotations

import json
from typing import Any

from forebay.wire.endpoint import Endpoint
from forebay.wire.installation import CustomerEntry, Legal
from forebay.wire.networks import ClientProtocols

BODIES: dict[str, bytes] = {
    "SET_OPERATION": b'{"backup_reserve_percent": 24}',
    "SITEMASTER_STOP_POST": b"{}",
    "SET_INSTALLER": b'{"phone": "1"}',
    "SET_CUSTOMER": json.dumps(dict.fromkeys(CustomerEntry.__struct_fields__, "x")).encode(),
    "SET_LEGAL": json.dumps(dict.fromkeys(Legal.__struct_fields__, True)).encode(),
    "SET_SITE_NAME": b'{"site_name": "Home"}',
    "SET_TIMEZONE": b'{"timezone": "Europe/Berlin"}',
    "SET_EXPORT_MODE": b'{"net_meter_mode": "pv_only"}',
    "SET_EXTRA_PROGRAMS": b"{}",
    "SET_GRID_CODE": b'{"grid_code": "50Hz_230V_1_G59:UK", "country": "United Kingdom", "state": "*", "region": "G59"}',
    "SET_OFF_GRID": b'{"offgrid": false}',
    "SET_CLIENT_PROTOCOLS": json.dumps(dict.fromkeys(ClientProtocols.__struct_fields__, False)).encode(),
    "SAVE_NETWORK": b'{"interface": "EthType", "network_name": "desk"}',
    "CONNECT_NETWORK": b'{"networkName": "desk", "network_name": "desk", "interface": "EthType",'
    b' "securityType": "NONE", "security_type": "NONE"}',
    "FORGET_NETWORK": b'{"interface": "EthType", "network_name": "desk"}',
    "LOGGING": b'{"level": "INFO", "log": "hello"}',
}
"""What is sent to the rows that take a body."""

PARTS: dict[str, dict[str, str]] = {
    "SOLAR_MODELS": {"brand": "SolarEdge Technologies"},
    "DISABLE_INTERFACE": {"interface": "eth0"},
    "ENABLE_INTERFACE": {"interface": "eth0"},
    "ENABLE_SERVICE": {"service": "wifi"},
    "DISCONNECT_DEVICE": {"device": "wifi0"},
}
"""What goes into the placeholders of the rows that have some."""


def path(row: Endpoint[Any, Any]) -> str:
    """The path of a row with its placeholders filled in, not quoted."""
    return row.path.format(**PARTS[row.name]) if row.name in PARTS else row.path
