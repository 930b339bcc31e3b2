"""A good request for each row that needs more than its path, written by hand."""

from __future__ import annotations

import json
from typing import Any

from forebay.wire.endpoint import Endpoint
from forebay.wire.installation import CustomerEntry, Legal

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
}
"""What is sent to the rows that take a body."""

PARTS: dict[str, dict[str, str]] = {
    "SOLAR_MODELS": {"brand": "SolarEdge Technologies"},
}
"""What goes into the placeholders of the rows that have some."""


def path(row: Endpoint[Any, Any]) -> str:
    """The path of a row with its placeholders filled in, not quoted."""
    return row.path.format(**PARTS[row.name]) if row.name in PARTS else row.path
