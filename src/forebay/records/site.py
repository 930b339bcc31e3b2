"""What only the owner knows of a site: when it began, what was promised, what its grid may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from forebay.records.ageing import NOMINAL_PACK_WH, USUAL_WARRANTY, Warranty


@dataclass(frozen=True, slots=True)
class Site:
    """Facts of a site that no gateway tells; each has a default that its reader names.

    commissioned: the first day of the battery; None is the first day of the record.
    pack_nominal_wh: what one pack is sold to hold [Wh].
    voltage_v, frequency_hz: what the grid should have; None is learned from the record.
    voltage_tolerance_pct: how far the voltage may be off; 10 % is EN 50160, ANSI C84.1 has 5 %.
    frequency_tolerance_hz: the same; 0.5 Hz is EN 50160 for a grid of 50 Hz, for one of 60 Hz unverified.
    """

    commissioned: date | None = None
    pack_nominal_wh: float = NOMINAL_PACK_WH
    warranty: Warranty = USUAL_WARRANTY
    voltage_v: float | None = None
    frequency_hz: float | None = None
    voltage_tolerance_pct: float = 10.0
    frequency_tolerance_hz: float = 0.5


UNTOLD = Site()
"""The site of an owner who has set nothing."""
