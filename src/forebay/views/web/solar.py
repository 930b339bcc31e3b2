"""The object of /api/solar: what the roof made, beside what it makes under a clear sky, and when it made nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from math import isnan
from typing import Any

from forebay.records.clear_day import NEAR_DAYS, QUARTERS, Dark
from forebay.records.reading import app_pct
from forebay.records.spans import GRID_CONNECTED, SpanKind
from forebay.store.energy import energy_between
from forebay.store.production import Sun, SunDay, charge_within, sun, sun_days
from forebay.store.query import day_edges
from forebay.store.spans import Span, spans
from forebay.store.state import from_ms
from forebay.views.web.asked import Asked, iso, kwh_words, length_words, percent_words, rounded
from forebay.views.web.strings import strings

RULE = (
    f"A clear day is learned from the roof itself: quarter by quarter, what one in twenty of the days within"
    f" {NEAR_DAYS} days of the date exceeded, in all years. It is known after ten days."
)
FULL_PCT = 98.0
"""From this charge on a house off the grid holds its solar back [%, the app's]."""
_ZERO = 0.01


def solar(asked: Asked) -> dict[str, Any]:
    """Return the object of /api/solar for the last days. Raises StoreError."""
    start, end = asked.window
    tz = asked.tz
    first, last = start.astimezone(tz).date(), (end - timedelta(minutes=1)).astimezone(tz).date()
    i = asked.gateway_id
    roof = None if i is None else sun(asked.store, i, tz, last.year)
    has_sun = roof is not None and bool(len(roof.ordinals))
    days = sun_days(roof, first, last) if roof is not None and has_sun else []
    made = _made(asked, days)
    today = days[-1].day if days else None
    sealed = [(day, wh) for day, wh in zip(days, made, strict=True) if day.day != today]
    return {
        "timezone": str(tz),
        "now": iso(asked.now),
        "start": iso(start),
        "end": iso(end),
        "has_solar": has_sun,
        "days": {
            "date": [day.day.isoformat() for day in days],
            "kwh": [None if wh is None else rounded(wh / 1000, 2) for wh in made],
            "clear_kwh": [_kwh(day.judged.clear_wh) for day in days],
            "ratio": [rounded(day.judged.ratio, 4) for day in days],
            "seen_ratio": [rounded(day.judged.seen_ratio, 3) for day in days],
        },
        "total": _total(sealed, made[-1] if made else None),
        "today": _today(roof, today),
        "missing": [] if roof is None else [_missing(asked, roof, day) for day, _ in sealed if day.judged.dark],
        "unseen": [day.day.isoformat() for day, _ in sealed if day.judged.ratio is None and day.judged.clear_wh],
        "rule": RULE,
        **strings(asked, start, end),
    }


def _kwh(wh: float | None) -> float | None:
    return None if wh is None else rounded(wh / 1000, 2)


def _made(asked: Asked, days: Sequence[SunDay]) -> list[float | None]:
    """Return the energy of each local day from the counters [Wh]."""
    if asked.gateway_id is None or not days:
        return []
    edges = [from_ms(edge_ms) for edge_ms in day_edges(days[0].day, len(days), asked.tz)]
    windows = energy_between(asked.store, asked.gateway_id, edges)
    return [None if window["solar"].wh is None else max(0.0, window["solar"].wh) for window in windows]


def _total(days: Sequence[tuple[SunDay, float | None]], today_wh: float | None) -> dict[str, Any]:
    """Return the sums of whole days; the comparison takes only those that were read."""
    known = [wh for _, wh in days if wh is not None]
    judged = [(day.judged, wh) for day, wh in days if day.judged.ratio is not None and wh is not None]
    clear_wh = sum((one.clear_wh or 0.0) * one.seen_ratio for one, _ in judged)
    seen_wh = sum((one.clear_wh or 0.0) * one.seen_ratio * (one.ratio or 0.0) for one, _ in judged)
    ratio = seen_wh / clear_wh if clear_wh else None
    words = "Nothing has been told of the roof yet."
    if today_wh is not None:
        words = f"{kwh_words(today_wh)} today so far."
    if known:
        words = f"{kwh_words(sum(known))} in {len(known)} {'day' if len(known) == 1 else 'days'}"
        words += f", {percent_words(ratio)} of what clear skies would have given." if ratio is not None else "."
    return {
        "kwh": rounded(sum(known) / 1000, 1) if known else None,
        "clear_kwh": rounded(clear_wh / 1000, 1) if judged else None,
        "ratio": rounded(ratio, 4),
        "days": len(known),
        "words": words,
    }


def _today(roof: Sun | None, today: date | None) -> dict[str, Any]:
    """Return the curves of the day, by quarter of an hour."""
    if roof is None or today is None:
        return {"date": None, "t": [], "solar_w": [], "clear_w": []}

    def watts(values: Sequence[float]) -> list[float | None]:
        return [None if isnan(value) else rounded(max(0.0, value), 0) for value in values]

    return {
        "date": today.isoformat(),
        "t": [int(roof.time(today, quarter).timestamp()) for quarter in range(QUARTERS)],
        "solar_w": watts(roof.row(today).tolist()),
        "clear_w": watts(roof.clear(today, today)[0].tolist()),
    }


def _missing(asked: Asked, roof: Sun, day: SunDay) -> dict[str, Any]:
    """Return a stretch of missing production with what may be the reason."""
    dark = day.judged.dark
    if dark is None or asked.gateway_id is None:
        raise ValueError(f"{day.day}: no production is missing")
    start, end = roof.time(day.day, dark.first), roof.time(day.day, dark.until)
    reason, words = _reason(asked, asked.gateway_id, start, end, dark)
    return {
        "date": day.day.isoformat(),
        "start": iso(start),
        "end": iso(end),
        "length_words": length_words((end - start).total_seconds()),
        "kwh": _kwh(dark.made_wh),
        "clear_kwh": _kwh(dark.clear_wh),
        "reason": reason,
        "words": words,
    }


def _reason(asked: Asked, gateway_id: int, start: datetime, end: datetime, dark: Dark) -> tuple[str, str]:
    found = spans(asked.store, gateway_id, start, end, (SpanKind.GRID, SpanKind.ALERT))
    away = [s for s in found if s.kind is SpanKind.GRID and s.name != GRID_CONNECTED]
    if _overlap_s(away, start, end) > 0.3 * (end - start).total_seconds():
        charge = app_pct(charge_within(asked.store, gateway_id, start, end))
        if charge is not None and charge >= FULL_PCT:
            return "curtailed", "The grid was away and the battery full, so solar was held back."
        return "outage", "The grid was away."
    alerts = sorted({s.name for s in found if s.kind is SpanKind.ALERT and s.source.lower().startswith("inverter")})
    if alerts:
        return "inverter", f"The inverter told {', '.join(alerts)}."
    if dark.made_wh <= _ZERO * dark.clear_wh:
        return "nothing", "Nothing came from the roof: an inverter that is off, a breaker, or snow."
    return "little", "Far below a clear day: the thickest clouds, snow, or a fault of a string."


def _overlap_s(found: Sequence[Span], start: datetime, end: datetime) -> float:
    return sum(max(0.0, (min(span.end or end, end) - max(span.start, start)).total_seconds()) for span in found)
