"""Alerts of the inverters about the grid, in the two forms of /api/system_status/grid_faults.

The raw form is a 64-bit number: the alert's number in the highest byte, and the
frequency in thousandths of a hertz above 40 Hz, low byte first, in the two bytes
of the middle (F09). Source: two captured alerts, both of which it explains.
"""

from __future__ import annotations

import json
import re

_NUMBER = re.compile(r"PINV_a(\d{3})_")
_BASE_HZ = 40.0


def number(name: str) -> int:
    """Return the number in an alert's name; 6 of PINV_a006_vfCheckUnderFrequency.

    Raises ValueError for a name of another form.
    """
    match = _NUMBER.match(name)
    if match is None:
        raise ValueError(f"not an alert of an inverter: {name!r}")
    return int(match[1])


def decoded(name: str, frequency_hz: float) -> str:
    """Return the decoded form: a JSON array in a text (F10)."""
    members = [
        {"name": "PINV_alertID", "value": name},
        {"name": "PINV_alertType", "value": "Warning"},
        {"name": f"PINV_a{number(name):03d}_frequency", "value": frequency_hz, "units": "Hz"},
    ]
    return json.dumps(members, separators=(",", ":"))


def raw(name: str, frequency_hz: float) -> int:
    """Return the raw form, a number above 2^53."""
    thousandths = max(0, min(0xFFFF, round((frequency_hz - _BASE_HZ) * 1000)))
    swapped = (thousandths & 0xFF) << 8 | thousandths >> 8
    return number(name) << 56 | swapped << 32
