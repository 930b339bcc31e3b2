"""The object of /api/grid: voltage and frequency, outages, and how the house came through them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from forebay.records.outages import Outage, Passage, Through, came_through
from forebay.records.parts import PartKind
from forebay.records.reading import app_pct
from forebay.store.energy import energy
from forebay.store.grid import (
    QUANTITIES,
    Band,
    all_outages,
    bands,
    excursions,
    passage,
    signals_of,
    since_ever,
    usual,
)
from forebay.store.parts import Part, key_of, latest, parts
from forebay.views.web.asked import Asked, date_words, iso, kwh_words, length_words, rounded
from forebay.views.words import grid_words

FREQUENCIES_HZ = (50.0, 60.0)
"""What grids have."""
_MOST_EXCURSIONS = 100
_THROUGH = {
    Through.THROUGH: "The house came through.",
    Through.DARK: "The house went dark.",
    Through.EMPTY: "The battery ran empty; the house still had power.",
    Through.UNKNOWN: "Not all of it was recorded, so nobody knows whether the house had power throughout.",
    Through.LASTS: "The house runs on its own.",
}
_LINES = ("grid_voltage", "voltage")
"""How voltages of lines are named, on the grid's side of the switch or anywhere."""
_UNITS = {"voltage": "V", "frequency": "Hz"}


def grid(asked: Asked) -> dict[str, Any]:
    """Return the object of /api/grid: outages of the whole record, the rest of the last days. Raises StoreError."""
    start, end = asked.window
    i = asked.gateway_id
    ever = since_ever(asked.now)
    away = [] if i is None else all_outages(asked.store, i, *ever)
    days = {} if i is None else bands(asked.store, i, (start, end), asked.tz, away)
    limits, nominal = _limits(asked, days)
    found, quarters = ([], 0) if i is None else excursions(asked.store, i, (start, end), limits, away)
    told = [] if i is None else [_outage(asked, i, one) for one in away]
    last = None if i is None else asked.store.latest(i)
    return {
        "timezone": str(asked.tz),
        "now": iso(asked.now),
        "start": iso(start),
        "end": iso(end),
        "state": last.grid_state if last else None,
        "words": (grid_words(last.grid_state) if last else None) or "The state of the grid is not known yet.",
        "nominal": nominal,
        "signals": _signals(asked, (start, end)),
        "days": _days(days),
        "excursions": {
            "quarters": quarters,
            "list": [
                {
                    "quantity": one.quantity,
                    "start": iso(one.start),
                    "end": iso(one.end),
                    "extreme": rounded(one.extreme, 2 if one.quantity == "frequency" else 1),
                    "unit": _UNITS[one.quantity],
                    "words": _excursion_words(one.quantity, one.extreme, limits[one.quantity], one.end - one.start),
                }
                for one in reversed(found[-_MOST_EXCURSIONS:])
            ],
            "words": _excursions_words(len(found), quarters, limits),
        },
        "outages": told[::-1],
        "years": _years(asked, away),
        "total": _total(asked, away, told),
    }


def _limits(asked: Asked, days: dict[date, dict[str, Band]]) -> tuple[dict[str, tuple[float, float]], dict[str, Any]]:
    """Return the limits of each quantity that is known, and the same for the wire."""
    site, limits = asked.site, {}
    volts = site.voltage_v or usual(days, "voltage")
    mean_hz = usual(days, "frequency")
    hertz = site.frequency_hz
    if hertz is None and mean_hz is not None:
        hertz = min(FREQUENCIES_HZ, key=lambda one: abs(one - mean_hz))
    if volts:
        reach = volts * site.voltage_tolerance_pct / 100
        limits["voltage"] = (volts - reach, volts + reach)
    if hertz:
        limits["frequency"] = (hertz - site.frequency_tolerance_hz, hertz + site.frequency_tolerance_hz)
    low_v, high_v = limits.get("voltage", (None, None))
    low_hz, high_hz = limits.get("frequency", (None, None))
    return limits, {
        "voltage_v": rounded(volts, 1),
        "is_voltage_learned": site.voltage_v is None,
        "low_v": rounded(low_v, 1),
        "high_v": rounded(high_v, 1),
        "frequency_hz": rounded(hertz, 1),
        "low_hz": rounded(low_hz, 2),
        "high_hz": rounded(high_hz, 2),
    }


def _signals(asked: Asked, window: tuple[datetime, datetime]) -> dict[str, Any]:
    """Return what curves of the grid are drawn of: the voltage, the frequency, and each line where a meter tells it."""
    i = asked.gateway_id
    names = {quantity: some[0] for quantity, some in QUANTITIES.items()}
    if i is None:
        return {**names, "lines": []}
    meters = parts(asked.store, i, PartKind.METER)
    told = latest(asked.store, i, [meter.id for meter in meters])
    lines = next((found for prefix in _LINES if (found := _lines(meters, told, prefix))), [])
    return {**signals_of(asked.store, i, window), "lines": lines}


def _lines(meters: Sequence[Part], told: Mapping[int, tuple[datetime, Any]], prefix: str) -> list[dict[str, str]]:
    """Return the lines of the first meter that tells voltages of this kind."""
    for meter in meters:
        values = told[meter.id][1] if meter.id in told else {}
        numbers = [n for n in (1, 2, 3) if values.get(f"{prefix}_l{n}_v")]
        if numbers:
            return [{"key": key_of(meter.id, f"{prefix}_l{n}_v"), "label": f"Line {n}"} for n in numbers]
    return []


def _days(days: dict[date, dict[str, Band]]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {"date": [day.isoformat() for day in days]}
    for quantity, unit, digits in (("voltage", "v", 1), ("frequency", "hz", 3)):
        for part in ("low", "mean", "high"):
            column = [getattr(day[quantity], part) if quantity in day else None for day in days.values()]
            columns[f"{quantity}_{part}_{unit}"] = [rounded(value, digits) for value in column]
    return columns


def _excursion_words(quantity: str, extreme: float, limits: tuple[float, float], length: timedelta) -> str:
    side = "below" if extreme < limits[0] else "above"
    limit = limits[0] if extreme < limits[0] else limits[1]
    unit = _UNITS[quantity]
    seconds = length.total_seconds()
    lasted = f"for {length_words(seconds)}" if seconds else "in one reading"
    return f"{quantity.capitalize()} {side} {limit:.4g} {unit} {lasted}, {extreme:.4g} {unit} at the farthest."


def _excursions_words(n: int, quarters: int, limits: dict[str, tuple[float, float]]) -> str:
    if not limits:
        return "This gateway has not told a voltage or a frequency of the grid."
    if not quarters:
        return "Voltage and frequency stayed within their limits."
    where = "one quarter of an hour" if quarters == 1 else f"{quarters} quarters of an hour"
    return f"{'Once' if n == 1 else f'{n} times'} outside the limits, in {where}."


def _outage(asked: Asked, gateway_id: int, outage: Outage) -> dict[str, Any]:
    end = outage.end or asked.now
    seen: Passage = passage(asked.store, gateway_id, outage, asked.now)
    verdict = came_through(outage, seen)
    flows = energy(asked.store, gateway_id, outage.start, end)
    home_wh = flows["home"].wh if flows else None
    seconds = (end - outage.start).total_seconds()
    words = f"{length_words(seconds)}. {_THROUGH[verdict]}"
    if home_wh is not None and verdict is not Through.DARK:
        words += f" It used {kwh_words(max(0.0, home_wh))}."
    if seen.lowest_app_pct is not None:
        left = f"The charge was never below {seen.lowest_app_pct:.0f} %."
        words += f" {left if seen.lowest_app_pct >= 0.5 else 'The battery ran empty.'}"
    before = _charge_at(asked, gateway_id, outage.start)
    return {
        "start": iso(outage.start),
        "end": iso(outage.end),
        "seconds": rounded(seconds, 0),
        "length_words": length_words(seconds),
        "through": str(verdict),
        "home_kwh": None if home_wh is None else rounded(max(0.0, home_wh) / 1000, 2),
        "charge_before_app_pct": rounded(before, 1),
        "lowest_app_pct": rounded(seen.lowest_app_pct, 1),
        "lowest_home_w": rounded(seen.lowest_w, 0),
        "unseen_s": rounded(seen.unseen_s, 0),
        "states": list(dict.fromkeys(outage.states)),
        "words": words,
    }


def _charge_at(asked: Asked, gateway_id: int, at: datetime) -> float | None:
    readings = asked.store.readings(gateway_id, at - timedelta(minutes=20), at + timedelta(seconds=1))
    known = [one.charge_wire_pct for one in readings if one.charge_wire_pct is not None]
    return app_pct(known[-1]) if known else None


def _years(asked: Asked, away: Sequence[Outage]) -> list[dict[str, Any]]:
    years: dict[int, list[float]] = {}
    for one in away:
        length_s = ((one.end or asked.now) - one.start).total_seconds()
        years.setdefault(one.start.astimezone(asked.tz).year, []).append(length_s)
    first = asked.first
    if first is not None:  # years without an outage are told too
        for year in range(first.astimezone(asked.tz).year, asked.now.astimezone(asked.tz).year + 1):
            years.setdefault(year, [])
    return [
        {
            "year": year,
            "count": len(lengths),
            "seconds": rounded(sum(lengths), 0),
            "longest_s": rounded(max(lengths, default=0.0), 0),
            "words": f"{len(lengths)} {'outage' if len(lengths) == 1 else 'outages'}, {length_words(sum(lengths))}"
            if lengths
            else "no outage",
        }
        for year, lengths in sorted(years.items())
    ]


def _total(asked: Asked, away: Sequence[Outage], told: Sequence[dict[str, Any]]) -> dict[str, Any]:
    lengths = [((one.end or asked.now) - one.start).total_seconds() for one in away]
    through = sum(one["through"] == Through.THROUGH for one in told)
    dark = sum(one["through"] == Through.DARK for one in told)
    first = asked.first
    since = "" if first is None else f" since {date_words(first.astimezone(asked.tz).date())}"
    words = f"No outage{since}."
    if lengths:
        words = f"{len(lengths)} {'outage' if len(lengths) == 1 else 'outages'}{since},"
        words += f" the longest {length_words(max(lengths))}; the house came through {through} of {len(lengths)}"
        words += f" and was dark in {dark}." if dark else "."
    return {
        "count": len(lengths),
        "seconds": rounded(sum(lengths), 0),
        "longest_s": rounded(max(lengths, default=0.0), 0),
        "through": through,
        "dark": dark,
        "words": words,
    }
