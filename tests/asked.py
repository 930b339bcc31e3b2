"""A good request for each row that needs more than its path, written by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from forebay.emulator.build import build_device
from forebay.emulator.home import Home
from forebay.emulator.resources.system import pack_part
from forebay.wire.endpoint import Endpoint
from forebay.wire.installation import CustomerEntry, Legal
from forebay.wire.networks import ClientProtocols

HOME = build_device(Home(), start=datetime(2026, 6, 21, tzinfo=UTC), speed=0)
"""The home of the tests: its serial numbers."""

X_METER, Y_METER = f"{HOME.sync_serial}synchrometerX", f"{HOME.sync_serial}synchrometerY"
PACK_DIN = f"{pack_part(HOME, 0)}--{HOME.pack_serials[0]}".encode()
METER = b'{"location": "site", "type": "synchrometerX", "ip_address": "", "serial": "%s"}' % X_METER.encode()

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
    "CHANGE_PASSWORD": b'{"old_password": "56789", "new_password": "open sesame", "toggled_pw": false}',
    "RESET_PASSWORD": b'{"old_password": "S%s"}' % HOME.serial.encode(),
    "TOGGLE_LOGIN": b'{"username": "installer", "email": ""}',
    "ISLANDING": b'{"island_mode": "backup"}',
    "SET_PHASE_USAGES": b'{"phase1": "Backup", "phase2": "NonBackup", "phase3": "NotConfigured"}',
    "SET_CLAMP_RATING": b'{"amp_ct_type": ["200A", "200A", "800A", "Missing"]}',
    "SET_CLAMPS": b'{"type": "load", "real_power_scale_factor": 1, "valid": [false, false, true, false]}',
    "INVERT_CLAMPS": b"[true, false, false, false]",
    "SET_CLAMP_PHASES": b'{"ct1": "Phase1", "ct2": "Phase2", "ct3": "Phase2"}',
    "VERIFY_THIS_METER": b'{"serial": " %s ", "short_id": "1"}' % X_METER.encode(),
    "COMMISSION_METER": b'{"serial": "%s", "short_id": "1"}' % Y_METER.encode(),
    "ADD_METER": b'{"type": "neurio_tcp", "serial": "OBB0000000001", "short_id": "00001", "location": "site",'
    b' "ip_address": "", "mac": ""}',
    "VERIFY_METER": METER,
    "REMOVE_METER": METER,
    "SET_INVERTER_METER": b'{"enabled": true}',
    "SET_PV_POWER": b'{"pvi_power_status": "off", "battery_din": "%s", "follower_din": ""}' % PACK_DIN,
    "RESET_PV": b'{"battery_din": "%s", "follower_din": ""}' % PACK_DIN,
}
"""What is sent to the rows that take a body."""

PARTS: dict[str, dict[str, str]] = {
    "SOLAR_MODELS": {"brand": "SolarEdge Technologies"},
    "DISABLE_INTERFACE": {"interface": "eth0"},
    "ENABLE_INTERFACE": {"interface": "eth0"},
    "ENABLE_SERVICE": {"service": "wifi"},
    "DISCONNECT_DEVICE": {"device": "wifi0"},
    "VERIFY_THIS_METER": {"serial": X_METER},
    "CLAMP_RATING": {"serial": X_METER},
    "SET_CLAMP_RATING": {"serial": X_METER},
    "CLAMPS": {"serial": Y_METER},
    "SET_CLAMPS": {"serial": X_METER},
    "REMOVE_CLAMPS": {"serial": X_METER},
    "INVERT_CLAMPS": {"serial": Y_METER},
    "COMMISSION_METER": {"serial": Y_METER},
    "REMOVE_THIS_METER": {"serial": Y_METER},
    "PV_POWER_OF": {"n": "0"},
    "RESET_PV_OF": {"t": "1"},
}
"""What goes into the placeholders of the rows that have some."""

REFUSED: dict[str, int] = {
    "PHASE_USAGES": 500,
    "SET_PHASE_USAGES": 500,
    "CLAMP_RATING": 500,
    "SET_CLAMP_RATING": 500,
    "TOGGLE_LOGIN": 400,
    "TOGGLE_CANCEL": 404,
    "LOCAL_DEVICE": 403,
}
"""Status of the rows that a home of split phase without a Neurio refuses its installer, when nobody waits for the
switch."""


def path(row: Endpoint[Any, Any]) -> str:
    """The path of a row with its placeholders filled in, not quoted."""
    return row.path.format(**PARTS[row.name]) if row.name in PARTS else row.path
