"""The object of /api/battery: what the packs hold, what went through them, what came back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from forebay.records.ageing import MIN_SPAN_DAYS, YEAR_DAYS, Trend, trend
from forebay.store.ageing import CapacityDay, RoundTrip, capacity_days, months_between, round_trips, slow_bounds
from forebay.store.energy import energy_of_days
from forebay.views.web.asked import Asked, date_words, iso, kwh_words, percent_words, rounded
from forebay.views.web.packs import packs


def battery(asked: Asked) -> dict[str, Any]:
    """Return the object of /api/battery: packs in the last days, all else in the whole record. Raises StoreError."""
    days = _capacities(asked)
    count = _pack_count(days, asked)
    nominal_wh = None if count is None else count * asked.site.pack_nominal_wh
    like = [day for day in days if day.packs in {None, count}]
    line = trend((day.day, day.full_wh) for day in like)
    latest = like[-1] if like else None
    return {
        "timezone": str(asked.tz),
        "now": iso(asked.now),
        "nominal": {
            "packs": count,
            "wh": rounded(nominal_wh),
            "words": None if nominal_wh is None else _nominal_words(count or 0, nominal_wh),
        },
        "capacity": {
            "days": [day.day.isoformat() for day in days],
            "wh": [rounded(day.full_wh) for day in days],
            "packs": [day.packs for day in days],
            "latest_wh": rounded(latest.full_wh) if latest else None,
            "ratio": rounded(latest.full_wh / nominal_wh, 4) if latest and nominal_wh else None,
            "words": _capacity_words(latest, nominal_wh),
        },
        "trend": _trend(line, like),
        "warranty": _warranty(asked, days, nominal_wh, line, latest),
        "cycles": _cycles(asked, nominal_wh),
        "round_trip": _round_trip(asked),
        **packs(asked),
    }


def _capacities(asked: Asked) -> list[CapacityDay]:
    if asked.gateway_id is None:
        return []
    bounds = slow_bounds(asked.store, asked.gateway_id)
    if bounds is None:
        return []
    end = bounds[1] + timedelta(milliseconds=1)
    return capacity_days(asked.store, asked.gateway_id, bounds[0], end, asked.tz)


def _pack_count(days: Sequence[CapacityDay], asked: Asked) -> int | None:
    """Return how many packs there are: the usual count of the last month; where none is told, what fits."""
    if not days:
        return None
    recent = [day for day in days if (days[-1].day - day.day).days < 31]
    counts = Counter(day.packs for day in recent if day.packs)
    if counts:
        return counts.most_common(1)[0][0]
    return max(1, round(days[-1].full_wh / asked.site.pack_nominal_wh))


def _nominal_words(packs: int, wh: float) -> str:
    return f"{packs} {'pack' if packs == 1 else 'packs'}, sold as {kwh_words(wh)}."


def _capacity_words(latest: CapacityDay | None, nominal_wh: float | None) -> str:
    if latest is None or nominal_wh is None:
        return "The gateway has not told yet what its full packs hold."
    return f"Full packs hold {kwh_words(latest.full_wh)}, {percent_words(latest.full_wh / nominal_wh)} of the nominal."


def _trend(line: Trend | None, days: Sequence[CapacityDay]) -> dict[str, Any]:
    first = days[0].day if days else None
    if line is None or first is None:
        words = "The trend begins when capacities have been recorded for half a year."
        if first is not None:
            begins = date_words(first + timedelta(days=MIN_SPAN_DAYS))
            words = f"The trend begins on {begins}, after half a year of capacities."
        empty = ("start", "start_wh", "end", "end_wh", "per_year_wh", "low_per_year_wh", "high_per_year_wh")
        return {**dict.fromkeys(empty), "words": words}
    verb = "loses" if line.per_year < 0 else "gains"
    low, high = sorted((abs(line.low_per_year), abs(line.high_per_year)))
    spread = f"between {kwh_words(low)} and {kwh_words(high)}"
    words = f"It {verb} {kwh_words(abs(line.per_year))} a year ({spread})."
    if line.low_per_year < 0 < line.high_per_year:
        words = (
            f"It has not changed for certain: {kwh_words(abs(line.per_year))} a year, within the spread of the days."
        )
    return {
        "start": first.isoformat(),
        "start_wh": rounded(line.on(first)),
        "end": days[-1].day.isoformat(),
        "end_wh": rounded(line.on(days[-1].day)),
        "per_year_wh": rounded(line.per_year),
        "low_per_year_wh": rounded(line.low_per_year),
        "high_per_year_wh": rounded(line.high_per_year),
        "words": words,
    }


def _warranty(
    asked: Asked,
    days: Sequence[CapacityDay],
    nominal_wh: float | None,
    line: Trend | None,
    latest: CapacityDay | None,
) -> dict[str, Any]:
    promise = asked.site.warranty
    start = asked.site.commissioned or (days[0].day if days else None)
    if start is None or nominal_wh is None:
        names = ("start", "is_start_known", "end", "start_wh", "end_wh", "on_line_wh", "words")
        return {"years": promise.years, "kept_ratio": promise.kept_ratio, **dict.fromkeys(names)}
    end = promise.end(start)
    end_wh = nominal_wh * promise.kept_ratio
    today = asked.now.astimezone(asked.tz).date()
    return {
        "years": promise.years,
        "kept_ratio": promise.kept_ratio,
        "start": start.isoformat(),
        "is_start_known": asked.site.commissioned is not None,
        "end": end.isoformat(),
        "start_wh": rounded(nominal_wh),
        "end_wh": rounded(end_wh),
        "on_line_wh": rounded(promise.at((today - start).days / YEAR_DAYS, nominal_wh)),
        "words": _warranty_words(end, end_wh, line, latest),
    }


def _warranty_words(end: date, end_wh: float, line: Trend | None, latest: CapacityDay | None) -> str:
    promise = f"{kwh_words(end_wh)} on {date_words(end)}"
    if latest is not None and latest.full_wh < end_wh:
        return f"Less is left than a usual warranty promises ({promise}). Compare with your papers."
    if line is None:
        return f"A usual warranty promises {promise}; your papers say what yours does."
    expected = line.on(end)
    if expected >= end_wh:
        return f"At this pace {kwh_words(expected)} will be left where a usual warranty promises {promise}."
    years = line.reaches(end_wh)
    when = "" if years is None else f", reached about {(line.day + timedelta(days=years * YEAR_DAYS)).year}"
    return f"At this pace less will be left than a usual warranty promises: {promise}{when}."


def _cycles(asked: Asked, nominal_wh: float | None) -> dict[str, Any]:
    names = ("recorded", "lifetime", "per_year", "words")
    empty: dict[str, Any] = {"days": [], "cycles": [], **dict.fromkeys(names)}
    first = asked.first
    if asked.gateway_id is None or nominal_wh is None or first is None:
        return {**empty, "words": "Cycles are counted as soon as the packs' energy is known."}
    today = asked.now.astimezone(asked.tz).date()
    n_days = (today - first.astimezone(asked.tz).date()).days + 1
    by_day = energy_of_days(asked.store, asked.gateway_id, today, max(1, n_days), asked.tz)
    each = [flows["battery_out"].wh for flows in by_day.values()]
    total_wh = sum(max(0.0, wh) for wh in each if wh is not None)
    latest = asked.store.latest(asked.gateway_id)
    counted_wh = latest.battery_discharge_wh if latest else None
    recorded = total_wh / nominal_wh
    per_year = recorded / (n_days / YEAR_DAYS) if n_days >= 30 else None
    words = f"{recorded:.{0 if recorded >= 10 else 1}f} full cycles since {date_words(min(by_day))}"
    if per_year is not None:
        words += f", {per_year:.0f} a year"
    if counted_wh is not None:
        words += f"; {counted_wh / nominal_wh:.0f} since the meter began to count"
    return {
        "days": [day.isoformat() for day in by_day],
        "cycles": [None if wh is None else rounded(max(0.0, wh) / nominal_wh, 3) for wh in each],
        "recorded": rounded(recorded, 1),
        "lifetime": None if counted_wh is None else rounded(counted_wh / nominal_wh, 1),
        "per_year": rounded(per_year, 1),
        "words": f"{words}.",
    }


def _round_trip(asked: Asked) -> dict[str, Any]:
    first = asked.first
    if asked.gateway_id is None or first is None:
        return {"months": [], "ratio": None, "words": "It is told for each month that was recorded nearly whole."}
    tz = asked.tz
    edges = months_between(first.astimezone(tz).date(), asked.now.astimezone(tz).date(), tz)
    trips = round_trips(asked.store, asked.gateway_id, edges)
    told = [trip for trip in trips if trip.ratio is not None]
    ratio = _overall(told)
    words = (
        f"{percent_words(ratio)} of what went in came back, over {len(told)} whole "
        f"{'month' if len(told) == 1 else 'months'}."
        if ratio is not None
        else "It is told for each month that was recorded nearly whole."
    )
    months = [
        {
            "month": f"{trip.start.astimezone(tz):%Y-%m}",
            "start": iso(trip.start),
            "end": iso(trip.end),
            "charged_kwh": _kwh(trip.charged_wh),
            "discharged_kwh": _kwh(trip.discharged_wh),
            "gained_kwh": None if trip.gained_wh is None else rounded(trip.gained_wh / 1000, 2),
            "covered_ratio": rounded(trip.covered_ratio, 4),
            "ratio": rounded(trip.ratio, 4),
        }
        for trip in trips
    ]
    return {"months": months, "ratio": rounded(ratio, 4), "words": words}


def _kwh(wh: float | None) -> float | None:
    return None if wh is None else rounded(max(0.0, wh) / 1000, 2)


def _overall(trips: Sequence[RoundTrip]) -> float | None:
    passed = sum((trip.charged_wh or 0.0) - (trip.gained_wh or 0.0) for trip in trips)
    return sum(trip.discharged_wh or 0.0 for trip in trips) / passed if passed > 0 else None
