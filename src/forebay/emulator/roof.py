"""The strings of the roof at an instant: what each gives, and where it is connected."""

from __future__ import annotations

SOLAR_INVERTER_PART = "1538100-00-F"
"""Part number of the solar inverter within a Powerwall; from the public vitals."""
