"""Texts of a home that follow a pattern, and each pattern in words."""

from __future__ import annotations

DAY_TIME = "^([01][0-9]|2[0-3]):[0-5][0-9]$"
DAY_SPAN = "^([01]?[0-9]|2[0-3]):[0-5][0-9]-([01]?[0-9]|2[0-4]):[0-5][0-9]$"
SERIAL = "^[A-Z0-9]{8,20}$"
FAULT_PATH = r"^(\*|/.{0,199})$"

IN_WORDS = {
    DAY_TIME: 'a local time such as "22:30"',
    DAY_SPAN: 'a span of the day such as "16:00-21:00"',
    SERIAL: "8 to 20 capital letters and digits",
    FAULT_PATH: 'a path such as "/api/status", or "*" for all',
}
"""What each pattern takes."""
